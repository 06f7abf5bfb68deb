"""Connections to a ledger's database, and the transactions on them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TypeVar

from sqlalchemy import Connection, Engine, RootTransaction, event, exc

from evidence_ledger.adapters.database import Database, SqliteFile
from evidence_ledger.adapters.sql.dialect import SqlDialect
from evidence_ledger.adapters.sql.dialects import dialect_of
from evidence_ledger.adapters.sql.postgresql import postgresql_engine
from evidence_ledger.adapters.sql.sqlite import sqlite_engine
from evidence_ledger.errors import LedgerError, LedgerLocked, LedgerUnavailable

T = TypeVar("T")
WAIT = 10.0
_BEGIN = "ledger_begin"


class _Turns(threading.local):
    """The connections whose turn it is, by engine: each thread has its own."""

    def __init__(self) -> None:
        self.held: dict[int, Connection] = {}


_turns = _Turns()


def engine_of(database: Database, *, read_only: bool, wait: float = WAIT) -> Engine:
    """An engine on a database. ``wait``: seconds to wait for another writer."""
    if isinstance(database, SqliteFile):
        engine = sqlite_engine(database.path, read_only=read_only, wait=wait)
    else:
        engine = postgresql_engine(database, read_only=read_only, wait=wait)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    words = connection.get_execution_options().get(_BEGIN)
    if words is not None:
        dialect_of(connection.dialect.name).begin(connection, words)


@contextmanager
def translated(engine: Engine, place: str) -> Iterator[SqlDialect]:
    """Turn every error of the database at ``place``, or of its driver, into a LedgerError: of them
    LedgerLocked, LedgerReadOnly, LedgerFull, LedgerCorrupt, LedgerMoved, LedgerUnavailable.

    No other error leaves this package.
    """
    dialect = dialect_of(engine.dialect.name)
    try:
        yield dialect
    except engine.dialect.loaded_dbapi.Error as error:
        raise dialect.error(error, place) from error
    except exc.DBAPIError as error:
        raise dialect.error(error.orig, place) from error
    except exc.TimeoutError as error:
        raise LedgerLocked("All connections to the ledger are in use.", where=place) from error
    except exc.SQLAlchemyError as error:
        raise LedgerError("The ledger's database could not be used.", where=place) from error


@contextmanager
def _connected(engine: Engine, dialect: SqlDialect) -> Iterator[Connection]:
    """A connection; where it is lost, those that wait in the pool are lost with it."""
    held = _turns.held.get(id(engine))
    if held is not None:
        yield held
        return
    with engine.connect() as connection:
        try:
            yield connection
        finally:
            if _give_up(connection, dialect):
                engine.dispose()


def _give_up(connection: Connection, dialect: SqlDialect) -> bool:
    """True where the connection is lost: nothing more is said on it."""
    if not connection.invalidated and dialect.is_lost(connection):
        connection.invalidate()
    return connection.invalidated


@contextmanager
def reading(engine: Engine, place: str) -> Iterator[Connection]:
    """A connection whose statements each see the newest state."""
    with translated(engine, place) as dialect, _connected(engine, dialect) as connection:
        yield connection


@contextmanager
def snapshot(engine: Engine, place: str) -> Iterator[Connection]:
    """A connection whose statements all see one state."""
    with (
        translated(engine, place) as dialect,
        _connected(engine, dialect) as connection,
        _transaction(connection, dialect, dialect.snapshot),
    ):
        yield connection


def look(engine: Engine, place: str, ask: Callable[[Connection], T], *, whole: bool = False) -> T:
    """What ``ask`` reads; with ``whole`` its statements all see one state.

    Where the connection is lost meanwhile, it is asked once more on a fresh one: to read twice does
    no harm. Not inside a turn, which is lost with its connection. Raises what ``ask`` raises, and
    LedgerUnavailable.
    """
    for is_last in (False, True):
        is_connected = False
        try:
            with translated(engine, place) as dialect, _connected(engine, dialect) as connection:
                is_connected = True
                with (
                    _transaction(connection, dialect, dialect.snapshot) if whole else nullcontext()
                ):
                    return ask(connection)
        except LedgerUnavailable:
            if is_last or not is_connected or id(engine) in _turns.held:
                raise
    raise AssertionError("the last try ended otherwise")


@contextmanager
def writing(engine: Engine, place: str) -> Iterator[Connection]:
    """One transaction of the only writer: durable when the block ends, or not there at all.

    Raises LedgerUnavailable where the connection is lost: while it is committed, nobody knows
    which of the two it is until somebody looks.
    """
    with (
        translated(engine, place) as dialect,
        _connected(engine, dialect) as connection,
        _transaction(connection, dialect, dialect.writing),
    ):
        yield connection


@contextmanager
def _transaction(connection: Connection, dialect: SqlDialect, words: str) -> Iterator[None]:
    if connection.in_transaction():
        # SQLAlchemy counts what was read before as one; nothing was said to the database.
        connection.rollback()
    connection.execution_options(**{_BEGIN: words})
    # Said here: statements that go to the driver directly begin no transaction by themselves.
    transaction = connection.begin()
    try:
        yield
        transaction.commit()
    except BaseException:
        _abandon(connection, transaction, dialect)
        raise
    finally:
        connection.execution_options(**{_BEGIN: None})


def _abandon(connection: Connection, transaction: RootTransaction, dialect: SqlDialect) -> None:
    if _give_up(connection, dialect) or transaction.is_active:
        transaction.rollback()


@contextmanager
def turn(engine: Engine, place: str, *, alone: bool) -> Iterator[None]:
    """What this thread does while it lasts uses one connection; with ``alone`` it alone writes.

    Raises LedgerLocked where others don't finish in time.
    """
    with (
        translated(engine, place) as dialect,
        _connected(engine, dialect) as connection,
        dialect.turn(connection) if alone else nullcontext(),
    ):
        before = _turns.held
        _turns.held = {**before, id(engine): connection}
        try:
            yield
        finally:
            _turns.held = before


@contextmanager
def alone(engine: Engine, place: str) -> Iterator[bool]:
    """Whether no other process, on any host, is at sealing. The block runs either way."""
    with (
        translated(engine, place) as dialect,
        _connected(engine, dialect) as connection,
        dialect.alone(connection) as given,
    ):
        yield given
