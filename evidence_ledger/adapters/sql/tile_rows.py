"""Full tiles of the tree; the partial ones follow from entries and the tiles below."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, func, select

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import tiles
from evidence_ledger.core.edge import HASH, WIDTH, FullTile
from evidence_ledger.errors import LedgerCorrupt


class TileRows:
    """Adds and reads full tiles."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = Insertion(tiles, dialect)
        number = tiles.c.number
        content = select(number, tiles.c.hashes, tiles.c.inner_nodes)
        level = tiles.c.level == bindparam("of")
        inside = (number >= bindparam("low"), number < bindparam("high"))
        self._one = Prepared(content.where(level, number == bindparam("low")), dialect)
        self._range = Prepared(content.where(level, *inside).order_by(number), dialect)
        self._total = Prepared(select(func.count()).select_from(tiles), dialect)

    def add(self, connection: Connection, full: Sequence[FullTile]) -> None:
        """Insert tiles."""
        self._add.add(connection, [(one.level, one.index, one.hashes, one.inner) for one in full])

    def tile(self, connection: Connection, level: int, index: int) -> FullTile | None:
        """One tile, or None. Raises LedgerCorrupt."""
        row = self._one.rows(connection, of=level, low=index)
        return _tile(level, index, row[0]) if row else None

    def page(self, connection: Connection, level: int, start: int, stop: int) -> list[FullTile]:
        """The tiles of a range, as far as there are any. Raises LedgerCorrupt."""
        rows = self.rows(connection, level, start, stop)
        return [_tile(level, index, row) for index, row in enumerate(rows, start)]

    def rows(self, connection: Connection, level: int, start: int, stop: int) -> list[Row]:
        """Number, hashes, inner nodes; in order, as stored."""
        return self._range.rows(connection, of=level, low=start, high=stop)

    def total(self, connection: Connection) -> int:
        """How many tiles there are."""
        total: int = self._total.rows(connection)[0][0]
        return total


def _tile(level: int, index: int, row: Row) -> FullTile:
    number, hashes, inner = row
    sound = number == index and type(hashes) is bytes and type(inner) is bytes
    if not sound or len(hashes) != HASH * WIDTH or len(inner) != HASH * (WIDTH - 1):
        raise LedgerCorrupt(f"Tile {index} of level {level} is missing or damaged.")
    return FullTile(level, index, hashes, inner)
