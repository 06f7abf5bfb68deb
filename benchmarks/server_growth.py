"""The server with a ledger of 1,000,000 entries against one of 1,000: deposits a second, memory.

Run: python benchmarks/server_growth.py [ENTRIES] [SECONDS] [CONNECTIONS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import made_ledger
from http_load import SERVE, Load, deposits, free_port, request, started

from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.sql import open_store
from evidence_ledger.assembly import create_ledger, open_ledger

ROUNDS = 5
EACH = 6_000
ORIGIN = "local/3f9c"
SMALL = 1_000


@dataclass
class Run:
    """A server, what is to be deposited there, and what was measured."""

    process: subprocess.Popen[bytes]
    port: int
    bodies: list[bytes]
    rates: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def go(self, connections: int, seconds: float) -> None:
        """One round, and the seal over what it deposited."""
        (last, *bodies), self.bodies = self.bodies[:EACH], self.bodies[EACH:]
        posts = [request("/v1/deposits", one) for one in bodies]
        self.rates.append(Load(self.port, connections, seconds).run(posts)[0])
        url = f"http://127.0.0.1:{self.port}/v1/deposits?wait=seal"
        httpx.post(url, content=last, timeout=60).raise_for_status()
        self.memory.append(resident(self.process.pid))


def resident(number: int) -> float:
    """MiB that a process holds in memory now."""
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return int(next(one.split()[1] for one in lines if one.startswith("VmRSS"))) / 1024


def grown(folder: Path, count: int) -> Home:
    """A sealed ledger's home with that many entries that nobody signed."""
    home = Home(folder)
    create_ledger(home, origin=ORIGIN)
    with closing(open_store(home.database)) as store:
        for head, step in made_ledger.extensions(count, 10_000):
            store.append(head, step)
    with closing(open_ledger(home)) as place:
        place.ledger.seal()
    return home


def serving(home: Home) -> Run:
    """A server of that ledger."""
    port = free_port()
    flags = ["run", "--home", str(home.folder), "--port", str(port)]
    process = started(SERVE, *flags, port=port, path="/v1/health")
    return Run(process, port, deposits(home, EACH * ROUNDS, ORIGIN))


def main() -> None:
    """Print both, and the ratio of their medians."""
    numbers = [int(text) for text in sys.argv[1:] if text.isdecimal()]
    count, seconds, connections, *_ = [*numbers, *(1_000_000, 3, 32)[len(numbers) :]]
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        homes = [grown(Path(folder) / str(size), size) for size in (SMALL, count)]
        runs = [serving(home) for home in homes]
        try:
            for _ in range(ROUNDS):
                for run in runs:
                    run.go(connections, seconds)
        finally:
            for run in runs:
                run.process.terminate()
                run.process.wait()
    report(runs, (SMALL, count))


def report(runs: list[Run], sizes: tuple[int, int]) -> None:
    """Print medians, the memory after each round, and the ratio."""
    for run, size in zip(runs, sizes, strict=True):
        curve = " ".join(f"{one:.0f}" for one in run.memory)
        print(f"{size:9,} entries{statistics.median(run.rates):9,.0f} deposits/s   MiB: {curve}")
    small, large = (statistics.median(run.rates) for run in runs)
    print(f"large / small: {large / small:.2f} (at least 0.85)")


if __name__ == "__main__":
    main()
