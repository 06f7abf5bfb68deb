"""A ledger's entries as they are followed, a bundle at a time: chain, order, tree and waits.

Memory holds the tree's right edge and one bundle, however long the ledger grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evidence_ledger.core import canonical
from evidence_ledger.core.edge import Edge, FullTile
from evidence_ledger.core.entry import NO_ENTRY
from evidence_ledger.core.entry_audit import check_batch
from evidence_ledger.core.merkle import leaf_hash

# Places in an entry, counted from its end, where all lengths are fixed.
_RECEIVED, _RECEIVED_END, _STATEMENT, _STATEMENT_END = -193, -166, -72, -8


@dataclass(frozen=True, slots=True)
class Waited:
    """How long at least an entry waited for its seal."""

    index: int
    received: str
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a ledger was followed.

    ``rows`` are the hashes of the tree's partial tiles (``Edge.rebuild``); ``last`` is the leaf
    hash and ``received`` the time of the last entry, as canonical text. ``waiting`` is the oldest
    entry behind which neither a seal's entry nor a checkpoint was seen.
    """

    size: int = 0
    rows: tuple[bytes, ...] = ()
    last: bytes = NO_ENTRY
    received: str = ""
    waiting: tuple[int, str] | None = None


class Growth:
    """Follows entries from a mark on. Not for several threads at once."""

    def __init__(self, mark: Mark) -> None:
        self._edge = Edge.rebuild(mark.size, mark.rows)
        self._last = mark.last
        self._received = mark.received
        self._waiting = mark.waiting
        self.first_new: tuple[int, str] | None = None
        self.longest: Waited | None = None

    @property
    def size(self) -> int:
        """The entries taken."""
        return self._edge.size

    def root(self) -> bytes:
        """The root over all of them."""
        return self._edge.root()

    def mark(self) -> Mark:
        """Where to go on from."""
        rows = tuple(self._edge.partial_hashes())
        return Mark(self.size, rows, self._last, self._received, self._waiting)

    def take(self, entries: Sequence[bytes]) -> list[FullTile]:
        """The next entries; the tiles that they fill.

        Raises Refused at the first entry that is malformed, out of order or does not continue the
        chain, Undecided for one of a newer version.
        """
        if not entries:
            return []
        first = self.size
        rows = [
            (number, data, leaf_hash(data), _statement(data), None, None)
            for number, data in enumerate(entries, first)
        ]
        batch = check_batch(rows, first, self._last, self._received)
        self._wait(entries, first, batch.seals)
        self._last, self._received = batch.leaves[-1], batch.received[1]
        return self._edge.push_many(batch.leaves)

    def sealed(self, moment: datetime | None) -> None:
        """A checkpoint over all entries taken was verified; ``moment`` is when it was signed."""
        if moment is not None:
            self._seal(moment)
        self._waiting = None

    def _wait(self, entries: Sequence[bytes], first: int, seals: Sequence[int]) -> None:
        place = first
        for seal in (*seals, first + len(entries)):
            if place < seal:
                self._note((place, _received(entries[place - first])))
            if seal < first + len(entries) and self._waiting is not None:
                self._seal(_moment(_received(entries[seal - first])))
                self._waiting = None
            place = seal + 1

    def _note(self, found: tuple[int, str]) -> None:
        self.first_new = self.first_new or found
        self._waiting = self._waiting or found

    def _seal(self, moment: datetime) -> None:
        if self._waiting is None:
            return
        index, received = self._waiting
        wait = moment - _moment(received)
        if self.longest is None or wait > self.longest.wait:
            self.longest = Waited(index, received, wait)


def unseen_since(found: tuple[int, str], seen: datetime) -> Waited:
    """How long at least an entry waited to be shown that was not yet at the moment ``seen``."""
    index, received = found
    return Waited(index, received, seen - _moment(received))


def _statement(data: bytes) -> bytes:
    try:
        return bytes.fromhex(data[_STATEMENT:_STATEMENT_END].decode())
    except ValueError:
        return b""  # Such an entry is malformed, and refused for that.


def _received(data: bytes) -> str:
    return data[_RECEIVED:_RECEIVED_END].decode("ascii")


def _moment(text: str) -> datetime:
    return canonical.time_of(text, where="received", microseconds=True)
