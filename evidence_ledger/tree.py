"""The stored tree: its right edge at any size."""

from __future__ import annotations

from evidence_ledger.core.edge import HASH, WIDTH, Edge, partial_widths
from evidence_ledger.core.tree_reader import TreeReader
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.ports import Store


def edge_at(store: Store, size: int) -> Edge:
    """The right edge of the tree over the first ``size`` entries. Raises LedgerCorrupt."""
    widths = partial_widths(size)
    hashes = [
        _hashes(store, level, size // WIDTH**level - width, width)
        for level, width in enumerate(widths)
    ]
    if [len(row) for row in hashes] != [HASH * width for width in widths]:
        raise LedgerCorrupt(f"The ledger does not hold the hashes of its first {size} entries.")
    return Edge.rebuild(size, hashes)


def _hashes(store: Store, level: int, start: int, width: int) -> bytes:
    if level == 0:
        return b"".join(store.leaf_hashes(start, start + width))
    return b"".join(_root(store, level - 1, index) for index in range(start, start + width))


def _root(store: Store, level: int, index: int) -> bytes:
    tile = store.tile(level, index)
    if tile is None:
        raise LedgerCorrupt(f"The tile {index} of level {level} is missing.")
    return tile.root


def reader_of(store: Store) -> TreeReader:
    """Proofs and roots of any size up to the present one."""
    return TreeReader(store.tile, edge_at(store, store.head().size))
