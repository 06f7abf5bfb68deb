"""Files that are known by their digests alone: ``--digest sha256:HEX --name contract.pdf``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evidence_ledger.core.digest import Algorithm, Fingerprint, parse_digest
from evidence_ledger.errors import FormatError, UsageError

if TYPE_CHECKING:
    from evidence_ledger.core.claim import FileFact

_HINT = "Write --digest sha256:HEX --name FILE, several digests of one file with commas between."


def typed_facts(digests: Sequence[str], names: Sequence[str]) -> list[FileFact]:
    """One fact for each ``--digest``, with the ``--name`` at the same place. Raises UsageError."""
    from evidence_ledger.core.claim import FileFact

    if len(digests) != len(names):
        raise UsageError("Each --digest needs its own --name.", hint=_HINT)
    return [
        FileFact(os.fsencode(name), Fingerprint(_digests(text), None), digest_only=True)
        for text, name in zip(digests, names, strict=True)
    ]


def _digests(text: str) -> dict[Algorithm, bytes]:
    try:
        pairs = [parse_digest(one) for one in text.split(",")]
    except FormatError as error:
        raise UsageError(f"{text[:80]!r} is no digest.", hint=_HINT) from error
    found = dict(pairs)
    if len(found) != len(pairs) or Algorithm.SHA256 not in found:
        raise UsageError("A file's digests are a SHA-256 and any others, each once.", hint=_HINT)
    return found
