"""A witness's SQLite file: its tables, its version, and connections that are durable on commit."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from evidence_ledger.errors import (
    WitnessCorrupt,
    WitnessExists,
    WitnessNewer,
    WitnessNotFound,
    WitnessServiceError,
    WitnessUnavailable,
)

VERSION = 1
WAIT = 10.0
"""Seconds to wait for another program that writes."""

# "EvWi": so that some other program's file is not taken for a witness's.
_APPLICATION = 0x45765769
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT})

# A checkpoint's size can be above 2**63, so it is in no column: the text says it, in one place.
_TABLES = (
    "CREATE TABLE logs (origin TEXT PRIMARY KEY, origin_hash BLOB NOT NULL UNIQUE, url TEXT)"
    " STRICT",
    "CREATE TABLE log_keys (origin TEXT NOT NULL REFERENCES logs (origin), vkey TEXT NOT NULL,"
    " PRIMARY KEY (origin, vkey)) STRICT",
    "CREATE TABLE cosigned (origin TEXT PRIMARY KEY REFERENCES logs (origin),"
    " text BLOB NOT NULL, signatures BLOB NOT NULL, cosignatures BLOB NOT NULL,"
    " moment TEXT NOT NULL, digest BLOB NOT NULL) STRICT",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)


def create_database(path: Path) -> None:
    """An empty witness's database, for its owner alone; an unfinished one is completed.

    Raises WitnessExists, WitnessUnavailable.
    """
    with database_errors(path):
        _claim(path)
        connection = _connected(path)
        try:
            _make(connection, path)
        finally:
            connection.close()


def open_database(path: Path) -> sqlite3.Connection:
    """A connection to an existing one.

    Raises WitnessNotFound, WitnessCorrupt, WitnessNewer, WitnessUnavailable.
    """
    if not path.is_file():
        raise WitnessNotFound("There is no witness.", where=str(path))
    with database_errors(path):
        connection = _connected(path)
        try:
            _check(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def is_made(path: Path) -> bool:
    """Whether a finished database is there. Raises WitnessUnavailable, WitnessCorrupt."""
    if not path.is_file():
        return False
    with database_errors(path):
        connection = _connected(path)
        try:
            return _number(connection, "user_version") != 0
        finally:
            connection.close()


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turns the database's errors into WitnessUnavailable and WitnessCorrupt."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, path) from error
    except OSError as error:
        raise WitnessUnavailable(
            "The witness's database can't be made.", where=str(path)
        ) from error


def _claim(path: Path) -> None:
    """Readable by its owner alone from the first byte on."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def _connected(path: Path) -> sqlite3.Connection:
    # isolation_level None: only we say BEGIN. The driver would begin as a reader.
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path.absolute()))}?mode=rw",
        uri=True,
        timeout=WAIT,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _make(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if _number(connection, "user_version"):
        connection.rollback()
        raise WitnessExists("There is a witness already.", where=str(path))
    for statement in _TABLES:
        connection.execute(statement)
    connection.commit()


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if _number(connection, "application_id") != _APPLICATION:
        raise WitnessCorrupt("The file is no witness's database.", where=str(path))
    version = _number(connection, "user_version")
    if version != VERSION:
        raise WitnessNewer(f"The witness's database has version {version}.", where=str(path))


def _number(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _translated(error: sqlite3.Error, path: Path) -> WitnessServiceError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGE:
        return WitnessCorrupt("The witness's database is damaged.", where=str(path))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return WitnessUnavailable("Another program writes to the database.", where=str(path))
    if code == sqlite3.SQLITE_FULL:
        return WitnessUnavailable("There is no space left for the database.", where=str(path))
    return WitnessUnavailable("The witness's database can't be used.", where=str(path))
