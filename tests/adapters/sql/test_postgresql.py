"""What is particular to PostgreSQL: schema and fence, several writers."""

from __future__ import annotations

import threading
from contextlib import closing

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.sql import create_store, open_store
from evidence_ledger.adapters.sql.audit import audit_chain
from evidence_ledger.adapters.sql.engine import engine_of, writing
from evidence_ledger.adapters.sql.fence import _CHANGES
from evidence_ledger.adapters.sql.schema import aside, metadata
from evidence_ledger.core.chain import Head, extend
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.token_place import SealPlace
from evidence_ledger.errors import (
    EvidenceError,
    HeadMoved,
    LedgerCorrupt,
    LedgerExists,
    LedgerLocked,
    LedgerNewer,
)
from evidence_ledger.ports import Store
from evidence_ledger.stored import (
    RenewalKind,
    RenewedStrand,
    SealObjects,
    StoredRenewal,
    StoredSeal,
)
from tests.adapters.sql.test_writers import append_numbers
from tests.chain_factory import START, admission, fill
from tests.postgresql import Server

# --- schema and fence


def test_the_migrations_make_the_schema(ledger_database: PostgresqlDatabase) -> None:
    address = ledger_database.address.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address)
    with engine.connect() as connection:
        whole = MetaData()
        for table in (*metadata.sorted_tables, *aside.sorted_tables):
            table.to_metadata(whole)
        assert compare_metadata(MigrationContext.configure(connection), whole) == []
    engine.dispose()


def test_seals_of_older_ledgers_get_their_groups(ledger_database: PostgresqlDatabase) -> None:
    seals = [StoredSeal(number, 0, 0, bytes(32), b"signed") for number in range(3)]
    leaves = [number.to_bytes(32) for number in range(700)]
    with closing(open_store(ledger_database)) as store:
        store.add_seal(seals[0], SealObjects(leaves[0], ()))
        store.add_seal(seals[1], SealObjects(leaves[0], ()))
        store.add_seal(seals[2], SealObjects(b"".join(leaves), (1, 9)))
        kept = [list(store.seal_groups(number)) for number in range(3)]
    with psycopg.connect(ledger_database.address, autocommit=True) as older:
        older.execute("ALTER TABLE seals DISABLE TRIGGER USER")
        older.execute("UPDATE seals SET leaves = '\\x00' WHERE number = 1")
        older.execute("ALTER TABLE seals ENABLE TRIGGER USER")
        older.execute("DROP TABLE seal_groups, orders, renewed_groups")
        older.execute("UPDATE alembic_version SET version_num = '0008'")
    with closing(open_store(ledger_database)) as store:
        found = [list(store.seal_groups(number)) for number in range(3)]
        counts = [store.seal_count(number) for number in range(3)]
    assert len(kept[2]) == 5
    assert found == [kept[0], [], kept[2]], "a damaged seal keeps no ledger from being opened"
    assert counts == [1, 0, 700]
    with (
        psycopg.connect(ledger_database.address, autocommit=True) as newer,
        pytest.raises(psycopg.Error, match="written once"),
    ):
        newer.execute("UPDATE seal_groups SET data = '\\x00'")


def test_renewals_of_older_ledgers_and_of_older_programs_get_their_groups(
    ledger_database: PostgresqlDatabase,
) -> None:
    tree = StoredRenewal(0, RenewalKind.TREE, "sha512", True, START, bytes(64))
    place = SealPlace(0, 0)
    with closing(open_store(ledger_database)) as store:
        store.add_seal(StoredSeal(0, 0, 0, bytes(32), b"signed"), SealObjects(bytes(9600), ()))
        store.add_renewal(tree, [RenewedStrand(place, 0, tuple(range(300)), bytes(64 * 300))])
        kept = list(store.renewed_groups(0, place))
    changes = (
        ("DROP TABLE renewed_groups", "UPDATE alembic_version SET version_num = '0012'"),
        ("ALTER TABLE renewed_groups DISABLE TRIGGER USER", "DELETE FROM renewed_groups"),
    )
    for change in changes:
        with psycopg.connect(ledger_database.address, autocommit=True) as older:
            for statement in change:
                older.execute(statement)
        with closing(open_store(ledger_database)) as store:
            assert list(store.renewed_groups(0, place)) == kept
            assert store.renewed_group(0, place, 0, 1) == bytes(64 * 44)
    assert len(kept) == 4


def test_texts_are_ordered_by_bytes(
    ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    """Whatever language the database was made for, as in SQLite."""
    query = (
        "SELECT table_name || '.' || column_name, collation_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'text'"
    )
    found = postgresql_server.run(query, ledger_database)
    assert len(found) > 8
    assert {collation for _, collation in found} == {"C"}


def test_every_table_has_its_fence(
    ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    found = {name for (name,) in postgresql_server.run(query, ledger_database)}
    assert set(_CHANGES) == {table.name for table in metadata.sorted_tables}
    for table, changes in _CHANGES.items():
        for change in (*changes, "TRUNCATE"):
            assert f"{table}_refuse_{change.lower()}" in found


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET data = 'x'",
        "DELETE FROM entries",
        "TRUNCATE entries CASCADE",
        "TRUNCATE claims",
        "UPDATE claims SET position = 9",
        "UPDATE documents SET statement = 'other'",
        "DELETE FROM documents",
        "UPDATE head SET size = size - 1",
        "UPDATE head SET size = size",
        "DELETE FROM head",
        "UPDATE tiles SET hashes = 'x'",
        "INSERT INTO head VALUES (2, 0, 'x', NULL)",
    ],
)
def test_the_fence_refuses(
    store: Store,
    ledger_database: PostgresqlDatabase,
    postgresql_server: Server,
    statement: str,
) -> None:
    fill(store, 300)
    with pytest.raises((psycopg.errors.RaiseException, psycopg.errors.CheckViolation)):
        postgresql_server.run(statement, ledger_database)
    assert audit_chain(ledger_database).edge.size == 300


