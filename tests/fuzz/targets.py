"""All targets by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tests.fuzz import asn1, containers, documents, notes, requests, times, witnesses
from tests.fuzz.target import Target


@cache
def all_targets() -> Mapping[str, Target]:
    """Every target, made once a process."""
    nouns = (asn1, times, notes, documents, containers, witnesses, requests)
    made = (one for noun in nouns for one in noun.targets())
    return {target.name: target for target in made}
