"""What PostgreSQL says, as errors of the ledger, by SQLSTATE: its texts are in any language."""

from __future__ import annotations

from evidence_ledger.errors import (
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerMoved,
    LedgerNotFound,
    LedgerReadOnly,
    LedgerUnavailable,
)

MOVED_STATE = "EV001"
_ALL_TEXT = 400

_Told = tuple[type[LedgerError], str]
_STATES: dict[str, _Told] = {
    MOVED_STATE: (LedgerMoved, "The ledger was moved to another database."),
    "3D000": (LedgerNotFound, "The server has no such database."),
    "25006": (LedgerReadOnly, "The ledger can't be written: this server is a read-only copy."),
    "42501": (LedgerReadOnly, "The ledger's database does not allow this to this user."),
    "53100": (LedgerFull, "The database server's disk is full."),
    "55P03": (LedgerLocked, "Another program is writing to the ledger."),
    "57014": (LedgerLocked, "The database server cancelled the question."),
    "58030": (LedgerError, "The database server's disk could not be read or written."),
}
_CLASSES: dict[str, _Told] = {
    "08": (LedgerUnavailable, "The connection to the ledger's database was lost."),
    "57": (LedgerUnavailable, "The ledger's database is stopping or starting."),
    "53": (LedgerUnavailable, "The ledger's database takes no more connections at present."),
    "40": (LedgerLocked, "Another program was at the same rows of the ledger."),
    "25": (LedgerUnavailable, "The database server ended the transaction."),
    "28": (LedgerUnavailable, "The ledger's database refused the user or the password."),
    "22": (LedgerCorrupt, "The ledger's database refused a value."),
    "23": (LedgerCorrupt, "The ledger's rows contradict each other."),
    "42": (LedgerCorrupt, "The ledger's database lacks a table or column that it must have."),
    "P0": (LedgerCorrupt, "The ledger's database refused a change of what is written once."),
    "XX": (LedgerCorrupt, "The ledger's database is damaged."),
}


def ledger_error(error: BaseException | None, place: str) -> LedgerError:
    """The error of the ledger that stands for what psycopg raised."""
    state = getattr(error, "sqlstate", None)
    if state is None:
        return _without_state(error, place)
    known = _STATES.get(state) or _CLASSES.get(state[:2])
    if known is None:
        return LedgerError(f"The ledger's database refused to answer ({state}).", where=place)
    kind, says = known
    return kind(says, where=place)


def _without_state(error: BaseException | None, place: str) -> LedgerError:
    """A connection that was lost or not made; or a value that the driver did not take."""
    from psycopg import DataError, OperationalError

    if isinstance(error, DataError):
        return LedgerCorrupt("The ledger's database refused a value.", where=place)
    if not isinstance(error, OperationalError):
        return LedgerError("The ledger's database refused to answer.", where=place)
    return LedgerUnavailable(
        "The ledger's database can't be reached.", where=place, hint=_hint(str(error))
    )


def _hint(says: str) -> str | None:
    """libpq's own words: they name hosts, users and databases, and never a password."""
    lines = [line.strip() for line in says.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("connection"):
        return None
    return " ".join(lines)[:_ALL_TEXT]
