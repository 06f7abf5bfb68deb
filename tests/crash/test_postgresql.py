"""PostgreSQL killed under load, its connections cut: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import create_ledger, open_ledger
from evidence_ledger.core.report import Verdict
from tests.postgresql import URL, Server, start_server

PROJECT = Path(__file__).resolve().parents[2]
PROCESSES = 3
SECONDS = 12.0

# One process on one host: hands in batches until its input ends, and says what was acknowledged.
# What it could not hand in, it hands in again, as a client does.
DEPOSITOR = """
import sys, threading
from pathlib import Path
from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import open_depositor, open_ledger
from evidence_ledger.author import Context
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.merkle import EMPTY_ROOT
from evidence_ledger.errors import LedgerLocked, LedgerUnavailable
from tests.workbench import fact
home, name = Home(Path(sys.argv[1])), sys.argv[2]
author = open_depositor(home)
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()

def opened():
    while True:
        try:
            return open_ledger(home)
        except (LedgerLocked, LedgerUnavailable):
            continue

place, turn = opened(), 0
context = Context(place.ledger.origin, TreePoint(0, EMPTY_ROOT))
while not stop.is_set():
    turn += 1
    signed = [
        author.deposit([fact("f", f"{name} {turn} {n}".encode(), sm3=False)], [], context)
        for n in range(1 + turn % 7)
    ]
    while True:
        try:
            receipts = place.ledger.deposit(signed)
        except (LedgerLocked, LedgerUnavailable):
            continue
        break
    for one, receipt in zip(signed, receipts):
        print(receipt.index, int(receipt.repeated), one.statement.hex(), flush=True)
place.close()
"""

SEALER = """
import sys, threading
from pathlib import Path
from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import open_ledger
from evidence_ledger.errors import HeadMoved, LedgerLocked, LedgerUnavailable
home = Home(Path(sys.argv[1]))
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
while not stop.wait(0.2):
    try:
        place = open_ledger(home)
        with place.sealing_turn() as alone:
            if alone:
                place.ledger.seal()
        place.close()
    except (HeadMoved, LedgerLocked, LedgerUnavailable):
        pass
"""


def started(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of this test's own: it is killed."""
    if URL in os.environ:
        pytest.skip(f"the server of {URL} is not ours to stop")
    made = start_server()
    yield made
    made.close()


def kill_some(server: Server, database: PostgresqlDatabase, chance: random.Random) -> None:
    """Cut one or all connections to the database, at no moment in particular."""
    name = database.address.partition("?")[0].rpartition("/")[2]
    limit = chance.choice(["LIMIT 1", "LIMIT 2", ""])
    statement = (
        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"  # noqa: S608 our own names
        f" WHERE datname = '{name}' AND pid <> pg_backend_pid() ORDER BY random() {limit}) AS one"
    )
    server.run(statement)


def disturb(server: Server, database: PostgresqlDatabase, seed: int) -> Counter[str]:
    """What a bad day does: connections cut all the time, the server stopped now and then."""
    chance = random.Random(seed)  # noqa: S311 moments, not secrets
    done: Counter[str] = Counter()
    end = time.monotonic() + SECONDS
    restart = time.monotonic() + SECONDS / 4
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.01, 0.25))
        if time.monotonic() > restart:
            restart += SECONDS / 4
            how = chance.choice([signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
            stopped(server, how)
            server.start()
            done["restarts"] += 1
            continue
        try:
            kill_some(server, database, chance)
        except psycopg.OperationalError:
            continue
        done["cuts"] += 1
    return done


def stopped(server: Server, how: int) -> None:
    """SIGKILL as well: what is left of its processes ends by itself; its lock file is stale."""
    server.stop(how)
    assert server.folder is not None
    for _ in range(200):
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError:
            break
        time.sleep(0.05)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path, server: Server, seed: int) -> None:
    database = server.make()
    home = Home(tmp_path / "host 0")
    create_ledger(home, database=database)
    homes = [home]
    for number in range(1, PROCESSES):
        other = Home(tmp_path / f"host {number}")
        shutil.copytree(home.folder, other.folder)
        homes.append(other)
    writers = [started(DEPOSITOR, one.folder, n) for n, one in enumerate(homes)]
    sealers = [started(SEALER, one.folder) for one in homes[:2]]
    time.sleep(2)
    done = disturb(server, database, seed)
    told = [one.communicate(timeout=120) for one in (*writers, *sealers)]
    assert [
        (one.returncode, err) for one, (_, err) in zip((*writers, *sealers), told, strict=True)
    ] == [(0, err) for _, err in told], told
    acknowledged = [line.split() for out, _ in told[:PROCESSES] for line in out.splitlines()]
    assert done["restarts"] >= 2
    assert done["cuts"] > 20
    assert len(acknowledged) > 100
    check(home, acknowledged)


def check(home: Home, acknowledged: list[list[str]]) -> None:
    """Each has its entry and only one, and the whole ledger stands."""
    place = open_ledger(home)
    try:
        held = {one.index: one.statement for one in place.ledger.entries()}
        for index, _, statement in acknowledged:
            assert held[int(index)] == bytes.fromhex(statement)
        indexes = [index for index, *_ in acknowledged]
        assert len(set(indexes)) == len(indexes)
        deposits = [one for one in held.values() if one and json.loads(one)["kind"] == "deposit"]
        assert len(set(deposits)) == len(deposits)
        place.ledger.seal()
        report = place.audit()
        assert report.verdict is Verdict.PASSED, [one for one in report.steps if one.reason]
    finally:
        place.close()
