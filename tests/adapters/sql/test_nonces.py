"""The nonces of signed requests in PostgreSQL: each is taken once, by whichever host."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import timedelta

import pytest

from evidence_ledger.adapters.database import PostgresqlDatabase, parse_address
from evidence_ledger.adapters.sql import SqlStore, open_store
from evidence_ledger.adapters.sql.nonces import APART
from evidence_ledger.errors import LedgerReadOnly, LedgerUnavailable
from tests.fakes import NOON
from tests.postgresql import PASSWORD, Server, cut

UNTIL = NOON + timedelta(minutes=5)


def test_of_all_hosts_one_takes_a_nonce(
    store: SqlStore, ledger_database: PostgresqlDatabase
) -> None:
    with closing(open_store(ledger_database)) as other:
        memories = [store.nonces(), other.nonces()]
        taken: list[bool] = []
        barrier = threading.Barrier(8)

        def take(number: int) -> None:
            barrier.wait()
            taken.append(memories[number % 2].take(b"s", "n", NOON, UNTIL))

        threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(taken) == [False] * 7 + [True]
        assert memories[1].take(b"t", "n", NOON, UNTIL)
        assert memories[0].take(b"s", "m", NOON, UNTIL)


def test_a_nonce_is_kept_until_it_ended_by_every_clock(
    store: SqlStore, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    memory = store.nonces()
    assert memory.take(b"s", "n", NOON, UNTIL)
    almost = UNTIL + APART
    assert memory.take(b"s", "another", almost, almost)
    assert not memory.take(b"s", "n", almost, almost)
    later = almost + timedelta(seconds=2)
    assert memory.take(b"s", "third", later, later)
    rows = postgresql_server.run("SELECT count(*) FROM nonces", ledger_database)
    assert rows == [(2,)], "the first has ended"
    assert memory.take(b"s", "n", later, later)


def test_nobodys_turn_is_waited_for(store: SqlStore, ledger_database: PostgresqlDatabase) -> None:
    with closing(open_store(ledger_database, wait=0.2)) as other, store.turn():
        assert other.nonces().take(b"s", "n", NOON, UNTIL)


def test_a_cut_connection_takes_nothing_twice(
    store: SqlStore, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    """The request is refused and signed anew: whether its nonce was taken is not known."""
    memory = store.nonces()
    assert memory.take(b"s", "n", NOON, UNTIL)
    cut(postgresql_server, ledger_database)
    with pytest.raises(LedgerUnavailable):
        memory.take(b"s", "m", NOON, UNTIL)
    assert memory.take(b"s", "m", NOON, UNTIL)


def test_a_reader_takes_none(ledger_database: PostgresqlDatabase) -> None:
    with (
        closing(open_store(ledger_database, read_only=True)) as store,
        pytest.raises(LedgerReadOnly),
    ):
        store.nonces().take(b"s", "n", NOON, UNTIL)


def test_a_user_who_may_delete_nothing_takes_nonces(
    postgresql_server: Server, ledger_database: PostgresqlDatabase
) -> None:
    if not postgresql_server.own:
        pytest.skip("the server's users are not ours")
    own = postgresql_server
    grants = "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO reader"
    grants += "; GRANT USAGE ON SCHEMA public TO reader"
    own.run(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'; {grants}", ledger_database)
    address = own.over_tcp(ledger_database).replace("evidence:", "reader:", 1)
    with closing(open_store(parse_address(address))) as store:
        assert [store.nonces().take(b"s", "n", NOON, UNTIL) for _ in range(2)] == [True, False]
    own.run("DROP OWNED BY reader; DROP ROLE reader", ledger_database)


def test_a_ledger_of_before_gets_the_table(
    ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    before = "UPDATE alembic_version SET version_num = '0007'"
    postgresql_server.run("DROP TABLE nonces, seal_groups, orders, renewed_groups", ledger_database)
    postgresql_server.run(before, ledger_database)
    with closing(open_store(ledger_database)) as store:
        assert [store.nonces().take(b"s", "n", NOON, UNTIL) for _ in range(2)] == [True, False]
