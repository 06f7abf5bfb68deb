"""Deposits into PostgreSQL against pgbench's own insert, both one writer at a time.

pgbench's clients each insert a row of the same size as a deposit's, while they hold an advisory
lock to the commit. Ours hand in one deposit after the other, and each process writes those that
wait as one transaction.

Run: python benchmarks/postgresql.py [SECONDS] [CLIENTS]
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import made_ledger

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import create_ledger, open_ledger
from evidence_ledger_server.group_commit import GroupCommit
from tests.postgresql import URL, Server, programs, start_server

ROUNDS = 3
ORIGIN = "local/3f9c"
INSERT = """\
\\set n random(1, 1000000000)
BEGIN;
SELECT pg_advisory_xact_lock(1);
INSERT INTO plain VALUES (:n, decode(repeat('ab', 1500), 'hex'));
COMMIT;
"""


def pgbench(server: Server, folder: Path, clients: int, seconds: int) -> float:
    """Transactions a second."""
    database = server.make()
    server.run("CREATE TABLE plain (n bigint, data bytea)", database)
    script = folder / "insert.sql"
    script.write_text(INSERT)
    flags = ["-n", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", str(script)]
    done = subprocess.run(
        ["pgbench", *flags, database.address], capture_output=True, text=True, check=True
    )
    line = next(one for one in done.stdout.splitlines() if one.startswith("tps"))
    return float(line.split()[2])


def deposits(home: Path, first: int, clients: int, seconds: float) -> int:
    """How many deposits one process's clients got receipts for."""
    place = open_ledger(Home(home))
    try:
        return asyncio.run(_clients(place.ledger.deposit_each, first, clients, seconds))
    finally:
        place.close()


async def _clients(write: object, first: int, clients: int, seconds: float) -> int:
    commit = GroupCommit(write, 10_000)  # type: ignore[arg-type]  # a bound method of a ledger
    end = time.perf_counter() + seconds

    async def one(start: int) -> int:
        number = start
        while time.perf_counter() < end:
            (outcome,) = await commit.submit([made_ledger.with_claims(number)])
            assert not isinstance(outcome, Exception), outcome
            number += 1
        return number - start

    counts = await asyncio.gather(*(one(first + 10_000_000 * n) for n in range(clients)))
    await commit.stop()
    return sum(counts)


def ours(server: Server, folder: Path, clients: int, seconds: int, processes: int) -> float:
    """Deposits a second, by so many processes at once."""
    home = Home(Path(tempfile.mkdtemp(dir=folder)) / "ledger")
    create_ledger(home, origin=ORIGIN, database=server.make())
    each = clients // processes
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(deposits, *_shares(home, processes, each, 0.2, 0)))
        counts = list(pool.map(deposits, *_shares(home, processes, each, seconds, 10**12)))
    return sum(counts) / seconds


def _shares(
    home: Home, processes: int, each: int, seconds: float, first: int
) -> tuple[list[Path], list[int], list[int], list[float]]:
    starts = [first + 10**10 * n for n in range(processes)]
    return [home.folder] * processes, starts, [each] * processes, [seconds] * processes


def main() -> None:
    """Print medians and ratios."""
    numbers = [int(text) for text in sys.argv[1:] if text.isdecimal()]
    seconds, clients, *_ = [*numbers, *(3, 32)[len(numbers) :]]
    if shutil.which("pgbench") is None or not (programs() or os.environ.get(URL)):
        print("There is no PostgreSQL here, or no pgbench.")
        return
    server = start_server(Path(tempfile.gettempdir()))
    rates: dict[str, list[float]] = {}
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for _ in range(ROUNDS):
                rates.setdefault("pgbench", []).append(pgbench(server, folder, clients, seconds))
                for processes in (1, 2):
                    rate = ours(server, folder, clients, seconds, processes)
                    rates.setdefault(f"deposits, {processes} processes", []).append(rate)
    finally:
        server.close()
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in medians.items():
        print(f"{name:24}{rate:9,.0f}/s   {rate / medians['pgbench']:.2f} of pgbench")


if __name__ == "__main__":
    main()
