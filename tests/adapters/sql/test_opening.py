"""Making and opening the database file, and what can be wrong with it."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evidence_ledger.adapters.sql import create_store, open_store
from evidence_ledger.core.chain import Head
from evidence_ledger.errors import (
    LedgerCorrupt,
    LedgerError,
    LedgerExists,
    LedgerFull,
    LedgerLocked,
    LedgerNewer,
    LedgerNotFound,
    LedgerReadOnly,
)
from evidence_ledger.tree import edge_at
from tests.chain_factory import extension, fill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of 700 entries that nobody has open."""
    place = tmp_path / "ledger.db"
    with closing(create_store(place)) as store:
        fill(store, 700)
    return place


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The database without the ledger's program in between."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def test_a_new_ledger_is_its_owners_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_closing_leaves_one_file(path: Path) -> None:
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_ledger_is_not_made_over_another(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(LedgerExists):
        create_store(path)
    assert path.read_bytes() == before


def test_an_empty_file_of_an_interrupted_creation_is_taken_over(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    place.touch()
    with closing(create_store(place)) as store:
        assert store.head() == Head()


def test_a_ledger_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerReadOnly):
        create_store(tmp_path / "nowhere" / "ledger.db")


def test_opening_a_ledger_does_not_load_alembic(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from evidence_ledger.adapters.sql import open_store;"
        f"open_store(Path({str(path)!r})).close(); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def write_text(path: Path) -> None:
    path.write_text("This is a letter, not a database. " * 200)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def truncate_to_a_header(path: Path) -> None:
    os.truncate(path, 50)


def zero_a_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 : 2 * 4096] = bytes(4096)
    path.write_bytes(data)


def scramble_the_schema(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:4096] = b"\xa5" * 3996
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def put_another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photographs (name TEXT)")


def drop_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE head")


def lose_the_head(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER head_refuse_delete")
        connection.execute("DELETE FROM head")
        connection.commit()


def spoil_the_heads_time(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER head_refuse_update")
        connection.execute("UPDATE head SET received = 'yesterday'")
        connection.commit()


def spoil_text(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER head_refuse_update")
        connection.execute("UPDATE head SET received = CAST(x'ff' AS TEXT)")
        connection.commit()


def read_all(path: Path, *, read_only: bool) -> None:
    with closing(open_store(path, read_only=read_only)) as store:
        head = store.head()
        list(store.entries(0, head.size))
        list(store.claims(0))
        list(store.tiles(0))


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    "damage",
    [
        write_text,
        truncate,
        truncate_to_a_header,
        zero_a_page,
        scramble_the_schema,
        empty,
        put_another_database,
        drop_a_table,
        lose_the_head,
        spoil_the_heads_time,
        spoil_text,
    ],
)
def test_a_damaged_file_is_called_damaged(
    path: Path, damage: Callable[[Path], None], read_only: bool
) -> None:
    damage(path)
    with pytest.raises(LedgerCorrupt):
        read_all(path, read_only=read_only)


def test_there_is_no_ledger_in_an_empty_folder(tmp_path: Path) -> None:
    for place in (tmp_path / "ledger.db", tmp_path):
        with pytest.raises(LedgerNotFound):
            open_store(place)
    assert list(tmp_path.iterdir()) == []


def test_a_schema_of_the_future(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerNewer, match="9999"):
        open_store(path)


def test_a_locked_ledger_says_so_and_can_still_be_read(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN IMMEDIATE")
    with closing(open_store(path, wait=0.05)) as store:
        head = store.head()
        with pytest.raises(LedgerLocked):
            store.append(head, extension(head, edge_at(store, head.size), 1))
        raw.execute("ROLLBACK")
        store.append(head, extension(head, edge_at(store, head.size), 1))
        assert store.head().size == head.size + 1


def test_a_ledger_opened_for_reading_is_not_written(path: Path) -> None:
    before = path.read_bytes()
    with closing(open_store(path, read_only=True)) as store:
        head = store.head()
        with pytest.raises(LedgerReadOnly):
            store.append(head, extension(head, edge_at(store, head.size), 1))
    assert path.read_bytes() == before


def as_nobody(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run as a user without rights, where the tests have the right to do so."""
    if os.geteuid() != 0:
        pytest.skip("only the superuser can become somebody without rights")
    code = (
        "import os; from pathlib import Path; from evidence_ledger.adapters.sql import *;"
        "from evidence_ledger.errors import *; os.setgid(65534); os.setuid(65534);"
        f"folder = Path({str(folder)!r})\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code + program], capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def frozen(path: Path) -> Iterator[Path]:
    """A copy that others may read and nobody else may write, in a folder that they can reach."""
    folder = Path("/tmp") / f"frozen-ledger-{os.getpid()}"  # noqa: S108  # pytest's own folders are closed to others
    folder.mkdir(mode=0o755)
    copy = folder / path.name
    shutil.copyfile(path, copy)
    copy.chmod(0o444)
    yield folder
    shutil.rmtree(folder)


def test_a_ledger_on_a_medium_that_can_not_be_written_is_read(frozen: Path) -> None:
    done = as_nobody(
        "store = open_store(folder / 'ledger.db', read_only=True)\n"
        "assert store.head().size == 700 == len(list(store.entries(0, 700)))\n",
        frozen,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_ledger_that_may_not_be_written_says_so(frozen: Path) -> None:
    done = as_nobody(
        "try:\n    open_store(folder / 'ledger.db')\n"
        "except LedgerReadOnly as error:\n    print(error.code)\n",
        frozen,
    )
    assert (done.stdout, done.stderr) == ("ledger.read-only\n", "")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    with closing(create_store(small_disk / "ledger.db")) as store:
        head = fill(store, 100)
        step = extension(head, edge_at(store, head.size), 10_000)
        with pytest.raises(LedgerFull):
            store.append(head, step)
        assert store.head() == head
        fill(store, 100)
    with closing(open_store(small_disk / "ledger.db")) as store:
        assert store.head().size == len(list(store.entries(0, 1000))) == 200


def test_a_ledger_is_not_half_made_on_a_full_disk(small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(1000 * 1024))
    with pytest.raises(LedgerFull):
        create_store(small_disk / "ledger.db")
    assert list(small_disk.iterdir()) == [filler]


def test_a_disk_that_refuses_to_write_loses_nothing(path: Path) -> None:
    with closing(open_store(path)) as store:
        head = store.head()
        step = extension(head, edge_at(store, head.size), 400)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, before[1]))
        try:
            with pytest.raises(LedgerError, match="disk could not be read or written"):
                store.append(head, step)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert store.head() == head
        store.append(head, step)
        assert store.head() == step.head


def test_a_database_at_its_size_limit_is_full(path: Path) -> None:
    with closing(open_store(path)) as store:
        head = store.head()
        step = extension(head, edge_at(store, head.size), 400)
        with store._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LedgerFull):
            store.append(head, step)
        assert store.head() == head


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET data = x'00' WHERE number = 3",
        "DELETE FROM entries WHERE number = 699",
        "UPDATE tiles SET hashes = x'00'",
        "DELETE FROM tiles",
        "UPDATE documents SET statement = x'00' WHERE entry = 3",
        "UPDATE documents SET entry = 1000 WHERE entry = 3",
        "DELETE FROM documents",
        "UPDATE claims SET data = x'00'",
        "UPDATE fingerprints SET position = 5",
        "UPDATE head SET size = 2",
        "DELETE FROM head",
    ],
)
def test_the_fence_refuses_what_would_change_the_past(raw: sqlite3.Connection, change: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="written once"):
        raw.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE documents SET statement = NULL, signature = NULL WHERE entry = 3",
        "DELETE FROM claims WHERE entry = 3",
        "DELETE FROM fingerprints WHERE entry = 3",
    ],
)
def test_the_fence_lets_erasure_through_where_an_entry_names_it(
    raw: sqlite3.Connection, change: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="written once"):
        raw.execute(change)
    raw.execute("INSERT INTO special_entries VALUES (4, 0, 'order', 3)")
    with pytest.raises(sqlite3.IntegrityError, match="written once"):
        raw.execute(change)
    raw.execute("INSERT INTO special_entries VALUES (4, 1, 'erasure', 3)")
    assert raw.execute(change).rowcount == 1
    with pytest.raises(sqlite3.IntegrityError, match="written once"):
        raw.execute(change.replace("entry = 3", "entry = 2"))


def test_every_connection_is_durable_and_checks_references(path: Path) -> None:
    with closing(open_store(path)) as store, store._engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
