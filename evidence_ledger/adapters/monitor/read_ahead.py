"""A log read ahead: the files that are needed next are on their way before they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.note import Note
from evidence_ledger.core.tile import WIDTH, TilePath
from evidence_ledger.errors import FormatError

AHEAD = 8
"""Bundles that are on their way, each with its tile of leaf hashes."""


class ReadAhead:
    """A TileSource over another, which several threads may use. Close it, or use it in ``with``.

    Whoever reads full bundles one after the other finds the next ones there. At most ``AHEAD``
    bundles are held, so that memory does not grow with the log.
    """

    def __init__(self, source: TileSource) -> None:
        self._source = source
        self._pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="read-ahead")
        self._coming: OrderedDict[str, Future[bytes]] = OrderedDict()
        self._last = -2
        self._full = 0

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for what is on its way."""
        self._pool.shutdown(cancel_futures=True)

    def checkpoint(self) -> bytes:
        """See TileSource. What was on its way is forgotten: the log may have another state."""
        self._coming.clear()
        self._last = -2
        data = self._source.checkpoint()
        self._full = _full_bundles(data)
        return data

    def tile(self, path: str) -> bytes:
        """See TileSource."""
        self._order(path)
        coming = self._coming.pop(path, None)
        return self._source.tile(path) if coming is None else coming.result()

    def _order(self, path: str) -> None:
        try:
            wanted = TilePath.parse(path)
        except FormatError:
            return
        if wanted.level is not None or wanted.width != WIDTH:
            return
        following, self._last = wanted.index == self._last + 1, wanted.index
        if not following:
            return
        for index in range(wanted.index + 1, min(wanted.index + 1 + AHEAD, self._full)):
            for level in (None, 0):
                self._fetch(TilePath(level, index).encode())

    def _fetch(self, path: str) -> None:
        if path in self._coming:
            return
        self._coming[path] = self._pool.submit(self._source.tile, path)
        if len(self._coming) > 2 * AHEAD + 2:
            self._coming.popitem(last=False)


def _full_bundles(checkpoint: bytes) -> int:
    """How many full bundles there are, by what the log says; none where it says nothing."""
    try:
        return Checkpoint.parse(Note.parse(checkpoint).text).size // WIDTH
    except FormatError:
        return 0
