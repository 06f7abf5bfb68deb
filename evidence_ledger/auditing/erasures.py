"""The audit of erasures: what is gone was named by one, and what one names is gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

from evidence_ledger.core.counting import counted
from evidence_ledger.core.erasure import ERASURE
from evidence_ledger.errors import Undecided
from evidence_ledger.ports import Store


class ErasureAudit:
    """Of the first ``size`` entries. Who may is the register's audit to say, and whether erasures
    are found as they must be."""

    def __init__(self, store: Store, size: int) -> None:
        self._store = store
        self._size = size

    @cached_property
    def asked(self) -> frozenset[int]:
        """The entries that erasures name."""
        return frozenset(about for _, about in self._pairs)

    @cached_property
    def _pairs(self) -> list[tuple[int, int]]:
        return self._read(0, self._size)

    def _read(self, start: int, stop: int) -> list[tuple[int, int]]:
        special = self._store.special_entries(start, stop)
        return [
            (one.entry, one.about)
            for one in special
            if one.kind == ERASURE and one.about is not None
        ]

    def documents(self, gone: Sequence[int]) -> str:
        """What is said of statements and signatures that are gone. Raises Undecided for those that
        no erasure names."""
        unasked = self._unasked(gone)
        if unasked:
            raise Undecided(
                "audit.documents-gone",
                "Statements or signatures are not there any more, of "
                f"{counted(len(unasked), 'entry', 'entries')}; no erasure names them.",
                where=f"entry {unasked[0]}",
            )
        if not gone:
            return ""
        return f"; of {counted(len(gone), 'entry', 'entries')} it was erased"

    def check_claims(self, gone: Sequence[int]) -> None:
        """Claims of files that were sealed are gone because erasures name them. Raises
        Undecided."""
        unasked = self._unasked(gone)
        if unasked:
            raise Undecided(
                "audit.claims-gone",
                "Claims of files that were sealed are not there any more, of "
                f"{counted(len(unasked), 'entry', 'entries')}.",
                where=f"entry {unasked[0]}",
            )

    def _unasked(self, gone: Collection[int]) -> list[int]:
        left = {*gone} - self.asked
        if left:
            # Others may erase while this is read.
            left -= {about for _, about in self._read(self._size, self._store.head().size)}
        return sorted(left)

    def check(self) -> str:
        """All that erasures name is gone. Raises Undecided where one is not carried out."""
        unfinished = [one for one in self._store.unfinished_erasures() if one < self._size]
        if unfinished:
            raise Undecided(
                "audit.erasure-unfinished",
                f"The erasure that is entry {unfinished[0]} is not carried out: something that it "
                "names is there still.",
                where=f"entry {unfinished[0]}",
                hint="Finish it with: evidence seal. If that does not, whoever signed it may not "
                "have that erased, and it stays: see the step Register.",
            )
        if not self._pairs:
            return "Nothing was erased."
        erasures = counted(len({one for one, _ in self._pairs}), "erasure")
        entries = counted(len(self.asked), "entry", "entries")
        return f"{erasures}; the documents and claims of {entries} are gone as they say."
