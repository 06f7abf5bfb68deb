"""A roll built anew from what a log publishes, so that nobody's word is taken for it."""

from __future__ import annotations

from evidence_ledger.core import entry
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.entry import ROLL
from evidence_ledger.core.log_audit import TileSource, fetched
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.roll import Roll
from evidence_ledger.core.tile import level_paths, parse_bundle
from evidence_ledger.errors import Refused


def rebuilt(source: TileSource, point: Checkpoint, below: int) -> Roll:
    """The roll over the marks of the first ``below`` entries of the log.

    All entries under the checkpoint ``point`` are read, and together must give its root. Raises
    Refused where they do not, or where a mark stands twice; FormatError; LogUnreachable.
    """
    edge, roll = Edge(), Roll()
    for path in level_paths(None, point.size):
        data, width = fetched(source, path)
        entries = parse_bundle(data, width)[: path.width]
        for index, one in enumerate(entries, edge.size):
            parsed = entry.parse(one)
            if parsed.index != index:
                raise Refused("completeness.log-index", f"Entry {index} says it is another.")
            if parsed.mark is not None and parsed.kind != ROLL and index < below:
                roll.add(parsed.mark, index)
        edge.push_many([leaf_hash(one) for one in entries])
    if edge.root() != point.root:
        raise Refused(
            "completeness.other-log", "The log's entries do not give the root of this checkpoint."
        )
    return roll
