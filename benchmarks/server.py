"""The server against a bare FastAPI echo on the same cores, and against the least that a deposit
takes (``least_server.py``): deposits, look-ups, tiles, checks.

With ``postgresql`` the ledger is in a PostgreSQL server on the same cores.

Run: python benchmarks/server.py [SECONDS] [CONNECTIONS] [postgresql]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
from http_load import SERVE, Load, deposits, digest_of, free_port, request, started

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import create_ledger
from tests.postgresql import start_server

ROUNDS = 3
ORIGIN = "ledger.example/bench"
SIGNED = 12_000
LEAST = Path(__file__).with_name("least_server.py")


def uploaded(certificate: bytes) -> tuple[bytes, str]:
    """A form with a certificate in it, and its media type."""
    head = b'--x\r\nContent-Disposition: form-data; name="certificate"; filename="a"\r\n\r\n'
    return head + certificate + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def main() -> None:
    """Print medians and ratios."""
    numbers = [int(text) for text in sys.argv[1:] if text.isdecimal()]
    seconds, connections, *_ = [*numbers, *(3, 32)[len(numbers) :]]
    for name in ("REQUESTS", "LOOKUPS", "DEPOSITS"):
        os.environ[f"EVIDENCE_SERVER_{name}_PER_MINUTE"] = str(1 << 40)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=Path.cwd()))
        home = Home(Path(folder) / "ledger")
        database = None
        if "postgresql" in sys.argv:
            pg = start_server(Path(tempfile.gettempdir()))
            database = stack.enter_context(closing(pg)).make()
        create_ledger(home, origin=ORIGIN, database=database)
        bodies = deposits(home, SIGNED, ORIGIN)
        ports = free_port(), free_port()
        least = str(Path(folder) / "least.db") if database is None else pg.make().address
        echo = started(LEAST.read_text(), str(ports[0]), least, port=ports[0], path="/")
        flags = ["run", "--home", str(home.folder), "--port", str(ports[1])]
        server = started(SERVE, *flags, port=ports[1], path="/v1/health")
        try:
            measure(bodies, ports, connections, seconds)
        finally:
            for process in (echo, server):
                process.terminate()
                process.wait()


def measure(bodies: list[bytes], ports: tuple[int, int], connections: int, seconds: float) -> None:
    """All runs in turn, several rounds."""
    bare, ours = (Load(port, connections, seconds) for port in ports)
    each = len(bodies) // (2 * ROUNDS)
    rates: dict[str, list[float]] = {}
    slowest: list[float] = []
    for _ in range(ROUNDS):
        singles, bodies = bodies[:each], bodies[each:]
        many, bodies = bodies[:each], bodies[each:]
        echoed = bare.run([request("/echo", singles[0])], again=True)[0]
        rates.setdefault("echo", []).append(echoed)
        least = bare.run([request("/deposits", one) for one in singles])[0]
        rates.setdefault("the least a deposit takes", []).append(least)
        rate, late = ours.run([request("/v1/deposits", one) for one in singles])
        rates.setdefault("deposits", []).append(rate)
        slowest.append(late)
        joined = [
            b'{"deposits":[' + b",".join(many[at : at + 100]) + b"]}" for at in range(0, each, 100)
        ]
        batch = ours.run([request("/v1/deposits", one) for one in joined])[0] * 100
        rates.setdefault("deposits in batches of 100", []).append(batch)
        look = request(f"/v1/fingerprints/sha256/{digest_of(1).hex()}", None)
        rates.setdefault("fingerprints", []).append(ours.run([look], again=True)[0])
        url = f"http://127.0.0.1:{ports[1]}/v1/deposits"
        entry = httpx.post(f"{url}?wait=seal", content=singles[0], timeout=60).json()
        held = httpx.get(f"{url}/{entry['index']}/certificate", timeout=60).content
        checks = ours.run([request("/v1/verify", *uploaded(held))], again=True)[0]
        rates.setdefault("checks of a certificate", []).append(checks)
        tile = request("/tile/0/000", None)
        rates.setdefault("tiles", []).append(ours.run([tile], again=True)[0])
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in medians.items():
        print(f"{name:30}{rate:9,.0f}/s   {rate / medians['echo']:.2f} of the echo")
    ratio = medians["deposits"] / medians["the least a deposit takes"]
    print(f"deposits / the least a deposit takes: {ratio:.2f}")
    print(f"deposits, 99th percentile: {1000 * statistics.median(slowest):.0f} ms (at most 150)")


if __name__ == "__main__":
    main()
