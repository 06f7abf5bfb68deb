"""PostgreSQL, through psycopg 3: any number of processes on any number of hosts.

All writers share one advisory lock, held to the end of their transaction: whoever has it finds the
newest head and meets nobody. It is the database's, not a row's, so that it costs no write.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import unquote

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    LargeBinary,
    String,
    Table,
    create_engine,
    event,
    exc,
)
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.types import TypeEngine

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.sql.dialect import FENCED, MOVED
from evidence_ledger.adapters.sql.postgresql_faults import MOVED_STATE, ledger_error
from evidence_ledger.errors import LedgerError

OLDEST = 13
"""The oldest release of PostgreSQL that is tried to be used."""

_LOCK = 0x45764C65  # "EvLe", so that another program's locks are not taken for ours
_WRITERS, _SEALERS = 1, 2
_ROWS_AT_ONCE = 256
# Seconds after which a connection that nobody used is tried before it is given out.
_STALE = 1.0
# A host that vanished while it wrote must not keep the others waiting for hours. Seconds.
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_CONNECTING = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "application_name": "evidence"}
# Every question is by a key. A plan that was made while a table was small is kept, and must not go
# on reading the whole of it: hence no scans where there is an index.
_SESSION = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    " SET idle_in_transaction_session_timeout = '60s'; SET statement_timeout = 0;"
    " SET lock_timeout = {wait}; SET default_transaction_read_only = {read_only};"
    " SET default_transaction_isolation = 'read committed'; SET enable_seqscan = off; SET jit = off"
)
_FACTS = (
    "SELECT current_setting('server_version_num')::int / 10000, current_setting('fsync'),"
    " current_setting('synchronous_commit'), current_setting('server_encoding')"
)


def postgresql_engine(database: PostgresqlDatabase, *, read_only: bool, wait: float) -> Engine:
    """An engine on a database. ``wait``: seconds to wait for another writer.

    Raises LedgerError where psycopg is not installed.
    """
    _require_driver(database.place)
    import psycopg

    chosen = _chosen(database)
    words = _SESSION.format(wait=max(1, int(wait * 1000)), read_only="on" if read_only else "off")

    def connect() -> psycopg.Connection[Any]:
        # BEGIN is ours alone to say: a single question then needs no transaction around it.
        connection = psycopg.connect(
            database.address, autocommit=True, client_encoding="UTF8", **chosen
        )
        try:
            connection.execute(words, prepare=False)
            _prepare(connection.execute(_FACTS).fetchone(), connection, database.place)
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine(
        "postgresql+psycopg://", creator=connect, poolclass=QueuePool, use_native_hstore=False
    )
    event.listen(engine, "checkout", _try)
    event.listen(engine, "checkin", _note)
    return engine


def _require_driver(place: str) -> None:
    try:
        import psycopg  # noqa: F401 # it is there
    except ImportError as error:
        raise LedgerError(
            "This ledger is in PostgreSQL, and the driver for it can't be loaded.",
            where=place,
            hint="Install it with: pip install 'evidence-ledger[postgresql]'",
        ) from error


def _chosen(database: PostgresqlDatabase) -> dict[str, Any]:
    """What is said to the driver beside the address; what that says itself counts."""
    given = {
        unquote(one.partition("=")[0]) for one in database.address.partition("?")[2].split("&")
    }
    own = _KEEPALIVE | _CONNECTING
    chosen: dict[str, Any] = {name: value for name, value in own.items() if name not in given}
    if database.password is not None:
        chosen["password"] = database.password
    return chosen


def _prepare(facts: tuple[Any, ...] | None, connection: Any, place: str) -> None:
    """Durable means durable: what the server's settings would weaken is put right or refused."""
    version, fsync, commit, encoding = facts or (0, "off", "off", "")
    if version < OLDEST:
        raise LedgerError(f"PostgreSQL {version} is too old; {OLDEST} is needed.", where=place)
    if encoding != "UTF8":
        raise LedgerError(f"The database's encoding is {encoding}, not UTF8.", where=place)
    if fsync != "on":
        raise LedgerError(
            "The database server does not write to its disk: what it confirms could be lost.",
            where=place,
            hint="Set fsync = on in its postgresql.conf.",
        )
    if commit == "off":
        connection.execute("SET synchronous_commit = on")


