"""SQLite: durable on commit, one writer at a time, readers never wait."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Table, create_engine, event, insert
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from evidence_ledger.adapters.sql.dialect import FENCED, MOVED
from evidence_ledger.errors import (
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerMoved,
    LedgerReadOnly,
)

_PRIMARY = 0xFF
_PAGES_BEFORE_CHECKPOINT = 4000
_ROWS_AT_ONCE = 256
_MOST_REMNANTS = 1_000_000_000
"""The file's ``user_version`` counts, up to this, what was erased and may have left remnants."""


def sqlite_engine(path: Path, *, read_only: bool, wait: float) -> Engine:
    """An engine on a database file. ``wait``: seconds to wait for another writer."""

    def connect() -> sqlite3.Connection:
        # BEGIN is ours alone to say (isolation_level None): the driver would start writing
        # transactions as readers, which then fail when two of them meet.
        return sqlite3.connect(
            _uri(path, read_only),
            uri=True,
            timeout=wait,
            isolation_level=None,
            check_same_thread=False,
        )

    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "connect", _prepare_reader if read_only else _prepare_writer)
    return engine


def _uri(path: Path, read_only: bool) -> str:
    name = quote(os.fsencode(path.absolute()))
    if not read_only:
        return f"file:{name}?mode=rw"
    return f"file:{name}?mode=ro" + ("&immutable=1" if _is_frozen(path) else "")


def _is_frozen(path: Path) -> bool:
    """True on a medium that nobody can write: SQLite can't keep its side files there."""
    side = path.with_name(path.name + "-wal")
    return not os.access(path.parent, os.W_OK) and not side.exists()


def _prepare_reader(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA query_only = ON")


def _prepare_writer(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BEFORE_CHECKPOINT}")


class Sqlite:
    """See dialect.SqlDialect."""

    snapshot = "BEGIN"
    writing = "BEGIN IMMEDIATE"
    many = sys.maxsize
    cursor: Mapping[str, Any] = {}

    def begin(self, connection: Connection, words: str) -> None:
        """See SqlDialect."""
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(words)

    def error(self, error: BaseException | None, place: str) -> LedgerError:
        """See SqlDialect."""
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None:
            if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER and str(error) == MOVED:
                return LedgerMoved("The ledger was moved to another database.", where=place)
            return _error(code, place)
        if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
            return LedgerCorrupt("The ledger's rows contradict each other.", where=place)
        if isinstance(error, sqlite3.OperationalError) and "decode" in str(error):
            return LedgerCorrupt("A text in the ledger's database is not UTF-8.", where=place)
        return LedgerError("The ledger's database refused to answer.", where=place)

    def is_conflict(self, error: Exception) -> bool:
        """See SqlDialect."""
        code = getattr(error, "sqlite_errorcode", None)
        return code in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)

    def is_lost(self, connection: Connection) -> bool:  # noqa: ARG002 a file is always there
        """See SqlDialect."""
        return False

    def turn(self, connection: Connection) -> AbstractContextManager[None]:  # noqa: ARG002 each transaction waits by itself
        """See SqlDialect."""
        return nullcontext()

    def alone(self, connection: Connection) -> AbstractContextManager[bool]:  # noqa: ARG002 no other host has the file
        """See SqlDialect."""
        return nullcontext(True)

    def triggers(self, table: str, changes: Mapping[str, str]) -> Iterator[str]:
        """See SqlDialect."""
        for change, condition in changes.items():
            yield (
                f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table}"
                f" WHEN {condition}"
                f" BEGIN SELECT RAISE(ABORT, '{table} {FENCED}'); END"
            )

    def guard(self, table: str, change: str, condition: str) -> Iterator[str]:
        """See SqlDialect."""
        yield f"DROP TRIGGER IF EXISTS {table}_unasked_{change.lower()}"
        yield (
            f"CREATE TRIGGER {table}_unasked_{change.lower()} BEFORE {change} ON {table}"
            f" WHEN NOT {condition}"
            f" BEGIN SELECT RAISE(ABORT, '{table} {FENCED}'); END"
        )

    def note_remnants(self, connection: Connection) -> None:
        """See SqlDialect."""
        before = _version(connection)
        _told(connection, f"PRAGMA user_version = {before % _MOST_REMNANTS + 1}")

    def scrub(self, connection: Connection) -> bool:
        """See SqlDialect. The file is written anew, as parts of rows stay where pages were split;
        then all of it is taken out of the WAL, which is emptied."""
        noted = _version(connection)
        if not noted:
            return True
        _told(connection, "VACUUM")
        busy, *_ = _told(connection, "PRAGMA wal_checkpoint(TRUNCATE)") or (1,)
        if busy:
            return False
        _told(connection, "BEGIN IMMEDIATE")
        # Another program may have erased while the file was written anew.
        is_clean = _version(connection) == noted
        if is_clean:
            _told(connection, "PRAGMA user_version = 0")
        _told(connection, "COMMIT")
        return is_clean

    def rows(self, connection: Connection, query: str) -> Iterator[tuple[Any, ...]]:
        """See SqlDialect."""
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(query)
            while batch := cursor.fetchmany(_ROWS_AT_ONCE):
                yield from batch

    def load(self, connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """See SqlDialect."""
        statement = str(insert(table).compile(dialect=connection.dialect))
        with closing(connection.connection.cursor()) as cursor:
            cursor.executemany(statement, rows)  # type: ignore[arg-type]  # sqlite3 takes any iterable

    def hold(self, connection: Connection) -> None:
        """See SqlDialect."""

    def retirement(self, table: str) -> Iterator[str]:
        """See SqlDialect."""
        for change in ("INSERT", "UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_moved_{change.lower()} BEFORE {change} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{MOVED}'); END"
            )

    def is_retired(self, connection: Connection) -> bool:
        """See SqlDialect."""
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'head_moved_update'")
            return cursor.fetchone() is not None


def _version(connection: Connection) -> int:
    """How many erasures left remnants in the file since it was last written anew."""
    return int((_told(connection, "PRAGMA user_version") or (0,))[0])


def _told(connection: Connection, words: str) -> tuple[Any, ...] | None:
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(words)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _error(code: int, place: str) -> LedgerError:
    primary = code & _PRIMARY
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerLocked("Another program is writing to the ledger.", where=place)
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return LedgerReadOnly("The ledger can't be written.", where=place)
    if primary == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return LedgerFull("There is no space left for the ledger.", where=place)
    if primary == sqlite3.SQLITE_CANTOPEN:
        return LedgerReadOnly("The ledger's database can't be opened.", where=place)
    if primary == sqlite3.SQLITE_NOTADB:
        return LedgerCorrupt("The file is not a ledger's database.", where=place)
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return LedgerCorrupt("The ledger's rows contradict each other.", where=place)
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH):
        return LedgerCorrupt("The ledger's database is damaged.", where=place)
    if primary == sqlite3.SQLITE_IOERR:
        return LedgerError(
            "The ledger's disk could not be read or written.",
            where=place,
            hint="Check the disk and the free space. What was acknowledged is still there.",
        )
    return LedgerError("The ledger's database refused to answer.", where=place)
