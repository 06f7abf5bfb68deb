"""Appending: statements that ``admit`` let pass become entries, each once, in few transactions.

Any number of programs may append at once. The first try takes no lock: it is built on the head as
it was read, and the store refuses it if somebody else was first. Whoever was not first takes turns
from then on, until there is no crowd any more.

A database that was lost in the middle leaves a transaction in doubt. It is asked again as soon as
it is there: a statement that is found has its entry, one that is not is appended now.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from evidence_ledger.core import chain
from evidence_ledger.core.chain import Admission, AppendedEntry, Head
from evidence_ledger.core.edge import Edge
from evidence_ledger.errors import ClockBehind, EvidenceError, HeadMoved, LedgerUnavailable
from evidence_ledger.ports import Clock, Store
from evidence_ledger.tree import edge_at

TRIES = 50
CLOCK_TOLERANCE = timedelta(seconds=2)
PATIENCE = 10.0
"""Seconds for which a database that was lost is asked again."""
CROWD = 20
"""So many turns without anybody else's entry, and there is no crowd any more."""
NEAR = 65_536
"""So many entries of others are read to bring the tree's edge forward, rather than rebuild it."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

T = TypeVar("T")
Judge = Callable[[Head, Mapping[bytes, Admission], datetime], Mapping[bytes, EvidenceError]]
"""Why statements, by their hashes, may not be appended at a head and a time."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The ledger's answer to a deposit, given when it is durable.

    ``repeated`` says that the same statement was there already.
    """

    index: int
    leaf_hash: bytes
    entry: bytes
    repeated: bool = False


class Appender:
    """Appends to a store. Not for several threads at once.

    ``check`` is called before each append and raises where the store must not be continued;
    ``judge`` says who may not; ``expect`` is told what was appended.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        check: Callable[[], None],
        judge: Judge,
        expect: Callable[[Iterable[AppendedEntry]], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._check = check
        self._judge = judge
        self._expect = expect
        self._edge: tuple[Head, Edge] | None = None
        self._crowd = 0
        self._doubtful: set[bytes] = set()

    def persist(self, work: Callable[[], T]) -> T:
        """``work``, again and again for some seconds while the database is not there.

        Only for work that is right however often it is begun. Raises LedgerUnavailable.
        """
        end, pause = time.monotonic() + PATIENCE, _FIRST_PAUSE
        self._doubtful.clear()
        while True:
            try:
                return work()
            except LedgerUnavailable:
                self._edge = None
                if time.monotonic() + pause > end:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def append(
        self, admissions: Sequence[Admission], *, whole: bool
    ) -> list[Receipt | EvidenceError]:
        """Those that may be in one transaction; those that are there already keep their entry.

        With ``whole`` all or none: raises the error of the first that may not. Raises ClockBehind,
        HeadMoved, and what the Store raises.
        """
        hashes = [hashlib.sha256(one.statement).digest() for one in admissions]
        for _ in range(TRIES):
            try:
                with self._turn():
                    return self._attempt(hashes, admissions, whole=whole)
            except HeadMoved:
                self._crowd = CROWD
        raise HeadMoved(f"Other writers were first {TRIES} times in a row.")

    def append_at(self, find: Callable[[int], int | None], admission: Admission) -> int:
        """The index of the entry that ``find`` sees below a size, or of ``admission``, appended at
        that size.

        Raises HeadMoved where others were first too often, ClockBehind, and what the Store raises.
        """
        for _ in range(TRIES):
            try:
                with self._turn():
                    head = self._store.head()
                    index = find(head.size)
                    if index is not None:
                        return index
                    self._try(head, _alone(admission), whole=True)
                    return head.size
            except HeadMoved:
                self._crowd = CROWD
        raise HeadMoved(f"Other writers were first {TRIES} times in a row.")

    def append_here(self, head: Head, admission: Admission) -> None:
        """Only at this very head. Raises HeadMoved where somebody was first."""
        try:
            with self._turn():
                self._try(head, _alone(admission), whole=True)
        except HeadMoved:
            self._crowd = CROWD
            raise

    def _turn(self) -> AbstractContextManager[None]:
        return self._store.turn(alone=self._crowd > 0)

    def _attempt(
        self, hashes: Sequence[bytes], admissions: Sequence[Admission], *, whole: bool
    ) -> list[Receipt | EvidenceError]:
        known = dict(self._store.indexes_of(hashes))
        if known and self._doubtful:
            self._store.settle()
        pairs = zip(hashes, admissions, strict=True)
        fresh = {digest: one for digest, one in pairs if digest not in known}
        made = self._try(self._store.head(), fresh, whole=whole) if fresh else {}
        return [made.get(one) or self._held(known[one]) for one in hashes]

    def _held(self, index: int) -> Receipt:
        """What is there already: from before, or from a try of ours that was in doubt."""
        stored = self._store.entry(index)
        repeated = stored.leaf_hash not in self._doubtful
        return Receipt(index, stored.leaf_hash, stored.entry, repeated=repeated)

    def _try(
        self, head: Head, fresh: Mapping[bytes, Admission], *, whole: bool
    ) -> dict[bytes, Receipt | EvidenceError]:
        """What may not is judged at the very head behind which the rest is appended."""
        self._check()
        received = self._received(head)
        results: dict[bytes, Receipt | EvidenceError] = dict(self._judge(head, fresh, received))
        if whole and results:
            raise next(one for one in results.values() if isinstance(one, EvidenceError))
        allowed = [one for digest, one in fresh.items() if digest not in results]
        for made in self._extend(head, allowed, received) if allowed else ():
            results[made.statement_hash] = Receipt(made.index, made.leaf_hash, made.entry)
        return results

    def _extend(
        self, head: Head, admissions: Sequence[Admission], received: datetime
    ) -> Sequence[AppendedEntry]:
        edge = self._edge_at(head)
        self._edge = None
        extension = chain.extend(head, edge, admissions, received)
        try:
            self._store.append(head, extension)
        except LedgerUnavailable:
            self._doubtful.update(one.leaf_hash for one in extension.entries)
            raise
        self._edge = (extension.head, edge)
        self._expect(extension.entries)
        return extension.entries

    def _edge_at(self, head: Head) -> Edge:
        """The tree's edge at ``head``: kept, brought forward over others' entries, or rebuilt."""
        if self._edge is not None and self._edge[0] == head:
            self._crowd = max(0, self._crowd - 1)
            return self._edge[1]
        if self._edge is not None:
            self._crowd = CROWD
            before, edge = self._edge
            if 0 < before.size < head.size <= before.size + NEAR:
                last, *leaves = self._store.leaf_hashes(before.size - 1, head.size)
                if last == before.last and leaves[-1] == head.last:
                    edge.push_many(leaves)
                    return edge
        return edge_at(self._store, head.size)

    def _received(self, head: Head) -> datetime:
        now = self._clock.now()
        if head.received is None or now >= head.received:
            return now
        if head.received - now > CLOCK_TOLERANCE:
            raise ClockBehind(
                f"This machine's clock says {now:%Y-%m-%d %H:%M:%S} UTC; "
                f"the newest entry is of {head.received:%Y-%m-%d %H:%M:%S} UTC."
            )
        return head.received


def _alone(admission: Admission) -> Mapping[bytes, Admission]:
    return {hashlib.sha256(admission.statement).digest(): admission}
