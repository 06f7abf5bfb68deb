"""What is particular to PostgreSQL: schema and fence, lost connections, settings, the audit."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine

from evidence_ledger.adapters.database import PostgresqlDatabase, parse_address
from evidence_ledger.adapters.sql import SqlStore, create_store, open_store
from evidence_ledger.adapters.sql import postgresql as dialect
from evidence_ledger.adapters.sql.audit import audit_chain
from evidence_ledger.adapters.sql.engine import engine_of, look, writing
from evidence_ledger.adapters.sql.fence import _CHANGES
from evidence_ledger.adapters.sql.schema import aside, metadata
from evidence_ledger.core.chain import Head, extend
from evidence_ledger.core.edge import Edge
from evidence_ledger.errors import (
    EvidenceError,
    HeadMoved,
    LedgerCorrupt,
    LedgerError,
    LedgerExists,
    LedgerLocked,
    LedgerNewer,
    LedgerReadOnly,
    LedgerUnavailable,
    Refused,
)
from evidence_ledger.ports import Store
from tests.adapters.sql.test_writers import PROJECT, append_numbers
from tests.chain_factory import START, admission, digest_of, extension, fill
from tests.postgresql import PASSWORD, Server


@pytest.fixture
def store(ledger_database: PostgresqlDatabase) -> Iterator[Store]:
    with closing(open_store(ledger_database)) as made:
        yield made


def cut(server: Server, database: PostgresqlDatabase) -> None:
    """End all connections to a database."""
    name = database.address.partition("?")[0].rpartition("/")[2]
    server.run(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"  # noqa: S608 our own name
        f" WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )


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


# --- lost connections


def test_a_connection_lost_in_a_transaction_leaves_nothing(
    store: Store, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    head = fill(store, 3)
    assert isinstance(store, SqlStore)
    tiles = store._tiles
    step = extension(head, Edge(), 1)
    add = tiles.add

    def cut_first(*arguments: object) -> None:
        cut(postgresql_server, ledger_database)
        add(*arguments)  # type: ignore[arg-type]

    tiles.add = cut_first  # type: ignore[method-assign, assignment]
    with pytest.raises(LedgerUnavailable):
        store.append(head, replace(step, tiles=[]))
    tiles.add = add  # type: ignore[method-assign]
    assert store.head() == head
    assert fill(store, 1).size == 4


def test_a_connection_that_was_cut_while_nobody_used_it_costs_no_error(
    store: Store,
    ledger_database: PostgresqlDatabase,
    postgresql_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dialect, "_STALE", 0.0)
    head = fill(store, 3)
    cut(postgresql_server, ledger_database)
    assert store.head() == head
    cut(postgresql_server, ledger_database)
    assert fill(store, 1).size == 4


def test_a_look_up_on_a_connection_that_was_cut_is_made_once_more(
    store: Store, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    """Before, whoever came first after a cut was told to come again. All connections are new."""
    head = fill(store, 3)
    with store.alone():
        store.head()
    cut(postgresql_server, ledger_database)
    assert store.head() == head
    cut(postgresql_server, ledger_database)
    assert store.seal(-1) is None, "a look at one state, in a transaction"
    cut(postgresql_server, ledger_database)
    assert [one.index for one in store.entries(0, 3)] == [0, 1, 2]
    cut(postgresql_server, ledger_database)
    assert audit_chain(ledger_database).edge.size == 3


def test_a_look_up_that_is_cut_again_and_again_is_an_error(
    store: SqlStore, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    fill(store, 1)
    cuts: list[int] = []

    def asked(connection: Connection, answers: int) -> int:
        if len(cuts) < answers:
            cut(postgresql_server, ledger_database)
            cuts.append(len(cuts))
        found: int = connection.exec_driver_sql("SELECT 7").scalar_one()
        return found

    assert store._look(asked, 1) == 7
    cuts.clear()
    with pytest.raises(LedgerUnavailable):
        store._look(asked, 2)
    assert len(cuts) == 2


def test_inside_a_turn_nothing_is_read_on_another_connection(
    store: Store, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    """The lock went with the connection: whoever reads on would believe to be alone."""

    def lose() -> None:
        with store.turn():
            cut(postgresql_server, ledger_database)
            store.head()

    with pytest.raises(LedgerUnavailable):
        lose()


def test_no_connection_is_tried_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It may take ten seconds."""
    tried: list[str] = []
    connect = psycopg.connect

    def counted(address: str, **keywords: Any) -> psycopg.Connection[Any]:
        tried.append(address)
        return connect(address, **keywords)

    monkeypatch.setattr(psycopg, "connect", counted)
    place = parse_address(f"postgresql://u@/db?host={tmp_path}")
    engine = engine_of(place, read_only=False)
    with pytest.raises(LedgerUnavailable):
        look(engine, "there", lambda _: None)
    assert len(tried) == 1


