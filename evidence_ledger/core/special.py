"""Entries that say something of the ledger or of its other entries, as they are found again.

kind                position    about
administration      0           nothing
grant               0           the entry whose claims are granted
attestation, order, handover, erasure
                    0, 1, …     each entry that it names; one that names none is not here
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

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


class Order(NamedTuple):
    """The order that is entry ``entry`` names the entry ``about``; ``signer`` is the SHA-256 of its
    signer's X.509 certificate."""

    about: int
    signer: bytes
    entry: int


def orders(entry: int, kind: str, data: bytes | None) -> list[Order]:
    """What an investigation order names, by whom; nothing where it is erased, or no order."""
    if kind != "order" or data is None:
        return []
    try:
        parsed = statement.parse(data)
    except EvidenceError:
        return []
    return [Order(index, parsed.signer, entry) for index in sorted({o.index for o in parsed.refs})]
