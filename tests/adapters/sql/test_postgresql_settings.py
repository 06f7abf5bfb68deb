"""What a server of PostgreSQL is set to, and what is made of it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing

import pytest

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.sql import open_store
from evidence_ledger.adapters.sql import postgresql as dialect
from evidence_ledger.adapters.sql.engine import engine_of
from evidence_ledger.core.chain import Head, extend
from evidence_ledger.core.edge import Edge
from evidence_ledger.errors import (
    LedgerError,
    LedgerReadOnly,
)
from evidence_ledger.ports import Store
from tests.adapters.sql.test_writers import PROJECT
from tests.chain_factory import START, admission, digest_of, fill
from tests.postgresql import Server


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


def test_a_host_that_vanished_in_a_transaction_is_not_waited_for_for_ever(
    ledger_database: PostgresqlDatabase,
) -> None:
    engine = engine_of(ledger_database, read_only=False)
    with engine.connect() as connection:
        show = connection.exec_driver_sql
        assert show("SHOW idle_in_transaction_session_timeout").scalar_one() == "1min"
        assert show("SHOW lock_timeout").scalar_one() == "10s"
    engine.dispose()
