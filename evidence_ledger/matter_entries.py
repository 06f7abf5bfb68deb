"""The entries of one matter in a ledger, found by their marks."""

from __future__ import annotations

from collections.abc import Iterator

from evidence_ledger.core.matter import LENGTH, MatterKeys
from evidence_ledger.errors import UsageError
from evidence_ledger.ports import Store

_MARKS_AT_ONCE = 64


class MatterEntries:
    """The entries that ``keys`` mark in their ledger, which is in ``store``."""

    def __init__(self, store: Store, keys: MatterKeys) -> None:
        self._store = store
        self._keys = keys

    def indexes(self) -> Iterator[int]:
        """Their indexes, by their numbers; up to the first number of which there is no entry."""
        for at in range(0, LENGTH, _MARKS_AT_ONCE):
            marks = self._keys.marks[at : min(at + _MARKS_AT_ONCE, LENGTH)]
            held = self._store.marked(marks)
            for mark in marks:
                if mark not in held:
                    return
                yield held[mark]

    def next_opening(self) -> bytes:
        """The opening of the matter's next entry. Raises UsageError where it has too many."""
        number = sum(1 for _ in self.indexes())
        if number >= LENGTH:
            raise UsageError(f"A matter has at most {LENGTH:,} entries; this one is full.")
        return self._keys.openings[number]
