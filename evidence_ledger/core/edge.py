"""The right edge of the tree, grown leaf by leaf: one hash a leaf (RFC 9162, section 2.1).

A tile holds 256 hashes of one tile level (C2SP tlog-tiles); level 0 holds leaf hashes, and each
hash of level n + 1 is the root of a full tile of level n. The edge keeps, at each level, the one
tile that is not full yet, with the nodes above its hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evidence_ledger.errors import UsageError

WIDTH = 256
HEIGHT = 8
HASH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
_INNER_START = tuple(HASH * (WIDTH - (WIDTH >> (height - 1))) for height in range(1, HEIGHT + 1))


@dataclass(frozen=True, slots=True)
class FullTile:
    """256 hashes of one tile level (8192 bytes, as C2SP serves them) and the 255 nodes above.

    ``inner`` holds heights 1 to 8 in order, each from left to right; its last 32 bytes are the
    tile's root.
    """

    level: int
    index: int
    hashes: bytes
    inner: bytes

    @property
    def root(self) -> bytes:
        """The node that covers the whole tile: a hash of the next level."""
        return self.inner[-HASH:]

    def node(self, height: int, position: int) -> bytes:
        """The node ``height`` (0 to 8) above the tile's hashes, ``position`` from the left.

        It has 32 bytes. Raises UsageError for one that a tile has not.
        """
        if not (0 <= height <= HEIGHT and 0 <= position < WIDTH >> height):
            raise UsageError(f"A tile has no node {position} at height {height}.")
        if height == 0:
            return self.hashes[HASH * position : HASH * (position + 1)]
        start = _INNER_START[height - 1] + HASH * position
        return self.inner[start : start + HASH]


def full_tile(level: int, index: int, hashes: bytes) -> FullTile:
    """The tile of these 256 hashes, its inner nodes computed. Raises UsageError."""
    if len(hashes) != WIDTH * HASH:
        raise UsageError(f"A full tile has {WIDTH * HASH} bytes, not {len(hashes)}.")
    inner, row = [], hashes
    for _ in range(HEIGHT):
        row = _row_above(row)
        inner.append(row)
    return FullTile(level, index, hashes, b"".join(inner))


def _row_above(row: bytes, sha256: type = hashlib.sha256) -> bytes:  # type: ignore[assignment]  # bound as a local: this is the hot loop
    return b"".join(
        [sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, len(row) - 63, 64)]
    )


class _Rows:
    """The tile of one level that is not full yet: its hashes and the nodes above, by height."""

    __slots__ = ("heights",)

    def __init__(self) -> None:
        self.heights: list[list[bytes]] = [[] for _ in range(HEIGHT + 1)]

    @property
    def width(self) -> int:
        return len(self.heights[0])

    def add(self, hashes: Sequence[bytes]) -> None:
        """Take hashes (never past 256) and the nodes that they complete."""
        sha256 = hashlib.sha256
        self.heights[0].extend(hashes)
        for below, above in zip(self.heights, self.heights[1:], strict=False):
            fresh = below[2 * len(above) : len(below) & ~1]
            if not fresh:
                return
            pairs = zip(fresh[::2], fresh[1::2], strict=True)
            above.extend([sha256(b"\x01" + left + right).digest() for left, right in pairs])

    def take(self, level: int, index: int) -> FullTile:
        """The full tile that these rows have become."""
        inner = b"".join([node for row in self.heights[1:] for node in row])
        return FullTile(level, index, b"".join(self.heights[0]), inner)


class Edge:
    """The tree's right edge. Mutable; one writer at a time."""

    __slots__ = ("_levels", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._levels: list[_Rows] = []

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @classmethod
    def rebuild(cls, size: int, partial_hashes: Sequence[bytes]) -> Edge:
        """The edge of a stored tree.

        ``partial_hashes[n]`` are the hashes of tile level n that belong to no full tile, joined:
        32 times ``size // 256**n % 256`` bytes. Raises UsageError where a width does not fit.
        """
        edge = cls()
        widths = partial_widths(size)
        if [HASH * width for width in widths] != [len(row) for row in partial_hashes]:
            raise UsageError(f"These partial tiles are not the edge of a tree of {size}.")
        for row in partial_hashes:
            rows = _Rows()
            rows.add([row[at : at + HASH] for at in range(0, len(row), HASH)])
            edge._levels.append(rows)
        edge._size = size
        return edge

    def copy(self) -> Edge:
        """An independent edge at the same size."""
        return Edge.rebuild(self._size, self.partial_hashes())

    def partial_hashes(self) -> list[bytes]:
        """What ``rebuild`` takes: the hashes of the partial tile of each level, joined."""
        levels = self._levels[: len(partial_widths(self._size))]
        return [b"".join(rows.heights[0]) for rows in levels]

    def push(self, leaf_hash: bytes) -> list[FullTile]:
        """Add one leaf; return the tiles that became full, lowest level first."""
        return self.push_many((leaf_hash,))

    def push_many(self, leaf_hashes: Sequence[bytes]) -> list[FullTile]:
        """Add leaves; return the tiles that became full, in the order in which they did."""
        full: list[FullTile] = []
        taken = 0
        while taken < len(leaf_hashes):
            room = WIDTH - self._size % WIDTH
            batch = leaf_hashes[taken : taken + room]
            self._size += len(batch)
            taken += len(batch)
            full.extend(self._add(0, batch))
        return full

    def _add(self, level: int, hashes: Sequence[bytes]) -> Iterable[FullTile]:
        if level == len(self._levels):
            self._levels.append(_Rows())
        rows = self._levels[level]
        rows.add(hashes)
        if rows.width < WIDTH:
            return ()
        tile = rows.take(level, (self._size >> (HEIGHT * (level + 1))) - 1)
        self._levels[level] = _Rows()
        return (tile, *self._add(level + 1, (tile.root,)))

    def root(self) -> bytes:
        """The root hash at the present size; SHA-256 of nothing for the empty tree."""
        root: bytes | None = None
        for rows in self._levels:
            for height in range(HEIGHT):
                if rows.width >> height & 1:
                    peak = rows.heights[height][-1]
                    root = peak if root is None else hashlib.sha256(b"\x01" + peak + root).digest()
        return EMPTY_ROOT if root is None else root

    def node(self, height: int, index: int) -> bytes:
        """A node that covers 2**height leaves and lies in a partial tile. Raises UsageError.

        Nodes of full tiles are not kept here, except a tile's root: a hash of the next level.
        """
        level, within = divmod(height, HEIGHT)
        width = WIDTH >> within
        first = (self._size >> (HEIGHT * (level + 1))) * width
        row = self._levels[level].heights[within] if 0 <= level < len(self._levels) else []
        if not 0 <= index - first < len(row):
            raise UsageError(f"Node {index} at height {height} is not on the tree's edge.")
        return row[index - first]


def partial_widths(size: int) -> list[int]:
    """How many hashes the partial tile of each level holds in a tree of ``size`` leaves."""
    widths = []
    while size:
        widths.append(size % WIDTH)
        size //= WIDTH
    return widths
