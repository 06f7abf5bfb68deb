"""Small SQLite files beside the ledger, which all processes of a server share."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from evidence_ledger.errors import LedgerCorrupt, LedgerLocked, LedgerReadOnly

WAIT = 5.0
"""Seconds to wait for another process that writes."""


class SmallDatabase:
    """One file with what the statements in ``schema`` make; made when it is first needed."""

    def __init__(self, path: Path, schema: Sequence[str]) -> None:
        self._path = path
        self._schema = schema

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """A connection; what is done in it is one transaction, durable at the end.

        Raises LedgerLocked, LedgerReadOnly, LedgerCorrupt.
        """
        try:
            with closing(self._connected()) as connection, connection:
                connection.execute("BEGIN IMMEDIATE")
                for statement in self._schema:
                    connection.execute(statement)
                yield connection
        except sqlite3.OperationalError as error:
            raise _told(error, self._path) from error
        except sqlite3.DatabaseError as error:
            raise LedgerCorrupt(f"{self._path.name} is damaged.", where=str(self._path)) from error

    def _connected(self) -> sqlite3.Connection:
        is_fresh = not self._path.exists()
        if is_fresh:
            self._claim()
        connection = sqlite3.connect(self._path, timeout=WAIT, isolation_level=None)
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _claim(self) -> None:
        """The file is its owner's alone before anything is in it. Raises LedgerReadOnly."""
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise LedgerReadOnly(
                f"{self._path.name} can't be made.", where=str(self._path)
            ) from error


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # SQLite does not wait for another process that changes it just now; either mode is right.
        if not _is_busy(error):
            raise


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _told(error: sqlite3.OperationalError, path: Path) -> LedgerLocked | LedgerReadOnly:
    if _is_busy(error):
        return LedgerLocked(f"{path.name} is busy.", where=str(path))
    return LedgerReadOnly(f"{path.name} can't be used.", where=str(path))
