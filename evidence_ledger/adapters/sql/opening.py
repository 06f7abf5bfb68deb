"""Making and opening a ledger's database file."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine

from evidence_ledger.adapters.sql import revision
from evidence_ledger.adapters.sql.engine import WAIT, reading, sqlite_engine, writing
from evidence_ledger.adapters.sql.head_row import HeadRow
from evidence_ledger.adapters.sql.store import SqlStore
from evidence_ledger.errors import (
    LedgerError,
    LedgerExists,
    LedgerNotFound,
    LedgerReadOnly,
)

_SIDE_FILES = ("", "-wal", "-shm", "-journal")


def create_store(path: Path) -> SqlStore:
    """An empty ledger in a new database file, readable by its owner alone.

    An empty file that an interrupted creation left behind is taken over. Raises LedgerExists,
    LedgerReadOnly, LedgerFull, LedgerLocked.
    """
    is_fresh = _claim(path)
    engine = sqlite_engine(path, read_only=False)
    try:
        _make(engine, path)
    except BaseException:
        engine.dispose()
        if is_fresh:
            _remove(path)
        raise
    return SqlStore(engine, str(path))


def _claim(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError as error:
        if path.is_file() and path.stat().st_size == 0:
            return False
        raise LedgerExists("There is a ledger already.", where=str(path)) from error
    except OSError as error:
        raise LedgerReadOnly("The ledger's file can't be made.", where=str(path)) from error
    return True


def _make(engine: Engine, path: Path) -> None:
    with writing(engine, str(path)) as connection:
        if revision.revision(connection) is not None:
            raise LedgerExists("There is a ledger already.", where=str(path))
        revision.migrate(connection)
        HeadRow.make(connection)


def _remove(path: Path) -> None:
    for suffix in _SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def is_unfinished(path: Path) -> bool:
    """True for a database file whose creation was interrupted: it has no tables.

    Raises LedgerCorrupt for what is no ledger's database, LedgerReadOnly, LedgerLocked.
    """
    engine = sqlite_engine(path, read_only=False)
    try:
        with reading(engine, str(path)) as connection:
            return revision.revision(connection) is None
    finally:
        engine.dispose()


def open_store(path: Path, *, read_only: bool = False, wait: float = WAIT) -> SqlStore:
    """The ledger in a database file; ``wait`` is how long to wait for another writer, in seconds.

    Raises LedgerNotFound, LedgerCorrupt, LedgerNewer, LedgerReadOnly, LedgerLocked.
    """
    return SqlStore(open_engine(path, read_only=read_only, wait=wait), str(path))


def open_engine(path: Path, *, read_only: bool, wait: float = WAIT) -> Engine:
    """Connections to an existing ledger's database; raises what ``open_store`` raises."""
    if not path.exists():
        raise LedgerNotFound("There is no ledger.", where=str(path))
    if not path.is_file():
        raise LedgerNotFound("This is not a file, so not a ledger's database.", where=str(path))
    engine = sqlite_engine(path, read_only=read_only, wait=wait)
    try:
        _check(engine, path, read_only=read_only)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _check(engine: Engine, path: Path, *, read_only: bool) -> None:
    with reading(engine, str(path)) as connection:
        found = revision.revision(connection)
    revision.check(found, str(path))
    if found == revision.NEWEST:
        return
    if read_only:
        raise LedgerError(
            "The ledger has an older schema.",
            where=str(path),
            hint="Bring it up to date with: evidence seal",
        )
    with writing(engine, str(path)) as connection:
        revision.migrate(connection)
