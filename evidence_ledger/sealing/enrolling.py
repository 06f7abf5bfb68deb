"""The roll that goes into the chain before a seal: over the marks of all entries before it.

What the roll is made of is taken from entries, which the seal re-hashes, and not from the index of
marks: what is older is held against the newest roll, which is in the chain.
"""

from __future__ import annotations

from evidence_ledger.core import entry
from evidence_ledger.core.chain import Head
from evidence_ledger.core.entry import ROLL, Entry
from evidence_ledger.core.roll import Roll
from evidence_ledger.core.statement import OWN_KINDS
from evidence_ledger.errors import LedgerCorrupt, Refused
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredSeal


class Enroller:
    """Knows the roll up to where it was asked last. Not for several threads at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: tuple[Roll, int] | None = None

    def due(self, head: Head) -> bytes | None:
        """The root for a roll behind ``head``; None where no seal is to be made, or none has marks.

        A ledger without marks has no rolls; one with marks has one before every seal, so that they
        tell nobody whether there are new ones. Raises LedgerCorrupt.
        """
        newest = self._store.seal(-1)
        is_open = newest is not None and newest.entry is None
        if is_open or next(self._store.marks(), None) is None:
            return None
        if not self._is_news(newest.size if newest else 0, head.size):
            return None
        known, self._known = self._known or self._loaded(newest), None
        roll, start = known
        for one in self._store.entries(start, head.size):
            _take(roll, entry.parse(one.entry))
        self._known = roll, head.size
        return roll.root()

    def _is_news(self, first: int, size: int) -> bool:
        """Whether a seal is worth making, and the newest entry is no roll that waits for one."""
        kinds = [entry.parse(one.entry).kind for one in self._store.entries(size - 1, size)]
        if kinds == [ROLL]:
            return False
        new = self._store.entries(first, size)
        return any(entry.parse(one.entry).kind not in OWN_KINDS for one in new)

    def _loaded(self, newest: StoredSeal | None) -> tuple[Roll, int]:
        """The roll up to the newest one that was sealed, and where to go on.

        Where the newest seal has none, there were no marks before it.
        """
        roll = Roll()
        sealed = self._sealed_roll(newest) if newest else None
        if sealed is None:
            return roll, newest.first if newest else 0
        for number, mark in self._store.marks():
            if number < sealed.index:
                _enrol(roll, number, mark)
        _take(roll, sealed)
        return roll, sealed.index + 1

    def _sealed_roll(self, seal: StoredSeal) -> Entry | None:
        last = None
        for one in self._store.entries(seal.first, seal.size):
            parsed = entry.parse(one.entry)
            last = parsed if parsed.kind == ROLL else last
        return last


def _take(roll: Roll, one: Entry) -> None:
    if one.kind == ROLL:
        if one.mark != roll.root():
            raise LedgerCorrupt(f"The marks are not those of the roll that is entry {one.index}.")
    elif one.mark is not None:
        _enrol(roll, one.index, one.mark)


def _enrol(roll: Roll, number: int, mark: bytes) -> None:
    try:
        roll.add(mark, number)
    except Refused as error:
        raise LedgerCorrupt(error.message, where=f"entry {number}") from error
