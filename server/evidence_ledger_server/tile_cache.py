"""Tiles that were served lately. They never change; the oldest go when there are too many."""

from __future__ import annotations

from collections import OrderedDict

MOST_BYTES = 32 << 20


class TileCache:
    """At most 32 MiB of tiles and bundles, by their paths."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def get(self, path: str) -> bytes | None:
        """A tile that is kept."""
        data = self._held.get(path)
        if data is not None:
            self._held.move_to_end(path)
        return data

    def put(self, path: str, data: bytes) -> None:
        """Keep a tile."""
        if len(data) > self._most or path in self._held:
            return
        self._held[path] = data
        self._size += len(data)
        while self._size > self._most:
            _, gone = self._held.popitem(last=False)
            self._size -= len(gone)
