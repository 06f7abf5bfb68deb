"""A ledger's rows, copied as they are from one database into another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Connection, Table, select

from evidence_ledger.adapters.database import Database
from evidence_ledger.adapters.sql.dialects import dialect_of
from evidence_ledger.adapters.sql.engine import reading, snapshot, writing
from evidence_ledger.adapters.sql.opening import create_store, open_engine
from evidence_ledger.adapters.sql.prepared import Row
from evidence_ledger.adapters.sql.schema import metadata
from evidence_ledger.errors import LedgerCorrupt


class Origin:
    """A ledger that is to be moved; nobody writes to it while ``held_still`` lasts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = dialect_of(connection.dialect.name)

    def copy(self, target: Database, advance: Callable[[int], object] = lambda _: None) -> None:
        """All rows into a new database, in one transaction, then compared.

        ``advance`` is told how many more rows are copied. Raises LedgerExists where there is
        anything, LedgerCorrupt where the copy differs, and what the databases raise.
        """
        copied: dict[str, bytes] = {}

        def fill(connection: Connection) -> None:
            dialect = dialect_of(connection.dialect.name)
            for table in metadata.sorted_tables:
                digest = _Digest(_rows(self._connection, table), advance)
                dialect.load(connection, table, iter(digest))
                copied[table.name] = digest.value

        create_store(target, fill).close()
        _compare(target, copied)

    def retire(self) -> None:
        """From the end of ``held_still`` on, refuse every change."""
        for table in metadata.sorted_tables:
            for statement in self._dialect.retirement(table.name):
                self._connection.exec_driver_sql(statement)


@contextmanager
def held_still(database: Database) -> Iterator[Origin]:
    """The ledger in a database, locked against every other writer. Raises what opening raises."""
    engine = open_engine(database, read_only=False)
    try:
        with writing(engine, database.place) as connection:
            dialect_of(connection.dialect.name).hold(connection)
            yield Origin(connection)
    finally:
        engine.dispose()


def is_retired(database: Database) -> bool:
    """True where the ledger was moved away: it takes no more changes. Raises what opening does."""
    engine = open_engine(database, read_only=True)
    try:
        with reading(engine, database.place) as connection:
            return dialect_of(connection.dialect.name).is_retired(connection)
    finally:
        engine.dispose()


class _Digest:
    """Rows on their way, and the SHA-256 over all that have passed."""

    def __init__(
        self, rows: Iterator[Row], advance: Callable[[int], object] = lambda _: None
    ) -> None:
        self._rows = rows
        self._advance = advance
        self._state = hashlib.sha256()

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            # The driver's own types alone: int, bytes, str, None.
            self._state.update(repr(tuple(row)).encode())
            self._advance(1)
            yield row

    @property
    def value(self) -> bytes:
        return self._state.digest()


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    query = select(table).order_by(*table.primary_key.columns)
    words = str(query.compile(dialect=connection.dialect))
    return dialect_of(connection.dialect.name).rows(connection, words)


def _compare(target: Database, copied: dict[str, bytes]) -> None:
    engine = open_engine(target, read_only=True)
    try:
        with snapshot(engine, target.place) as connection:
            for table in metadata.sorted_tables:
                digest = _Digest(_rows(connection, table))
                with closing(iter(digest)) as passing:  # type: ignore[type-var]  # a generator
                    for _ in passing:
                        pass
                if digest.value != copied[table.name]:
                    raise LedgerCorrupt(
                        f"The copy of {table.name} differs from what was copied.",
                        where=target.place,
                    )
    finally:
        engine.dispose()
