"""A ledger moved to PostgreSQL and back: every proof stays, and nobody writes to the old place."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evidence_ledger import moving
from evidence_ledger.adapters.database import Database, PostgresqlDatabase, SqliteFile
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.sql import open_store
from evidence_ledger.adapters.sql.copying import held_still
from evidence_ledger.adapters.sql.dialects import dialect_of
from evidence_ledger.adapters.sql.opening import open_engine
from evidence_ledger.adapters.sql.schema import metadata
from evidence_ledger.assembly import OpenLedger, create_ledger, open_depositor, open_ledger
from evidence_ledger.core.report import Verdict
from evidence_ledger.desk import Desk
from evidence_ledger.errors import (
    EvidenceError,
    LedgerCorrupt,
    LedgerExists,
    LedgerLocked,
    LedgerMoved,
    LedgerNotFound,
    SettingsInvalid,
)
from evidence_ledger.moving import move_ledger, target_at
from evidence_ledger.renewing.plan import Wish
from evidence_ledger.stored import SealObjects
from tests.postgresql import Server
from tests.workbench import fact


@contextmanager
def opened(home: Home) -> Iterator[OpenLedger]:
    place = open_ledger(home)
    try:
        yield place
    finally:
        place.close()


def deposit(home: Home, *names: str) -> None:
    """Deposit each, then seal."""
    with opened(home) as place:
        desk = Desk(place, open_depositor(home))
        for name in names:
            desk.done(desk.deposit([fact(name, name.encode())], [("matter/case_number", "7")]))
        place.ledger.seal()


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All that is stored, whatever keeps it."""
    engine = open_engine(database, read_only=True)
    try:
        with engine.connect() as connection:
            return {
                table.name: sorted(
                    (tuple(row) for row in connection.execute(table.select())), key=repr
                )
                for table in metadata.sorted_tables
            }
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A ledger in SQLite with deposits, seals, direct timestamps and a renewal."""
    home = Home(tmp_path_factory.mktemp("made") / "ledger")
    create_ledger(home)
    deposit(home, "a.txt", "b.txt")
    deposit(home, "c.txt")
    with opened(home) as place:
        assert place.ledger.stamp_files(0) == []
        assert place.renewer().renew(Wish(digest="sha512")).renewals
    deposit(home, "d.txt")
    return home


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    """A copy of that ledger."""
    home = Home(tmp_path / "ledger")
    shutil.copytree(made.folder, home.folder)
    return home


def test_there_and_back_keeps_every_row_and_every_proof(
    home: Home, empty_database: PostgresqlDatabase
) -> None:
    before = rows(SqliteFile(home.database))
    assert all(before[name] for name in ("entries", "tokens", "renewed_strands", "direct_tokens"))
    there = move_ledger(home, empty_database)
    assert there.report is not None
    assert there.report.verdict is not Verdict.FAILED
    assert rows(empty_database) == before == rows(SqliteFile(home.database))
    deposit(home, "in PostgreSQL")
    grown = rows(empty_database)
    back = move_ledger(home, SqliteFile(home.database))
    assert back.size == there.size + 2
    (kept,) = home.folder.glob("moved-*.sqlite")
    assert rows(SqliteFile(kept)) == before
    assert rows(SqliteFile(home.database)) == grown
    assert "database" not in home.settings.read_text()
    deposit(home, "back again")
    with opened(home) as place:
        assert place.audit().verdict is not Verdict.FAILED


def test_the_audit_says_the_same_on_both_sides(
    home: Home, empty_database: PostgresqlDatabase
) -> None:
    with opened(home) as place:
        before = place.audit()
    move_ledger(home, empty_database)
    with opened(home) as place:
        after = place.audit(processes=2)
    assert [(one.number, one.verdict, one.reason) for one in after.steps] == [
        (one.number, one.verdict, one.reason) for one in before.steps
    ]
    assert after.verdict is not Verdict.FAILED


def test_a_folder_elsewhere_is_named_in_the_settings(home: Home, tmp_path: Path) -> None:
    target = target_at(str(tmp_path))
    move_ledger(home, target)
    with opened(home) as place:
        assert place.database == target == SqliteFile(tmp_path / "ledger.sqlite")
    deposit(home, "elsewhere")


def test_whoever_still_has_the_old_file_open_writes_nothing_more(
    home: Home, empty_database: PostgresqlDatabase
) -> None:
    with opened(home) as late:
        desk = Desk(late, open_depositor(home))
        move_ledger(home, empty_database)
        before = rows(SqliteFile(home.database))
        with pytest.raises(LedgerMoved):
            desk.deposit([fact("late", b"late")], [])
        newest = late.ledger.store.seal(-1)
        assert newest is not None
        token = replace(newest.tokens[0], authority="another")
        with pytest.raises(LedgerMoved):
            late.ledger.store.add_token(newest.number, token)
        with pytest.raises(LedgerMoved):
            late.ledger.store.add_seal(
                replace(newest, number=newest.number + 1, entry=None), SealObjects(b"", ())
            )
        assert rows(SqliteFile(home.database)) == before
        with pytest.raises(LedgerLocked):
            move_ledger(home, SqliteFile(home.database))


def test_whoever_still_has_the_old_postgresql_database_writes_nothing_more(
    home: Home, empty_database: PostgresqlDatabase
) -> None:
    move_ledger(home, empty_database)
    with opened(home) as late:
        desk = Desk(late, open_depositor(home))
        move_ledger(home, SqliteFile(home.database))
        with pytest.raises(LedgerMoved):
            desk.deposit([fact("late", b"late")], [])


def test_a_target_with_anything_in_it_is_refused(
    home: Home,
    empty_database: PostgresqlDatabase,
    postgresql_server: Server,
    tmp_path: Path,
) -> None:
    postgresql_server.run("CREATE TABLE photographs (name text)", empty_database)
    (tmp_path / "ledger.sqlite").write_bytes(b"something")
    for target in (empty_database, SqliteFile(tmp_path / "ledger.sqlite")):
        with pytest.raises((LedgerExists, LedgerCorrupt)):
            move_ledger(home, target)
    deposit(home, "still here")


def test_another_ledger_is_no_target(home: Home, ledger_database: PostgresqlDatabase) -> None:
    with pytest.raises(LedgerExists):
        move_ledger(home, ledger_database)
    deposit(home, "still here")


def test_the_same_place_is_no_target(home: Home) -> None:
    with pytest.raises(LedgerExists):
        move_ledger(home, SqliteFile(home.database))


def test_a_ledger_that_fails_its_audit_stays_where_it_is(
    home: Home, empty_database: PostgresqlDatabase
) -> None:
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("DROP TRIGGER documents_refuse_update")
        connection.execute("UPDATE documents SET signature = x'00' WHERE entry = 0")
        connection.commit()
    with pytest.raises(LedgerCorrupt, match="audit"):
        move_ledger(home, empty_database)
    deposit(home, "still here")


def test_an_interrupted_move_is_finished_by_the_same_command(
    home: Home,
    empty_database: PostgresqlDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_follow", interrupted)
        with pytest.raises(KeyboardInterrupt):
            move_ledger(home, empty_database)
    with pytest.raises(LedgerMoved):
        deposit(home, "refused in the old place")
    assert move_ledger(home, empty_database).report is None
    deposit(home, "in the new place")
    with opened(home) as place:
        assert place.database == empty_database


def test_another_host_follows_with_the_same_command(
    home: Home, empty_database: PostgresqlDatabase, postgresql_server: Server, tmp_path: Path
) -> None:
    move_ledger(home, empty_database)
    other = Home(tmp_path / "other host")
    shutil.copytree(home.folder, other.folder)
    second = postgresql_server.make()
    move_ledger(home, second)
    deposit(home, "meanwhile")
    assert move_ledger(other, second).report is None
    deposit(other, "from the other host")
    with opened(home) as place:
        assert place.audit().verdict is not Verdict.FAILED


def test_another_host_does_not_follow_to_another_ledger(
    home: Home, ledger_database: PostgresqlDatabase, tmp_path: Path
) -> None:
    other = Home(tmp_path / "other host")
    shutil.copytree(home.folder, other.folder)
    with held_still(SqliteFile(other.database)) as origin:
        origin.retire()
    with pytest.raises(EvidenceError):
        move_ledger(other, ledger_database)
    assert "database" not in other.settings.read_text()


def test_a_copy_that_differs_is_found(
    home: Home, empty_database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(dialect_of("postgresql"))
    load = kind.load

    def lossy(self: Any, connection: Any, table: Any, passing: Any) -> None:
        load(self, connection, table, list(passing)[:-1])

    monkeypatch.setattr(kind, "load", lossy)
    with pytest.raises(EvidenceError):
        move_ledger(home, empty_database)
    deposit(home, "still here")


def test_without_a_ledger_there_is_nothing_to_move(tmp_path: Path) -> None:
    with pytest.raises(LedgerNotFound):
        move_ledger(Home(tmp_path), SqliteFile(tmp_path / "x" / "ledger.sqlite"))


def test_the_moved_file_can_still_be_read(home: Home, empty_database: PostgresqlDatabase) -> None:
    move_ledger(home, empty_database)
    with closing(open_store(home.database, read_only=True)) as store:
        assert store.head().size > 0


def test_settings_that_can_t_be_written_are_found_before_the_old_ledger_is_retired(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path / "home")
    create_ledger(home)
    deposit(home, "a")
    with pytest.raises(SettingsInvalid):
        move_ledger(home, SqliteFile(tmp_path / "\udcff" / "ledger.sqlite"))
    deposit(home, "b")
