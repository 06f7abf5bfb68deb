"""Statements compiled once for a database and run on its driver: the fast path of every row.

The driver's own errors come out; ``engine.translated`` knows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import cached_property
from itertools import islice
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.sql import Executable

from evidence_ledger.adapters.sql.dialects import dialect_of

ROWS_AT_ONCE = 10_000

# A row holds what the driver takes and gives: int, bytes, str, None.
Row = tuple[Any, ...]


class Prepared:
    """One statement; its parameters are passed by name."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        self._statement = statement
        self._dialect = dialect
        self._cursor = dialect_of(dialect.name).cursor

    @cached_property
    def _compiled(self) -> tuple[str, Sequence[str] | None, dict[str, Any]]:
        """The SQL, the order of its parameters where they go by place, and the fixed ones.

        Compiled on first use: a ledger has some fifty statements, and a command needs a few.
        """
        compiled = self._statement.compile(dialect=self._dialect)  # type: ignore[attr-defined]  # every Core statement has it
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        return compiled.string, compiled.positiontup, fixed

    def rows(self, connection: Connection, **values: Any) -> list[Row]:
        """What the statement selects with these values, as the driver's own tuples."""
        with closing(connection.connection.cursor(**self._cursor)) as cursor:
            cursor.execute(*self._filled(values))
            return cast("list[Row]", cursor.fetchall())

    def change(self, connection: Connection, **values: Any) -> int:
        """How many rows the statement changed with these values."""
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(*self._filled(values))
            return cursor.rowcount

    def _filled(self, values: dict[str, Any]) -> tuple[str, Any]:
        sql, names, fixed = self._compiled
        known = fixed | values
        return sql, known if names is None else tuple([known[name] for name in names])


class Insertion:
    """Adds rows to one table; a row gives all columns in the table's order."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self._table = table
        self._dialect = dialect
        self._kind = dialect_of(dialect.name)

    @cached_property
    def _compiled(self) -> tuple[str, bool]:
        """The SQL, and whether its parameters go by name."""
        compiled = insert(self._table).compile(dialect=self._dialect)
        return compiled.string, compiled.positiontup is None

    def add(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Insert ``rows``, a bounded number at a time."""
        source = iter(rows)
        while batch := list(islice(source, ROWS_AT_ONCE)):
            if len(batch) < self._kind.many:
                self._insert(connection, batch)
            else:
                self._kind.load(connection, self._table, batch)

    def _insert(self, connection: Connection, batch: list[Row]) -> None:
        sql, is_named = self._compiled
        with closing(connection.connection.cursor()) as cursor:
            cursor.executemany(sql, self._named(batch) if is_named else batch)

    def _named(self, batch: list[Row]) -> list[dict[str, Any]]:
        columns = self._table.columns.keys()
        return [dict(zip(columns, row, strict=True)) for row in batch]
