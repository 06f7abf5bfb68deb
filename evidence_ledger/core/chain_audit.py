"""The chain, the documents and the tree of a whole ledger, recomputed from stored bytes (pure).

A ledger is checked in spans that start at multiples of 256 entries, so that several processes can
share the work; ``join`` puts together what they found. Memory grows by one hash a tile alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.chain import Head
from evidence_ledger.core.claim_audit import ClaimFindings
from evidence_ledger.core.edge import WIDTH, Edge, full_tile
from evidence_ledger.core.entry import NO_ENTRY
from evidence_ledger.core.entry_audit import Marked, check_batch
from evidence_ledger.core.row_audit import AuditRow, broken_chain, missing_entry, turned_clock
from evidence_ledger.core.statement_form import PlainStatements
from evidence_ledger.errors import EvidenceError, Refused

# Number, hashes, inner nodes; as stored.
TileRow = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """What a range of entries establishes by itself.

    ``prev`` is the leaf hash that its first entry names as the one before, ``last`` that of its
    last entry; ``received`` are the first and last times as canonical text. ``roots`` are the
    roots of its tiles of 256 leaves; ``rest`` the leaf hashes after the last of these.
    ``gone`` are the entries of which a document is gone; ``seals`` are those of kind ``seal``,
    ``special`` those that say something of the ledger or of other entries, and ``marks`` what
    those with a mark say.
    """

    start: int
    stop: int
    prev: bytes
    last: bytes
    received: tuple[str, str]
    roots: tuple[bytes, ...]
    rest: tuple[bytes, ...]
    gone: tuple[int, ...]
    seals: tuple[int, ...]
    special: tuple[int, ...] = ()
    marks: tuple[Marked, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainFindings:
    """A whole chain that is sound: its tree's edge, rebuilt from the entries.

    ``gone`` are the numbers of the entries of which a document is gone, ``seals`` of those of kind
    ``seal``, ``special`` of those that say something of others, ``marks`` what those with a mark
    say. ``unsound`` is the worst that was said of a signature, where these were checked, and
    the first among equals; ``claims`` what was found of claims, where these were checked, and
    ``lost`` whether a file in them can't be found. What can be found is where it leads.
    """

    edge: Edge
    gone: tuple[int, ...] = ()
    seals: tuple[int, ...] = ()
    special: tuple[int, ...] = ()
    unsound: EvidenceError | None = None
    claims: ClaimFindings = field(default_factory=ClaimFindings)
    lost: bool = False
    marks: tuple[Marked, ...] = ()

    @property
    def erased(self) -> int:
        """How many entries lack a document."""
        return len(self.gone)


class SpanCheck:
    """Checks one span of entries, batch by batch.

    Without ``signatures`` rows come without them: what the entries name stands unchecked. With
    ``origin``, statements must be of their entries' kinds and for that ledger.
    """

    __slots__ = (
        "_gone",
        "_last",
        "_marks",
        "_next",
        "_origin",
        "_prev",
        "_received",
        "_rest",
        "_roots",
        "_seals",
        "_signatures",
        "_special",
        "_start",
    )

    def __init__(self, start: int, *, signatures: bool = True, origin: str | None = None) -> None:
        self._origin = origin
        self._signatures = signatures
        self._start = self._next = start
        self._prev: bytes | None = None
        self._last: bytes | None = NO_ENTRY if start == 0 else None
        self._received = ("", "")
        self._roots: list[bytes] = []
        self._rest: list[bytes] = []
        self._seals: list[int] = []
        self._marks: list[Marked] = []
        self._special: list[int] = []
        self._gone: list[int] = []

    def take(
        self,
        rows: Sequence[AuditRow],
        tiles: Iterator[TileRow],
        plain: PlainStatements | None = None,
    ) -> None:
        """The next entries; ``plain`` as for ``check_batch``.

        ``tiles`` gives the stored tiles of level 0 in order, from the span's first on; it is read
        as far as the entries fill them. Raises Refused, or Undecided for a newer entry.
        """
        if not rows:
            return
        received = self._received[1]
        batch = check_batch(rows, self._next, self._last, received, self._origin, plain)
        if self._next == self._start:
            self._prev = batch.prev
            self._received = batch.received
        self._received = (self._received[0], batch.received[1])
        self._last = batch.leaves[-1]
        self._seals += batch.seals
        self._marks += batch.marks
        self._special += batch.special
        self._next += len(rows)
        signed = self._signatures
        self._gone += [row[0] for row in rows if row[4] is None or (signed and row[5] is None)]
        self._rest.extend(batch.leaves)
        self._fold(tiles)

    def _fold(self, tiles: Iterator[TileRow]) -> None:
        whole = len(self._rest) - len(self._rest) % WIDTH
        for at in range(0, whole, WIDTH):
            index = self._start // WIDTH + len(self._roots)
            hashes = b"".join(self._rest[at : at + WIDTH])
            self._roots.append(check_tile(0, index, hashes, next(tiles, None)))
        del self._rest[:whole]

    def finish(self) -> Span:
        """What was found."""
        return Span(
            self._start,
            self._next,
            self._prev or NO_ENTRY,
            self._last or NO_ENTRY,
            self._received,
            tuple(self._roots),
            tuple(self._rest),
            tuple(self._gone),
            tuple(self._seals),
            tuple(self._special),
            tuple(self._marks),
        )


def check_tile(level: int, index: int, hashes: bytes, stored: TileRow | None) -> bytes:
    """The root of a tile whose stored form is what its 256 hashes demand. Raises Refused."""
    place = f"tile {index} of level {level}"
    tile = full_tile(level, index, hashes)
    if stored is None:
        raise Refused("audit.tile-missing", f"The {place} is missing.", where=place)
    if tuple(stored) != (index, tile.hashes, tile.inner):
        raise Refused("audit.tile", f"The {place} does not follow from the entries.", where=place)
    return tile.root


def join(
    spans: Sequence[Span], head: Head, tiles: Callable[[int], Iterator[TileRow]]
) -> ChainFindings:
    """The whole chain from spans in order that cover it without a gap.

    ``tiles(level)`` gives the stored tiles of a level from 1 on. Raises Refused.
    """
    size, last, received = 0, NO_ENTRY, ""
    for span in spans:
        if span.start != size:
            raise missing_entry(size)
        if span.prev != last:
            raise broken_chain(span.start)
        if span.received[0] < received:
            raise turned_clock(span.start)
        size, last, received = span.stop, span.last, span.received[1]
    if size < head.size:
        raise missing_entry(size)
    _check_head(head, size, last, received)
    edge = _edge(spans, head.size, tiles)
    seals = tuple(number for span in spans for number in span.seals)
    special = tuple(number for span in spans for number in span.special)
    marks = tuple(one for span in spans for one in span.marks)
    gone = tuple(number for span in spans for number in span.gone)
    return ChainFindings(edge, gone, seals, special, marks=marks)


def _check_head(head: Head, size: int, last: bytes, received: str) -> None:
    moment = time_text(head.received, microseconds=True) if head.received else ""
    if (head.size, head.last, moment) != (size, last, received):
        raise Refused("audit.head", "The ledger's head is not its last entry.", where="head")


def _edge(spans: Sequence[Span], size: int, tiles: Callable[[int], Iterator[TileRow]]) -> Edge:
    rest = spans[-1].rest if spans else ()
    partial = [b"".join(rest)]
    row = [root for span in spans for root in span.roots]
    level = 1
    while row:
        whole = len(row) - len(row) % WIDTH
        partial.append(b"".join(row[whole:]))
        stored = tiles(level)
        batches = [b"".join(row[at : at + WIDTH]) for at in range(0, whole, WIDTH)]
        row = [
            check_tile(level, at, hashes, next(stored, None)) for at, hashes in enumerate(batches)
        ]
        level += 1
    return Edge.rebuild(size, partial if size else [])
