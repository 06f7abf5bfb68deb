"""A roll built anew from what a log publishes, so that nobody's word is taken for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evidence_ledger.core import entry
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.entry import ROLL, Entry
from evidence_ledger.core.log_audit import TileSource, fetched
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.note import Note
from evidence_ledger.core.roll import Roll
from evidence_ledger.core.tile import WIDTH, TilePath, level_paths, parse_bundle
from evidence_ledger.errors import EvidenceError, FormatError, NewerFormat, Refused, Undecided

MOST_BEHIND = 1 << 24
"""So many entries behind the checkpoint are searched where a newer signed one covers them,"""
MOST_UNSIGNED = 1 << 16
"""and so many behind those, where nobody has signed that there are any."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The roll; ``later`` is the first entry behind it with the mark that was looked for.

    ``unsearched`` is from which entry on the log says that it has more, which were not searched.
    """

    roll: Roll
    later: int | None
    unsearched: int | None = None


def rebuilt(
    source: TileSource, point: Checkpoint, below: int, mark: bytes, signed: int = 0
) -> Rebuilt:
    """The roll over the marks of the first ``below`` entries of the log.

    The entries under the checkpoint ``point`` must together give its root: until they do, they are
    the word of whoever serves them, and nothing in them is a defect of the ledger. Those behind it,
    which nothing vouches for here, are only searched for ``mark``, as far as they can be read, and
    no further than is reasonable: ``signed`` is the largest size that the ledger is known to have
    signed. Nobody is to be kept reading by entries that are made up.
    Raises Undecided where they do not give the root, or one of them can't be read. Where they do,
    raises Refused for an entry that is none, or is another, and for a mark that stands twice, and
    NewerFormat. Raises LogUnreachable.
    """
    published = _published(source)
    edge, reading = Edge(), _Reading(below, mark)
    for index, data in enumerate(_under(source, point.size, published)):
        edge.push(leaf_hash(data))
        reading.take(index, data)
    if edge.root() != point.root:
        raise reading.damage or Undecided(
            "completeness.other-log",
            "What is served as the log's entries does not give the root of this checkpoint, so it "
            "proves nothing about it.",
            hint="Name the ledger itself, or another copy of its public entries.",
        )
    if reading.defect is not None:
        raise reading.defect
    if reading.later is not None:
        return Rebuilt(reading.roll, reading.later)
    # A log may have grown since its newest checkpoint was read: that one is searched all the same.
    covered = max(point.size, min(signed, point.size + MOST_BEHIND))
    end = min(published, covered + MOST_UNSIGNED)
    later = _behind(source, point.size, end, mark)
    return Rebuilt(reading.roll, later, None if end == published else end)


class _Reading:
    """What entries say, as they come; whether it is the ledger's word is known after the last.

    ``defect`` is the first thing wrong with them if it is; ``damage``, if it is not.
    """

    def __init__(self, below: int, mark: bytes) -> None:
        self._below, self._mark = below, mark
        self.roll = Roll()
        self.later: int | None = None
        self.defect: EvidenceError | None = None
        self.damage: EvidenceError | None = None

    def take(self, index: int, data: bytes) -> None:
        """The next entry; none is looked at behind a defect."""
        if self.defect is not None:
            return
        try:
            self._enrol(index, _entry(data, index))
        except EvidenceError as error:
            self.defect = error
            if error.reason == "completeness.log-entry":
                self.damage = _damaged(f"entry {index}")

    def _enrol(self, index: int, parsed: Entry) -> None:
        if parsed.mark is None or parsed.kind == ROLL:
            return
        if index < self._below:
            self.roll.add(parsed.mark, index)
        elif parsed.mark == self._mark and self.later is None:
            self.later = index


def _published(source: TileSource) -> int:
    """How many entries the log says it has; 0 where it says nothing that can be read."""
    try:
        return Checkpoint.parse(Note.parse(source.checkpoint()).text).size
    except EvidenceError:
        return 0


def _entry(data: bytes, index: int) -> Entry:
    try:
        parsed = entry.parse(data)
    except NewerFormat:
        raise
    except FormatError as error:
        raise Refused("completeness.log-entry", f"Entry {index} is none: {error}") from error
    if parsed.index != index:
        raise Refused("completeness.log-index", f"Entry {index} says it is another.")
    return parsed


def _damaged(where: str) -> Undecided:
    return Undecided(
        "completeness.log-damaged",
        "The copy of the ledger's public entries is damaged: a part of it can't be read.",
        where=where,
        hint="Get these files from the ledger again, or from another copy.",
    )


def _under(source: TileSource, size: int, published: int) -> Iterator[bytes]:
    """The first ``size`` entries of a log that may have grown since."""
    for path in level_paths(None, size):
        grown = min(published - path.index * WIDTH, WIDTH)
        try:
            yield from _bundle(source, path)
        except EvidenceError:
            if grown <= path.width:
                raise
            yield from _bundle(source, TilePath(None, path.index, grown))[: path.width]


def _bundle(source: TileSource, path: TilePath) -> list[bytes]:
    data, width = fetched(source, path)
    try:
        return parse_bundle(data, width)[: path.width]
    except FormatError as error:
        raise _damaged(path.encode()) from error


def _behind(source: TileSource, start: int, end: int, mark: bytes) -> int | None:
    """The first entry from ``start`` on with this mark; what can't be read ends the search."""
    try:
        for index, data in enumerate(_from(source, start, end), start):
            if _is_marked(_entry(data, index), mark):
                return index
    except EvidenceError:
        return None
    return None


def _is_marked(parsed: Entry, mark: bytes) -> bool:
    return parsed.mark == mark and parsed.kind != ROLL


def _from(source: TileSource, start: int, end: int) -> Iterator[bytes]:
    for index in range(start // WIDTH, -(-end // WIDTH)):
        path = TilePath(None, index, min(end - index * WIDTH, WIDTH))
        yield from _bundle(source, path)[max(0, start - index * WIDTH) :]
