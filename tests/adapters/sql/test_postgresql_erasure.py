"""Erasures and timestamps over files at the same time, in PostgreSQL: whoever writes waits for the
other and then looks anew, so that no timestamp comes to an entry whose claims are gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.core.report import Verdict
from evidence_ledger.stored import DirectToken, StoredToken
from tests.postgresql import Server
from tests.test_erasing import said
from tests.test_erasing_rights import unchecked
from tests.workbench import DEPOSITOR, Workbench, fact

_LOCK = "SELECT pg_advisory_xact_lock(1165380709, 1)"
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
TOKEN = DirectToken(0, StoredToken("Alpha", False, b"response", b"token"))


@pytest.fixture
def bench(tmp_path: Path, ledger_database: PostgresqlDatabase) -> Iterator[Workbench]:
    """A sealed deposit, and its erasure, which is entered and not carried out."""
    made = Workbench(tmp_path, where=ledger_database)
    made.deposit([fact("a.txt", b"alpha")])
    made.ledger.seal()
    unchecked(made, said(made, "erasure", DEPOSITOR, 0))
    yield made
    made.store.close()


def until_somebody_waits(server: Server) -> None:
    for _ in range(500):
        if server.run(_WAITING) == [(1,)]:
            return
        time.sleep(0.01)
    raise AssertionError("nobody waits for the lock")


def test_a_timestamp_that_waits_for_an_erasure_is_not_kept(
    bench: Workbench, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    with psycopg.connect(ledger_database.address) as eraser:
        eraser.execute(_LOCK)
        eraser.execute("UPDATE documents SET statement = NULL, signature = NULL WHERE entry = 0")
        for table in ("claims", "fingerprints", "direct_tokens"):
            eraser.execute(f"DELETE FROM {table} WHERE entry = 0".encode())  # noqa: S608 our names
        stamping = threading.Thread(target=bench.store.add_direct, args=(0, TOKEN))
        stamping.start()
        until_somebody_waits(postgresql_server)
        eraser.commit()
    stamping.join(20)
    assert not stamping.is_alive()
    assert bench.store.direct(0) == []
    assert bench.store.unfinished_erasures() == []
    bench.ledger = bench.reopened()
    bench.ledger.seal()
    assert bench.audit().verdict is Verdict.PASSED


def test_an_erasure_that_waits_for_a_timestamp_takes_it_along(
    bench: Workbench, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    with psycopg.connect(ledger_database.address) as stamper:
        stamper.execute(_LOCK)
        stamper.execute("INSERT INTO direct_tokens VALUES (0, 0, 'Alpha', 0, '\\x00', '\\x01')")
        erasing = threading.Thread(target=bench.store.erase, args=([0],))
        erasing.start()
        until_somebody_waits(postgresql_server)
        stamper.commit()
    erasing.join(20)
    assert not erasing.is_alive()
    assert bench.store.direct(0) == []
    assert bench.store.unfinished_erasures() == []
