"""Moving a ledger's rows to another database. Keys, settings and the signer's memory stay.

The order: nobody writes; copy; compare every row; audit the copy; retire the old database, so that
a program which still has it open can write nothing more; then point the settings to the new one.
Interrupted before the last step, the same command goes on; on further hosts of the same ledger, it
is that last step alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.database import (
    FILE_NAME,
    Database,
    PostgresqlDatabase,
    SqliteFile,
    is_address,
    parse_address,
)
from evidence_ledger.adapters.file_errors import input_errors, output_errors
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.settings import Settings
from evidence_ledger.adapters.sql.copying import held_still, is_retired
from evidence_ledger.adapters.sql.opening import open_store
from evidence_ledger.assembly import database_at, open_ledger
from evidence_ledger.core.chain import Head
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.errors import (
    LedgerCorrupt,
    LedgerExists,
    LedgerLocked,
    LedgerMoved,
    LedgerNotFound,
    SettingsInvalid,
)
from evidence_ledger.ports import Clock


@dataclass(frozen=True, slots=True)
class Moved:
    """What was done: from where to where, how many entries, and the audit of what is there.

    ``report`` is None where the ledger was moved before and only the settings were behind.
    """

    before: Database
    after: Database
    size: int
    report: Report | None


def target_at(text: str) -> Database:
    """Where to move: a PostgreSQL address, or a folder for a SQLite file.

    Raises SettingsInvalid.
    """
    if is_address(text):
        return parse_address(text)
    if "://" in text or not text:
        raise SettingsInvalid(
            "This is neither a folder nor an address of a PostgreSQL database.",
            hint="An address looks like this: postgresql://user@host/database",
        )
    path = Path(text).absolute() / FILE_NAME
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise SettingsInvalid("The settings can't name this folder: it is not UTF-8.") from error
    return SqliteFile(path)


def move_ledger(
    home: Home,
    target: Database,
    *,
    source: PostgresqlDatabase | None = None,
    processes: int = 1,
    clock: Clock | None = None,
    advance: Callable[[int], object] = lambda _: None,
) -> Moved:
    """Move the ledger in ``home``; ``source`` is where it is, if not as the settings say.

    ``advance`` is told how many more rows were copied. Nothing is changed unless the copy has been
    audited. Raises LedgerNotFound, LedgerExists where the target is not empty, LedgerCorrupt where
    the copy does not stand, and what the databases raise.
    """
    if not home.settings.exists():
        raise LedgerNotFound("There is no ledger.", where=str(home.folder))
    settings = Settings.load(home.settings)
    before = source or database_at(home, settings)
    if before.place == target.place:
        raise LedgerExists(
            "The ledger is there already.",
            where=target.place,
            hint="Nothing was moved. Name another place with --to.",
        )
    made = replace(settings, database=_named(target, home))
    made.encode()  # what can't be written must not be found out when all is moved
    report = None
    if not is_retired(before):
        _make_room(target, clock or SystemClock())
        report = _moved(home, before, target, processes, advance)
    size = _follow(before, target)
    made.replace(home.settings)
    return Moved(before, target, size, report)


def _moved(
    home: Home,
    before: Database,
    target: Database,
    processes: int,
    advance: Callable[[int], object],
) -> Report:
    """The audit of the copy, which is where the ledger is when this returns."""
    with held_still(before) as origin:
        origin.copy(target, advance)
        report = _audited(home, target, processes)
        origin.retire()
    return report


def _audited(home: Home, target: Database, processes: int) -> Report:
    place = open_ledger(home, database=target, read_only=True)
    try:
        report = place.audit(processes=processes)
    finally:
        place.close()
    if report.verdict is Verdict.FAILED:
        raise LedgerCorrupt(
            "The copy fails the audit. The ledger stays where it is.",
            where=target.place,
            hint="Run: evidence audit --explain. Then delete the copy and try again.",
        )
    return report


def _follow(before: Database, target: Database) -> int:
    """The size of the ledger in ``target``, which holds all that ``before`` does."""
    old = _head(before)
    store = open_store(target, read_only=True)
    try:
        size = store.head().size
        if old.size > 0 and store.leaf_hashes(old.size - 1, old.size) != [old.last]:
            raise LedgerMoved(
                "The ledger was moved, but not there: other entries are in that database.",
                where=target.place,
                hint="Name the database to which it was moved.",
            )
        return size
    finally:
        store.close()


def _head(database: Database) -> Head:
    store = open_store(database, read_only=True)
    try:
        return store.head()
    finally:
        store.close()


def _named(target: Database, home: Home) -> str:
    if isinstance(target, PostgresqlDatabase):
        return target.address
    return "" if target.path == home.database else str(target.path)


def _make_room(target: Database, clock: Clock) -> None:
    """An old file of a ledger that was moved away gets another name. Raises LedgerLocked."""
    if not isinstance(target, SqliteFile):
        return
    path = target.path
    with input_errors(path):
        if not path.is_file():
            return
    if not is_retired(target):
        raise LedgerExists("There is a ledger already.", where=str(path))
    # The last writer to let go of a file puts all that is beside it into it.
    open_store(target).close()
    if path.with_name(path.name + "-wal").exists():
        raise LedgerLocked("Another program still has the old file open.", where=str(path))
    kept = path.with_name(f"moved-{clock.now():%Y%m%dT%H%M%SZ}.sqlite")
    with output_errors(kept):
        path.rename(kept)
