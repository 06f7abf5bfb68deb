"""Proofs and roots of any earlier size, from full tiles and the right edge (RFC 9162, 2.1.3-4).

Every node of a proof is a perfect subtree, or folds from a few: it lies in a full tile, or on the
edge. A proof in a tree of a million leaves takes at most three tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evidence_ledger.core.edge import HEIGHT, Edge, FullTile
from evidence_ledger.core.merkle import (
    EMPTY_ROOT,
    Node,
    consistency_nodes,
    fold,
    inclusion_nodes,
    node_nodes,
    prefix_nodes,
    root_nodes,
)
from evidence_ledger.errors import LedgerCorrupt, UsageError

TileSource = Callable[[int, int], FullTile | None]

_TILES_KEPT = 64


class TreeReader:
    """Reads one tree; keeps up to 64 tiles (16 KiB each) that it has read.

    ``tile(level, index)`` gives full tiles; ``edge`` is the tree's edge, not to be changed while
    this is in use. Not for several threads at once. All methods raise UsageError for sizes and
    indexes that the tree does not have, and LedgerCorrupt where a tile is missing.
    """

    __slots__ = ("_edge", "_kept", "_tile")

    def __init__(self, tile: TileSource, edge: Edge) -> None:
        self._tile = tile
        self._edge = edge
        self._kept: dict[tuple[int, int], FullTile] = {}

    @property
    def size(self) -> int:
        """The number of leaves: the largest size that can be asked for."""
        return self._edge.size

    def root(self, size: int) -> bytes:
        """The root of the tree over the first ``size`` leaves."""
        self._check(size)
        return self._hash(root_nodes(size)) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """The path from leaf ``index`` to the root of the first ``size`` leaves."""
        self._check(size)
        return [self._hash(nodes) for nodes in inclusion_nodes(index, size)]

    def consistency_proof(self, old_size: int, size: int) -> list[bytes]:
        """The proof that the first ``old_size`` leaves are a prefix of the first ``size``."""
        self._check(size)
        return [self._hash(nodes) for nodes in consistency_nodes(old_size, size)]

    def prefix_proof(self, old_size: int, size: int) -> list[bytes]:
        """See ``merkle.prefix_nodes``."""
        self._check(size)
        return [self._hash(nodes) for nodes in prefix_nodes(old_size, size)]

    def node_path(self, node: Node, size: int) -> list[bytes]:
        """The path from a node to the root of the first ``size`` leaves."""
        self._check(size)
        return [self._hash(nodes) for nodes in node_nodes(node, size)]

    def node(self, height: int, index: int) -> bytes:
        """The perfect subtree over leaves ``index * 2**height`` to ``(index + 1) * 2**height``."""
        level, within = divmod(height, HEIGHT)
        tile = index >> (HEIGHT - within)
        if tile < self._edge.size >> (HEIGHT * (level + 1)):
            first = tile << (HEIGHT - within)
            return self._read(level, tile).node(within, index - first)
        return self._edge.node(height, index)

    def _check(self, size: int) -> None:
        if not 0 <= size <= self._edge.size:
            raise UsageError(f"The tree has {self._edge.size} leaves, not {size}.")

    def _hash(self, nodes: Sequence[Node]) -> bytes:
        return fold([self.node(height, index) for height, index in nodes])

    def _read(self, level: int, index: int) -> FullTile:
        found = self._kept.get((level, index))
        if found is None:
            found = self._tile(level, index)
            if found is None:
                raise LedgerCorrupt(f"Tile {index} of level {level} is missing.")
            if len(self._kept) == _TILES_KEPT:
                self._kept.clear()
            self._kept[level, index] = found
        return found
