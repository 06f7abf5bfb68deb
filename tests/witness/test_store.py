"""The witness's database file: what it refuses, and its compare-and-swap."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from evidence_ledger.adapters.witness.database import create_database, is_made, open_database
from evidence_ledger.adapters.witness.store import WitnessDatabase
from evidence_ledger.core.cosigned import Admitted, Cosigned
from evidence_ledger.errors import (
    WitnessCorrupt,
    WitnessExists,
    WitnessNewer,
    WitnessNotFound,
    WitnessServiceError,
)
from evidence_ledger.witness_ports import WitnessedLog
from tests.fakes import NOON
from tests.small_log import LOG

FIRST = Cosigned(Admitted(f"{LOG.name}\n1\n".encode(), b"a\n"), b"b\n", NOON)
SECOND = Cosigned(Admitted(f"{LOG.name}\n2\n".encode(), b"a\n"), b"b\n", NOON)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_database(tmp_path / "w.sqlite")
    return tmp_path / "w.sqlite"


@pytest.fixture
def store(path: Path) -> WitnessDatabase:
    found = WitnessDatabase(path)
    found.add_log(WitnessedLog(LOG.name, (LOG.verifier,)))
    return found


def test_only_its_owner_may_read_it(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_unfinished_one_is_completed_and_a_finished_one_kept(tmp_path: Path) -> None:
    path = tmp_path / "w.sqlite"
    path.touch()
    assert not is_made(path)
    create_database(path)
    assert is_made(path)
    with pytest.raises(WitnessExists):
        create_database(path)


def test_what_is_not_a_witness_of_this_version(tmp_path: Path, path: Path) -> None:
    with pytest.raises(WitnessNotFound):
        open_database(tmp_path / "none")
    (tmp_path / "text").write_text("no database " * 100)
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE t (a)").connection.close()
    for name in ("text", "other"):
        with pytest.raises(WitnessCorrupt):
            open_database(tmp_path / name)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(WitnessNewer):
        open_database(path)


class Stop(Exception):
    """What breaks off a turn."""


def stopped(store: WitnessDatabase) -> None:
    with store.turn() as turn:
        turn.replace(LOG.name, None, FIRST)
        raise Stop


def test_a_turn_that_fails_changes_nothing(store: WitnessDatabase) -> None:
    with pytest.raises(Stop):
        stopped(store)
    with store.turn() as turn:
        assert turn.latest(LOG.name) is None


def test_the_latest_is_replaced_only_where_it_is_what_was_read(store: WitnessDatabase) -> None:
    with store.turn() as turn:
        turn.replace(LOG.name, None, FIRST)
        assert turn.latest(LOG.name) == FIRST
    for before in (None, SECOND):
        with pytest.raises(WitnessServiceError), store.turn() as turn:
            turn.replace(LOG.name, before, SECOND)
    with store.turn() as turn:
        turn.replace(LOG.name, FIRST, SECOND)
        assert turn.latest(LOG.name) == SECOND


def test_a_row_of_another_log_is_not_taken(store: WitnessDatabase, path: Path) -> None:
    with store.turn() as turn:
        turn.replace(LOG.name, None, FIRST)
    store.add_log(WitnessedLog("other.example", (LOG.verifier,)))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE cosigned SET origin = 'other.example'")
    connection.commit()
    connection.close()
    with pytest.raises(WitnessCorrupt), store.turn() as turn:
        turn.latest("other.example")


def test_writers_take_turns(store: WitnessDatabase) -> None:
    """Each adds one to what it read; none is lost."""

    def add() -> None:
        for _ in range(20):
            with store.turn() as turn:
                before = turn.latest(LOG.name)
                count = int(before.admitted.text.split()[1]) if before else 0
                text = f"{LOG.name}\n{count + 1}\n".encode()
                after = Cosigned(Admitted(text, b""), b"", NOON)
                turn.replace(LOG.name, before, after)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.turn() as turn:
        latest = turn.latest(LOG.name)
    assert latest is not None
    assert latest.admitted.text.split()[1] == b"80"


def test_further_keys_and_a_new_address(store: WitnessDatabase) -> None:
    store.add_log(WitnessedLog(LOG.name, (LOG.verifier,), "https://log.example"))
    assert store.logs() == [WitnessedLog(LOG.name, (LOG.verifier,), "https://log.example")]
    store.add_log(WitnessedLog(LOG.name, (LOG.verifier,)))
    assert store.logs()[0].url == "https://log.example"
