"""What a database says, as errors of the ledger: no other error leaves this package."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from evidence_ledger.errors import (
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerReadOnly,
)

_PRIMARY = 0xFF


@contextmanager
def translated(place: str, driver_error: type[Exception]) -> Iterator[None]:
    """Turn every error of the database at ``place``, or of its driver, into a LedgerError."""
    try:
        yield
    except driver_error as error:
        raise ledger_error(error, place) from error
    except exc.DBAPIError as error:
        raise ledger_error(error.orig, place) from error
    except exc.TimeoutError as error:
        raise LedgerLocked("All connections to the ledger are in use.", where=place) from error
    except exc.SQLAlchemyError as error:
        raise LedgerError("The ledger's database could not be used.", where=place) from error


def ledger_error(error: BaseException | None, place: str) -> LedgerError:
    """The error of the ledger that stands for what the driver raised."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _sqlite_error(code, place)
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
        return LedgerCorrupt("The ledger's rows contradict each other.", where=place)
    if isinstance(error, sqlite3.OperationalError) and "decode" in str(error):
        return LedgerCorrupt("A text in the ledger's database is not UTF-8.", where=place)
    return LedgerError("The ledger's database refused to answer.", where=place)


def _sqlite_error(code: int, place: str) -> LedgerError:
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


def is_conflict(error: Exception) -> bool:
    """True where a row is there already, rather than refused by a trigger or a rule."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return getattr(error, "sqlstate", None) == "23505"
    return code in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
