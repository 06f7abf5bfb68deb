"""Statements compiled once for a database and run on its driver: the fast path of every row.

The driver's own errors come out; ``faults.translated`` knows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.sql import Executable

ROWS_AT_ONCE = 10_000

# A row holds what the driver takes and gives: int, bytes, str, None.
Row = tuple[Any, ...]


class Prepared:
    """One statement; its parameters are passed by name."""

    __slots__ = ("_fixed", "_names", "_sql")

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # every Core statement has it
        self._sql: str = compiled.string
        self._names: Sequence[str] | None = compiled.positiontup
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def rows(self, connection: Connection, **values: Any) -> list[Row]:
        """What the statement selects with these values, as the driver's own tuples."""
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(self._sql, self._arguments(values))
            return cast("list[Row]", cursor.fetchall())

    def change(self, connection: Connection, **values: Any) -> int:
        """How many rows the statement changed with these values."""
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(self._sql, self._arguments(values))
            return cursor.rowcount

    def _arguments(self, values: dict[str, Any]) -> Any:
        known = self._fixed | values
        return known if self._names is None else tuple([known[name] for name in self._names])


class Insertion:
    """Adds rows to one table; a row gives all columns in the table's order."""

    __slots__ = ("_columns", "_is_named", "_sql")

    def __init__(self, table: Table, dialect: Dialect) -> None:
        compiled = insert(table).compile(dialect=dialect)
        self._sql = compiled.string
        self._is_named = compiled.positiontup is None
        self._columns = [column.name for column in table.columns]

    def add(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Insert ``rows``, a bounded number at a time."""
        source = iter(rows)
        with closing(connection.connection.cursor()) as cursor:
            while batch := list(islice(source, ROWS_AT_ONCE)):
                cursor.executemany(self._sql, self._named(batch) if self._is_named else batch)

    def _named(self, batch: list[Row]) -> list[dict[str, Any]]:
        return [dict(zip(self._columns, row, strict=True)) for row in batch]
