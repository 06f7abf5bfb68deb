"""Connections to SQLite: durable on commit, one writer at a time, readers never wait."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from evidence_ledger.adapters.sql.faults import translated

WAIT = 10.0
_PAGES_BEFORE_CHECKPOINT = 4000


def sqlite_engine(path: Path, *, read_only: bool, wait: float = WAIT) -> Engine:
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
    event.listen(engine, "begin", _begin)
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
    connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BEFORE_CHECKPOINT}")


def _begin(connection: Connection) -> None:
    words = connection.get_execution_options().get("sqlite_begin")
    if words is not None:
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(words)


@contextmanager
def reading(engine: Engine, place: str) -> Iterator[Connection]:
    """A connection whose statements each see the newest state."""
    with translated(place, engine.dialect.loaded_dbapi.Error), engine.connect() as connection:
        yield connection


@contextmanager
def snapshot(engine: Engine, place: str) -> Iterator[Connection]:
    """A connection whose statements all see one state."""
    with translated(place, engine.dialect.loaded_dbapi.Error), engine.connect() as connection:
        connection.execution_options(sqlite_begin="BEGIN")
        # Said here: statements that go to the driver directly begin no transaction by themselves.
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine, place: str) -> Iterator[Connection]:
    """One transaction of the only writer: durable when the block ends, or not there at all."""
    with translated(place, engine.dialect.loaded_dbapi.Error), engine.connect() as connection:
        connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with connection.begin():
            yield connection
