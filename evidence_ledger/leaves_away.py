"""The leaf hashes of entries in a ledger that is served elsewhere, proved by its public tiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from evidence_ledger.core import merkle
from evidence_ledger.core.edge import HASH, Edge, FullTile, full_tile, partial_widths
from evidence_ledger.core.entry import Entry
from evidence_ledger.core.log_audit import TileSource, fetched
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.tile import TilePath, full_tiles
from evidence_ledger.core.tree_reader import TreeReader
from evidence_ledger.errors import FormatError, Refused, ServerAnswerInvalid, UsageError


class EntrySource(Protocol):
    """Where entries are had."""

    def entry(self, index: int) -> tuple[Entry, bytes]:
        """An entry and its leaf hash."""
        ...


class LeavesAway:
    """Leaf hashes of the entries of one ledger, whose newest checkpoint is ``point``."""

    def __init__(self, server: EntrySource, log: TileSource, point: TreePoint) -> None:
        self._server = server
        self._log = log
        self._point = point
        self._reader: TreeReader | None = None

    def is_proved(self, index: int) -> bool:
        """Whether an entry is under the checkpoint; a newer one is taken at the server's word."""
        return index < self._point.size

    def leaf(self, index: int) -> bytes:
        """The leaf hash of an entry.

        Raises ServerAnswerInvalid where it is not the one under the checkpoint, and what the
        sources raise.
        """
        _, leaf = self._server.entry(index)
        if self.is_proved(index):
            try:
                self._verify(index, leaf)
            except (Refused, FormatError, UsageError) as error:
                raise ServerAnswerInvalid(
                    f"The server's entry {index} is not under its own checkpoint."
                ) from error
        return leaf

    def _verify(self, index: int, leaf: bytes) -> None:
        size, root = self._point
        if self._reader is None:
            self._reader = TreeReader(self._tile, Edge.rebuild(size, list(self._edge())))
        path = self._reader.inclusion_proof(index, size)
        merkle.verify_inclusion(leaf, index, size, path, root)

    def _edge(self) -> Iterator[bytes]:
        for level, width in enumerate(partial_widths(self._point.size)):
            place = TilePath(level, full_tiles(level, self._point.size), width or 1)
            yield fetched(self._log, place)[0][: HASH * width] if width else b""

    def _tile(self, level: int, index: int) -> FullTile:
        return full_tile(level, index, fetched(self._log, TilePath(level, index))[0])