def test_a_turn_that_is_lost_is_over(
    store: Store, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    def lose() -> None:
        with store.turn():
            cut(postgresql_server, ledger_database)
            fill(store, 1)

    with pytest.raises(LedgerUnavailable):
        lose()
    with closing(open_store(ledger_database, wait=0.5)) as other:
        assert fill(other, 1).size == 1
    assert fill(store, 1).size == 2


def test_what_is_found_after_a_doubt_is_settled_by_a_commit_of_its_own(
    store: Store, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    """A commit that writes nothing waits for nobody: no disk, no replica."""
    head = fill(store, 1)
    query = "SELECT (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint"
    ((before,),) = postgresql_server.run(query, ledger_database)
    store.settle()
    ((after,),) = postgresql_server.run(query, ledger_database)
    assert after > before
    assert store.head() == head


def test_no_server_at_the_address(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable) as caught:
        open_store(parse_address(f"postgresql://u:w0rd@/db?host={tmp_path}"))
    assert "w0rd" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"


@pytest.fixture
def own(postgresql_server: Server) -> Server:
    if not postgresql_server.own:
        pytest.skip("the server's passwords are not ours")
    return postgresql_server


def test_a_password_opens_and_is_never_told(
    own: Server, ledger_database: PostgresqlDatabase
) -> None:
    right = parse_address(own.over_tcp(ledger_database))
    with closing(open_store(right)) as store:
        assert store.head() == Head()
    with pytest.raises(LedgerUnavailable) as caught:
        open_store(parse_address(own.over_tcp(ledger_database, "wr0ng-w0rd")))
    error = caught.value
    told = f"{error} {error.hint} {error!r} {error.__cause__} {error.__cause__!r}"
    assert "wr0ng" not in told
    assert "password" in str(error.hint)


def test_a_password_comes_from_the_environment(
    own: Server, ledger_database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = own.over_tcp(ledger_database).replace(f":{PASSWORD}", "")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with closing(open_store(parse_address(address))) as store:
        assert store.head() == Head()


def test_a_password_comes_from_a_file(
    own: Server,
    ledger_database: PostgresqlDatabase,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    address = own.over_tcp(ledger_database).replace(f":{PASSWORD}", "")
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:{own.port}:*:evidence:{PASSWORD}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    with closing(open_store(parse_address(address))) as store:
        assert store.head() == Head()


def test_a_user_who_owns_nothing_can_append(
    own: Server, ledger_database: PostgresqlDatabase
) -> None:
    """The fence can then be taken down by its owner alone."""
    grants = "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO clerk"
    grants += "; GRANT USAGE ON SCHEMA public TO clerk"
    own.run(f"CREATE ROLE clerk LOGIN PASSWORD '{PASSWORD}'; {grants}", ledger_database)
    address = own.over_tcp(ledger_database).replace("evidence:", "clerk:", 1)
    with closing(open_store(parse_address(address))) as store:
        assert fill(store, 700).size == 700
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        own.run("ALTER TABLE entries DISABLE TRIGGER ALL", parse_address(address))
    own.run("DROP OWNED BY clerk; DROP ROLE clerk", ledger_database)


# --- what the server is set to


def test_a_commit_is_durable_whatever_the_database_says(
    ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    name = ledger_database.address.partition("?")[0].rpartition("/")[2]
    postgresql_server.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    engine = engine_of(ledger_database, read_only=False)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    engine.dispose()
    assert found == "on"


@pytest.mark.parametrize(
    "facts", [(9, "on", "on", "UTF8"), (15, "off", "on", "UTF8"), (15, "on", "on", "LATIN1")]
)
def test_a_server_that_can_not_keep_a_ledger_is_refused(
    ledger_database: PostgresqlDatabase,
    monkeypatch: pytest.MonkeyPatch,
    facts: tuple[object, ...],
) -> None:
    monkeypatch.setattr(dialect, "_FACTS", "SELECT {}, '{}', '{}', '{}'".format(*facts))
    with pytest.raises(LedgerError):
        open_store(ledger_database)


def test_a_reader_writes_nothing(ledger_database: PostgresqlDatabase) -> None:
    with closing(open_store(ledger_database, read_only=True)) as store:
        with pytest.raises(LedgerReadOnly):
            store.append(Head(), extend(Head(), Edge(), [admission(1)], START))
        assert store.head() == Head()


def test_without_the_driver_the_error_says_what_to_install(
    ledger_database: PostgresqlDatabase,
) -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from evidence_ledger.adapters.database import parse_address\n"
        "from evidence_ledger.adapters.sql import open_store\n"
        "from evidence_ledger.errors import LedgerError\n"
        f"try: open_store(parse_address({ledger_database.address!r}))\n"
        "except LedgerError as error: print(error.hint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        check=True,
    )
    assert "evidence-ledger[postgresql]" in done.stdout


def test_plans_of_a_small_table_do_not_stay(
    store: Store, ledger_database: PostgresqlDatabase
) -> None:
    """A plan is kept; made while a table was small, it must not be a scan of the whole."""
    fill(store, 20, batch=1)
    for _ in range(12):
        store.find(digest_of(0), "sha256")
    engine = engine_of(ledger_database, read_only=True)
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN SELECT number FROM entries WHERE statement_hash IN ('a', 'b')"
        ).scalars()
        assert not any("Seq Scan" in line for line in plan)
    engine.dispose()


# --- the audit


@pytest.mark.parametrize("processes", [1, 2])
def test_the_audit_reads_everything(
    store: Store, ledger_database: PostgresqlDatabase, processes: int
) -> None:
    fill(store, 3000, claims=0)
    findings = audit_chain(ledger_database, processes=processes, claims=False)
    assert findings.edge.size == 3000


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET data = data || ' ' WHERE number = 5",
        "UPDATE entries SET leaf_hash = decode(repeat('00', 32), 'hex') WHERE number = 299",
        "UPDATE documents SET statement = statement || ' ' WHERE entry = 7",
        "UPDATE tiles SET hashes = overlay(hashes PLACING 'x' FROM 100)",
        "UPDATE tiles SET inner_nodes = overlay(inner_nodes PLACING 'x' FROM 100)",
        "DELETE FROM tiles",
        "UPDATE head SET size = size + 1",
        "UPDATE head SET size = size - 1",
        "INSERT INTO claims SELECT entry, -1, data FROM claims WHERE entry = 0",
    ],
)
def test_the_audit_finds_what_was_changed(
    store: Store,
    ledger_database: PostgresqlDatabase,
    postgresql_server: Server,
    change: str,
) -> None:
    fill(store, 300)
    assert audit_chain(ledger_database).edge.size == 300
    for table in metadata.sorted_tables:
        postgresql_server.run(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL", ledger_database)
    postgresql_server.run(change, ledger_database)
    with pytest.raises((Refused, LedgerCorrupt)):
        audit_chain(ledger_database)


def test_the_audit_finds_a_statement_entered_twice(
    store: Store, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    postgresql_server.run(
        "ALTER TABLE entries DROP CONSTRAINT entries_statement_hash_key", ledger_database
    )
    store.append(Head(), extend(Head(), Edge(), [admission(0, claims=0)] * 2, START))
    with pytest.raises(Refused) as caught:
        audit_chain(ledger_database)
    assert caught.value.reason == "audit.repeated"


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


def test_a_host_that_vanished_in_a_transaction_is_not_waited_for_for_ever(
    ledger_database: PostgresqlDatabase,
) -> None:
    engine = engine_of(ledger_database, read_only=False)
    with engine.connect() as connection:
        show = connection.exec_driver_sql
        assert show("SHOW idle_in_transaction_session_timeout").scalar_one() == "1min"
        assert show("SHOW lock_timeout").scalar_one() == "10s"
    engine.dispose()
