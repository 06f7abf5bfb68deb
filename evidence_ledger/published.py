"""The ledger as a C2SP tiled log: the files that anybody may have, up to the newest checkpoint."""

from __future__ import annotations

from evidence_ledger.core.edge import HASH
from evidence_ledger.core.tile import WIDTH, TilePath, encode_bundle, full_tiles, partial_width
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.ports import Store


class Published:
    """Reads a log's files from the store (C2SP tlog-tiles v0.1.0)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint of a closed seal with its cosignatures, or None before the first.

        Cosignatures that come late are added.
        """
        seal = self._store.seal(-1)
        if seal is not None and seal.entry is None:
            seal = self._store.seal(seal.number - 1) if seal.number else None
        if seal is None:
            return None
        return seal.checkpoint + b"".join(one.line for one in seal.cosignatures)

    def size(self) -> int:
        """How many entries are published: those under the newest signed checkpoint."""
        seal = self._store.seal(-1)
        return seal.size if seal is not None else 0

    def file(self, path: TilePath) -> bytes | None:
        """A tile or a bundle, or None where the published tree has none of that width."""
        level, size = path.level or 0, self.size()
        if path.index > full_tiles(level, size):
            return None
        at_end = path.index == full_tiles(level, size)
        if at_end and not (path.width < WIDTH and path.width <= partial_width(level, size)):
            return None
        return self._bundle(path) if path.level is None else self._tile(path)

    def _bundle(self, path: TilePath) -> bytes:
        start = path.index * WIDTH
        entries = [one.entry for one in self._store.entries(start, start + path.width)]
        if len(entries) != path.width:
            raise LedgerCorrupt(f"Entries from {start} on are missing.")
        return encode_bundle(entries)

    def _tile(self, path: TilePath) -> bytes:
        level, start = path.level or 0, path.index * WIDTH
        if level == 0:
            hashes = b"".join(self._store.leaf_hashes(start, start + path.width))
        else:
            hashes = b"".join(self._root(level - 1, start + at) for at in range(path.width))
        if len(hashes) != HASH * path.width:
            raise LedgerCorrupt(f"Hashes of tile {path.encode()} are missing.")
        return hashes

    def _root(self, level: int, index: int) -> bytes:
        tile = self._store.tile(level, index)
        if tile is None:
            raise LedgerCorrupt(f"The tile {index} of level {level} is missing.")
        return tile.root
