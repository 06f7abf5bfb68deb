"""The entries of one matter in a ledger, found by their marks."""

from __future__ import annotations

from collections.abc import Iterator

from evidence_ledger.core.matter import LENGTH, MatterKey
from evidence_ledger.errors import UsageError
from evidence_ledger.ports import Store

_MARKS_AT_ONCE = 64


class MatterEntries:
    """The entries that ``key`` marks in the ledger ``origin``, up to its own number."""

    def __init__(self, store: Store, origin: str, key: MatterKey) -> None:
        self._store = store
        self._origin = origin
        self._keys = key.keys()

    def indexes(self) -> Iterator[int]:
        """Their indexes, by their numbers; up to the first number of which there is no entry."""
        for at in range(0, len(self._keys), _MARKS_AT_ONCE):
            marks = [key.mark(self._origin) for key in self._keys[at : at + _MARKS_AT_ONCE]]
            held = self._store.marked(marks)
            for mark in marks:
                if mark not in held:
                    return
                yield held[mark]

    def next_mark(self) -> bytes:
        """The mark of the matter's next entry. Raises UsageError where it has too many."""
        number = sum(1 for _ in self.indexes())
        if number >= LENGTH:
            raise UsageError(f"A matter has at most {LENGTH:,} entries; this one is full.")
        return self._keys[number].mark(self._origin)
