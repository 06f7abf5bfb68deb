"""What a new statement's ``refs`` must be, as far as it can be said without the ledger (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_ledger.core.statement import ABOUT, Reference
from evidence_ledger.errors import Refused


def check_references(kind: str, refs: Sequence[Reference]) -> None:
    """A statement of a kind in ``ABOUT`` names entries; none is named twice. Raises Refused."""
    if kind in ABOUT and not refs:
        raise Refused("refs.none", f"A statement of kind {kind} names the entries it is about.")
    if len({ref.index for ref in refs}) != len(refs):
        raise Refused("refs.repeated", "The statement names an entry twice.")
