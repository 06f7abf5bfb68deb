"""A roll built anew from what a log publishes, so that nobody's word is taken for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evidence_ledger.core import entry
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.entry import ROLL
from evidence_ledger.core.log_audit import TileSource, fetched
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.note import Note
from evidence_ledger.core.roll import Roll
from evidence_ledger.core.tile import level_paths, parse_bundle
from evidence_ledger.errors import FormatError, Refused


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The roll; ``later`` is the first entry behind it with the mark that was looked for."""

    roll: Roll
    later: int | None


def rebuilt(source: TileSource, point: Checkpoint, below: int, mark: bytes) -> Rebuilt:
    """The roll over the marks of the first ``below`` entries of the log.

    The entries under the checkpoint ``point`` must together give its root. Those behind it, which
    nothing vouches for here, are only searched for ``mark``. Raises Refused where they do not, or
    where a mark stands twice; FormatError; LogUnreachable.
    """
    edge, roll, later = Edge(), Roll(), None
    for index, data in enumerate(_entries(source, max(point.size, _published(source)))):
        parsed = entry.parse(data)
        if parsed.index != index:
            raise Refused("completeness.log-index", f"Entry {index} says it is another.")
        if index < point.size:
            edge.push(leaf_hash(data))
        if parsed.mark is not None and parsed.kind != ROLL:
            if index < below:
                roll.add(parsed.mark, index)
            elif parsed.mark == mark and later is None:
                later = index
        if index == point.size - 1 and edge.root() != point.root:
            raise Refused(
                "completeness.other-log",
                "The log's entries do not give the root of this checkpoint.",
            )
    return Rebuilt(roll, later)


def _published(source: TileSource) -> int:
    """How many entries the log says it has; 0 where it says nothing that can be read."""
    try:
        return Checkpoint.parse(Note.parse(source.checkpoint()).text).size
    except FormatError:
        return 0


def _entries(source: TileSource, size: int) -> Iterator[bytes]:
    for path in level_paths(None, size):
        data, width = fetched(source, path)
        yield from parse_bundle(data, width)[: path.width]
