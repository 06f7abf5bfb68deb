"""A ledger's database, and every way to change one cell or one row of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

Cell = int | str | bytes | None
FAR = 1000


@dataclass(frozen=True, slots=True)
class Damage:
    """One change: the table, the column ("" for a whole row), its kind, and the change itself."""

    table: str
    column: str
    kind: str
    change: Callable[[sqlite3.Connection], object]

    def __str__(self) -> str:
        return f"{self.table}.{self.column or '*'}: {self.kind}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its primary key, which no change of another cell moves."""

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def where(self) -> str:
        return " AND ".join(f'"{name}" IS ?' for name in self.key)

    @property
    def place(self) -> tuple[Cell, ...]:
        return tuple(self[name] for name in self.key)

    def __getitem__(self, column: str) -> Cell:
        return self.cells[self.columns.index(column)]


@contextmanager
def unfenced(path: Path) -> Iterator[sqlite3.Connection]:
    """The database without triggers, foreign keys and NOT NULL: as its owner can open it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '')")
        connection.execute("PRAGMA writable_schema = RESET")
        yield connection


def tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in found]


def rows(connection: sqlite3.Connection, table: str) -> list[Row]:
    information = connection.execute(f"PRAGMA table_info({table})").fetchall()
    columns = tuple(str(one[1]) for one in information)
    key = tuple(str(one[1]) for one in information if one[5])
    names = ", ".join(f'"{name}"' for name in columns)
    cells = connection.execute(f'SELECT {names} FROM "{table}"').fetchall()  # noqa: S608 - our names
    return [Row(table, columns, key or columns, one) for one in cells]


def damages(connection: sqlite3.Connection) -> Iterator[Damage]:
    """Every cell changed in several ways, every row gone, doubled, and swapped with the next."""
    for table in tables(connection):
        found = rows(connection, table)
        for row in found:
            yield from _of_cells(row)
            yield from _of_row(row)
        for one, other in pairwise(found):
            yield from _swaps(one, other)


def _of_cells(row: Row) -> Iterator[Damage]:
    for column in row.columns:
        for kind, value in _others(row[column]):
            yield Damage(row.table, column, kind, _set(row, column, value))


def _others(cell: Cell) -> Iterator[tuple[str, Cell]]:
    if cell is None:
        yield from (("0", 0), ("a text", "x"), ("bytes", bytes(32)))
        return
    yield "NULL", None
    if isinstance(cell, int):
        yield from (("+1", cell + 1), ("-1", cell - 1), ("far", cell + 2**40))
        yield from (("a text", f"{cell}x"), ("bytes", b"%d" % cell), ("negative", -cell - 1))
    elif isinstance(cell, str):
        yield from (("first letter", chr(ord(cell[0]) ^ 1) + cell[1:]), ("longer", cell + "0"))
        yield from (
            ("empty", ""),
            ("bytes", cell.encode()),
            ("a number", 1),
            ("shorter", cell[:-1]),
        )
        yield "last letter", cell[:-1] + chr(ord(cell[-1]) ^ 1)
    else:
        yield from _other_bytes(cell)


def _other_bytes(cell: bytes) -> Iterator[tuple[str, Cell]]:
    if not cell:
        yield from (("longer", bytes(4)), ("bytes", bytes(32)), ("a number", 7), ("a text", ""))
        return
    middle = len(cell) // 2
    yield "first bit", bytes([cell[0] ^ 0x80]) + cell[1:]
    yield "middle bit", cell[:middle] + bytes([cell[middle] ^ 0x10]) + cell[middle + 1 :]
    yield "last bit", cell[:-1] + bytes([cell[-1] ^ 0x01])
    yield from (("longer", cell + b"\0"), ("shorter", cell[:-1]), ("empty", b""), ("a number", 7))
    yield "a text", cell.decode("latin-1")


def _set(row: Row, column: str, value: Cell) -> Callable[[sqlite3.Connection], object]:
    sql = f'UPDATE "{row.table}" SET "{column}" = ? WHERE {row.where}'  # noqa: S608 - our names
    return lambda connection: connection.execute(sql, (value, *row.place))


def _of_row(row: Row) -> Iterator[Damage]:
    gone = f'DELETE FROM "{row.table}" WHERE {row.where}'  # noqa: S608 - our names
    yield Damage(row.table, "", "gone", lambda connection: connection.execute(gone, row.place))
    for column in row.key:
        if isinstance(row[column], int):
            yield Damage(row.table, "", f"doubled at another {column}", _double(row, column))
            yield Damage(row.table, "", f"doubled at the next {column}", _double(row, column, 1))


def _double(row: Row, column: str, by: int = FAR) -> Callable[[sqlite3.Connection], object]:
    marks = ", ".join("?" * len(row.columns))
    sql = f'INSERT INTO "{row.table}" VALUES ({marks})'  # noqa: S608 - our names
    cells = [
        cell + by if name == column and isinstance(cell, int) else cell
        for name, cell in zip(row.columns, row.cells, strict=True)
    ]
    return lambda connection: connection.execute(sql, cells)


def _swaps(one: Row, other: Row) -> Iterator[Damage]:
    for column in one.columns:
        if column not in one.key and one[column] != other[column]:
            first, second = _set(one, column, other[column]), _set(other, column, one[column])
            yield Damage(one.table, column, "swapped with the next row's", _both(first, second))


def _both(
    first: Callable[[sqlite3.Connection], object], second: Callable[[sqlite3.Connection], object]
) -> Callable[[sqlite3.Connection], object]:
    def change(connection: sqlite3.Connection) -> None:
        first(connection)
        second(connection)

    return change
