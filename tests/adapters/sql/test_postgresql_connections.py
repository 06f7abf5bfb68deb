"""Connections to PostgreSQL: lost ones, passwords, users."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from evidence_ledger.adapters.database import PostgresqlDatabase, parse_address
from evidence_ledger.adapters.sql import SqlStore, open_store
from evidence_ledger.adapters.sql import postgresql as dialect
from evidence_ledger.adapters.sql.audit import audit_chain
from evidence_ledger.adapters.sql.engine import engine_of, look
from evidence_ledger.core.chain import Head
from evidence_ledger.core.edge import Edge
from evidence_ledger.errors import (
    LedgerUnavailable,
)
from evidence_ledger.ports import Store
from tests.chain_factory import extension, fill
from tests.postgresql import PASSWORD, Server, cut


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
