"""Making and opening a ledger's database."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine

from evidence_ledger.adapters.database import Database, SqliteFile, database_of
from evidence_ledger.adapters.sql import revision
from evidence_ledger.adapters.sql.engine import WAIT, engine_of, reading, writing
from evidence_ledger.adapters.sql.head_row import HeadRow
from evidence_ledger.adapters.sql.lacking_groups import LackingGroups
from evidence_ledger.adapters.sql.store import SqlStore
from evidence_ledger.errors import (
    LedgerError,
    LedgerExists,
    LedgerNotFound,
    LedgerReadOnly,
)

_SIDE_FILES = ("", "-wal", "-shm", "-journal")


def create_store(
    where: Database | Path, fill: Callable[[Connection], None] = HeadRow.make
) -> SqlStore:
    """An empty ledger in a new database file, readable by its owner alone, or in an empty
    database of PostgreSQL. ``fill`` makes the first rows, in the transaction that makes the tables.

    An empty file that an interrupted creation left behind is taken over. Raises LedgerExists,
    LedgerReadOnly, LedgerFull, LedgerLocked, LedgerUnavailable.
    """
    database = database_of(where)
    claimed = database.path if isinstance(database, SqliteFile) and _claim(database.path) else None
    engine = engine_of(database, read_only=False)
    try:
        _make(engine, database, fill)
    except BaseException:
        engine.dispose()
        if claimed is not None:
            _remove(claimed)
        raise
    return SqlStore(engine, database.place)


def _claim(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError as error:
        if path.is_file() and path.stat().st_size == 0:
            return False
        raise LedgerExists("There is a ledger already.", where=str(path)) from error
    except FileNotFoundError as error:
        raise LedgerReadOnly(
            "There is no such folder.", where=str(path.parent), hint="Make the folder first."
        ) from error
    except OSError as error:
        raise LedgerReadOnly("The ledger's file can't be made.", where=str(path)) from error
    return True


def _make(engine: Engine, database: Database, fill: Callable[[Connection], None]) -> None:
    with writing(engine, database.place) as connection:
        if revision.revision(connection) is not None:
            raise LedgerExists(
                "There is a ledger already.", where=database.place, hint=_hint(database)
            )
        revision.migrate(connection)
        fill(connection)


def _hint(database: Database) -> str | None:
    if isinstance(database, SqliteFile):
        return None
    return "It was left as it is. Name an empty database."


def _remove(path: Path) -> None:
    for suffix in _SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def is_unfinished(path: Path) -> bool:
    """True for a database file whose creation was interrupted: it has no tables.

    Raises LedgerCorrupt for what is no ledger's database, LedgerReadOnly, LedgerLocked.
    """
    engine = engine_of(SqliteFile(path), read_only=False)
    try:
        with reading(engine, str(path)) as connection:
            return revision.revision(connection) is None
    finally:
        engine.dispose()


def open_store(where: Database | Path, *, read_only: bool = False, wait: float = WAIT) -> SqlStore:
    """The ledger in a database; ``wait`` is how long to wait for another writer, in seconds.

    Raises LedgerNotFound, LedgerCorrupt, LedgerNewer, LedgerReadOnly, LedgerLocked,
    LedgerUnavailable.
    """
    database = database_of(where)
    return SqlStore(open_engine(database, read_only=read_only, wait=wait), database.place)


def open_engine(where: Database | Path, *, read_only: bool, wait: float = WAIT) -> Engine:
    """Connections to an existing ledger's database; raises what ``open_store`` raises."""
    database = database_of(where)
    if isinstance(database, SqliteFile):
        _require_file(database.path)
    engine = engine_of(database, read_only=read_only, wait=wait)
    try:
        _check(engine, database.place, read_only=read_only)
        if not read_only:
            LackingGroups(engine, database.place).add()
    except BaseException:
        engine.dispose()
        raise
    return engine


def _require_file(path: Path) -> None:
    if not path.exists():
        raise LedgerNotFound(
            "The ledger's database is not there.",
            where=str(path),
            hint="Put it back from a backup; evidence init makes a new ledger, in another folder.",
        )
    if not path.is_file():
        raise LedgerNotFound("This is not a file, so not a ledger's database.", where=str(path))


def _check(engine: Engine, place: str, *, read_only: bool) -> None:
    with reading(engine, place) as connection:
        found = revision.revision(connection)
    revision.check(found, place)
    if found == revision.NEWEST:
        return
    if read_only:
        raise LedgerError(
            "The ledger has an older schema.",
            where=place,
            hint="Bring it up to date with: evidence seal",
        )
    with writing(engine, place) as connection:
        # Another process may have been first, while this one waited for its turn.
        if revision.revision(connection) != revision.NEWEST:
            revision.migrate(connection)