def test_the_fence_lets_erasure_pass_and_nothing_back(
    store: Store, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    fill(store, 3)
    for statement in (
        "UPDATE documents SET statement = NULL WHERE entry = 1",
        "DELETE FROM claims WHERE entry = 1",
        "DELETE FROM fingerprints WHERE entry = 1",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="written once"):
            postgresql_server.run(statement, ledger_database)
    postgresql_server.run(
        "INSERT INTO special_entries VALUES (2, 0, 'erasure', 1)", ledger_database
    )
    postgresql_server.run(
        "UPDATE documents SET statement = NULL, signature = NULL WHERE entry = 1", ledger_database
    )
    postgresql_server.run("DELETE FROM claims WHERE entry = 1", ledger_database)
    assert store.entry(1).statement is None
    with pytest.raises(psycopg.errors.RaiseException):
        postgresql_server.run("UPDATE documents SET statement = 'back'", ledger_database)


def test_two_creations_at_once_make_one_ledger(empty_database: PostgresqlDatabase) -> None:
    outcomes: list[object] = []

    def create() -> None:
        try:
            create_store(empty_database).close()
            outcomes.append(None)
        except EvidenceError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=create) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(map(str, outcomes)) == sorted(map(str, [None, LedgerExists, LedgerExists]))


def test_a_ledger_is_not_made_among_other_tables(
    empty_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    postgresql_server.run("CREATE TABLE photographs (name text)", empty_database)
    with pytest.raises(LedgerCorrupt):
        create_store(empty_database)


def test_a_newer_schema_is_left_alone(
    ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    postgresql_server.run("UPDATE alembic_version SET version_num = '9999'", ledger_database)
    with pytest.raises(LedgerNewer):
        open_store(ledger_database)


# --- writers


def test_several_processes_append_to_one_chain(ledger_database: PostgresqlDatabase) -> None:
    import multiprocessing

    spawn = multiprocessing.get_context("spawn")
    ranges = [range(1000 * n, 1000 * n + 100) for n in range(3)]
    others = [spawn.Process(target=append_numbers, args=(ledger_database, one)) for one in ranges]
    for other in others:
        other.start()
    for other in others:
        other.join(120)
    assert [other.exitcode for other in others] == [0, 0, 0]
    assert audit_chain(ledger_database).edge.size == 300


def test_a_writer_waits_for_another_and_then_gives_up(ledger_database: PostgresqlDatabase) -> None:
    with closing(open_store(ledger_database, wait=0.2)) as store:
        engine = engine_of(ledger_database, read_only=False)
        with writing(engine, "here"), pytest.raises(LedgerLocked):
            fill(store, 1)
        engine.dispose()
        assert fill(store, 1).size == 1


def test_readers_wait_for_nobody(store: Store, ledger_database: PostgresqlDatabase) -> None:
    fill(store, 3)
    engine = engine_of(ledger_database, read_only=False)
    with writing(engine, "here"):
        assert len(list(store.entries(0, 3))) == 3
    engine.dispose()


def test_in_its_turn_a_writer_meets_nobody(ledger_database: PostgresqlDatabase) -> None:
    with (
        closing(open_store(ledger_database)) as one,
        closing(open_store(ledger_database, wait=0.2)) as other,
    ):
        with one.turn():
            with pytest.raises(LedgerLocked):
                fill(other, 1)
            assert fill(one, 2, batch=1).size == 2
        assert fill(other, 1).size == 3


def test_one_at_a_time_is_at_sealing(ledger_database: PostgresqlDatabase) -> None:
    with (
        closing(open_store(ledger_database)) as one,
        closing(open_store(ledger_database)) as other,
    ):
        with one.alone() as first, other.alone() as second:
            assert (first, second) == (True, False)
            fill(other, 1)
        with other.alone() as later:
            assert later


def test_the_second_of_two_heads_is_refused_under_load(
    ledger_database: PostgresqlDatabase,
) -> None:
    """Two threads with the same head: the database lets one pass, however they meet."""
    with closing(open_store(ledger_database)) as store:
        outcomes: list[str] = []
        barrier = threading.Barrier(4)

        def append(number: int) -> None:
            step = extend(Head(), Edge(), [admission(number)], START)
            barrier.wait()
            try:
                store.append(Head(), step)
                outcomes.append("first")
            except HeadMoved:
                outcomes.append("late")

        threads = [threading.Thread(target=append, args=(n,)) for n in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(outcomes) == ["first", "late", "late", "late"]
