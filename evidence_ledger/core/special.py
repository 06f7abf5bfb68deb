"""Entries that say something of the ledger or of its other entries, as they are found again.

kind                position    about
administration      0           nothing
grant               0           the entry whose claims are granted
attestation, order, handover, erasure
                    0, 1, …     each entry that it names; one that names none is not here
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evidence_ledger.core import statement
from evidence_ledger.errors import EvidenceError

KINDS: Final = statement.ABOUT | {"administration", "grant"}


@dataclass(frozen=True, slots=True)
class SpecialEntry:
    """Entry ``entry`` of a kind in ``KINDS`` is about the entry ``about``, or about none."""

    entry: int
    position: int
    kind: str
    about: int | None = None


def special_entries(entry: int, kind: str, data: bytes | None) -> list[SpecialEntry]:
    """What is to be found of an entry whose statement is ``data``; nothing where that is erased."""
    if kind not in KINDS or data is None:
        return []
    if kind == "administration":
        return [SpecialEntry(entry, 0, kind)]
    try:
        refs = statement.parse(data).refs
    except EvidenceError:
        return []
    return [SpecialEntry(entry, at, kind, ref.index) for at, ref in enumerate(refs)]