def _try(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    """A server that was restarted meanwhile costs nobody an error."""
    used = record.info.get("used")
    if used is None or time.monotonic() - used < _STALE:
        return
    try:
        connection.execute("SELECT 1")
    except Exception as error:
        raise exc.DisconnectionError from error


def _note(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


class Postgresql:
    """See dialect.SqlDialect."""

    snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    writing = f"BEGIN; SELECT pg_advisory_xact_lock({_LOCK}, {_WRITERS})"
    many = 12
    cursor: Mapping[str, Any] = {"binary": True}

    def begin(self, connection: Connection, words: str) -> None:
        """See SqlDialect."""
        with _driver(connection).cursor() as cursor:
            cursor.execute(words, prepare=False)

    def error(self, error: BaseException | None, place: str) -> LedgerError:
        """See SqlDialect."""
        return ledger_error(error, place)

    def is_conflict(self, error: Exception) -> bool:
        """See SqlDialect."""
        return getattr(error, "sqlstate", None) == "23505"

    def is_lost(self, connection: Connection) -> bool:
        """See SqlDialect."""
        driver = _driver(connection)
        return driver is None or bool(driver.closed)

    @contextmanager
    def turn(self, connection: Connection) -> Iterator[None]:
        """See SqlDialect."""
        with self._held(connection, "pg_advisory_lock", _WRITERS):
            yield

    @contextmanager
    def alone(self, connection: Connection) -> Iterator[bool]:
        """See SqlDialect."""
        with self._held(connection, "pg_try_advisory_lock", _SEALERS) as given:
            yield given

    @contextmanager
    def _held(self, connection: Connection, how: str, which: int) -> Iterator[bool]:
        """A lock of the session: it ends with the connection, however that ends."""
        given = self._ask(connection, f"SELECT {how}({_LOCK}, {which})") is not False
        try:
            yield given
        finally:
            if given and not connection.invalidated and not self.is_lost(connection):
                self._ask(connection, f"SELECT pg_advisory_unlock({_LOCK}, {which})")

    @staticmethod
    def _ask(connection: Connection, question: str) -> object:
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
        return row[0] if row else None

    def triggers(self, table: str, changes: Mapping[str, str]) -> Iterator[str]:
        """See SqlDialect."""
        yield _function("ledger_refuse", f"TG_TABLE_NAME || ' {FENCED}'", "P0001")
        for change, condition in changes.items():
            yield (
                f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table}"
                f" FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION ledger_refuse()"
            )
        yield (
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )

    def guard(self, table: str, change: str, condition: str) -> Iterator[str]:
        """See SqlDialect."""
        name = f"ledger_refuse_unasked_{table}"
        yield (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF NOT {condition} THEN RAISE EXCEPTION USING"
            f" MESSAGE = TG_TABLE_NAME || ' {FENCED}', ERRCODE = 'P0001'; END IF;"
            " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
        )
        yield f"DROP TRIGGER IF EXISTS {table}_unasked_{change.lower()} ON {table}"
        yield (
            f"CREATE TRIGGER {table}_unasked_{change.lower()} BEFORE {change} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()"
        )

    def note_remnants(self, connection: Connection) -> None:
        """See SqlDialect."""

    def scrub(self, connection: Connection) -> bool:  # noqa: ARG002 the server's files are its own
        """See SqlDialect."""
        return False

    def rows(self, connection: Connection, query: str) -> Iterator[tuple[Any, ...]]:
        """See SqlDialect."""
        with _driver(connection).cursor("evidence_rows", binary=True) as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            cursor.execute(query)
            yield from cursor

    def load(self, connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """See SqlDialect."""
        names = ", ".join(f'"{one.name}"' for one in table.columns)
        types = [_type_name(one.type) for one in table.columns]
        with (
            _driver(connection).cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def hold(self, connection: Connection) -> None:
        """See SqlDialect."""
        self.begin(connection, "SET LOCAL idle_in_transaction_session_timeout = 0")

    def retirement(self, table: str) -> Iterator[str]:
        """See SqlDialect."""
        yield _function("ledger_moved", f"'{MOVED}'", MOVED_STATE)
        yield (
            f"CREATE TRIGGER {table}_moved BEFORE INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_moved()"
        )

    def is_retired(self, connection: Connection) -> bool:
        """See SqlDialect."""
        query = "SELECT count(*) FROM pg_trigger WHERE tgname = 'head_moved'"
        return self._ask(connection, query) != 0


def _driver(connection: Connection) -> Any:
    """psycopg's own connection, which can do more than others."""
    return connection.connection.dbapi_connection


def _type_name(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, LargeBinary):
        return "bytea"
    if isinstance(kind, String):
        return "text"
    return "int8" if isinstance(kind, BigInteger) else "int4"


def _function(name: str, says: str, state: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN RAISE EXCEPTION USING MESSAGE = {says}, ERRCODE = '{state}'; END $$"
    )
