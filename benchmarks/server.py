"""The server against a bare FastAPI echo on the same cores: deposits, look-ups, tiles, checks.

With ``postgresql`` the ledger is in a PostgreSQL server on the same cores.

Run: python benchmarks/server.py [SECONDS] [CONNECTIONS] [postgresql]
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import ExitStack, closing
from itertools import cycle
from pathlib import Path

import httpx

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import create_ledger, open_depositor
from evidence_ledger.author import Context
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from tests.postgresql import start_server

ROUNDS = 3
ORIGIN = "ledger.example/bench"
SIGNED = 12_000
ECHO = """
import sys, uvicorn
from fastapi import FastAPI, Request
app = FastAPI()

@app.post("/echo")
async def echo(request: Request) -> dict[str, int]:
    return {"size": len(await request.body())}

uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", access_log=False)
"""
LIFTED = {
    f"EVIDENCE_SERVER_{name}_PER_MINUTE": "1000000000"
    for name in ("REQUESTS", "LOOKUPS", "DEPOSITS", "VERIFICATIONS")
}
SERVE = "from evidence_ledger_server.program import main; main()"


def request(path: str, body: bytes | None, kind: str = "application/json") -> bytes:
    """One HTTP/1.1 request that keeps the connection."""
    if body is None:
        return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def uploaded(certificate: bytes) -> tuple[bytes, str]:
    """A form with a certificate in it, and its media type."""
    head = b'--x\r\nContent-Disposition: form-data; name="certificate"; filename="a"\r\n\r\n'
    return head + certificate + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def deposits(home: Home, count: int) -> list[bytes]:
    """Bodies of signed deposits of one file each."""
    author, made = open_depositor(home), []
    for number in range(count):
        digest = number.to_bytes(32, "big")
        file = FileFact(b"file", Fingerprint({Algorithm.SHA256: digest}, number))
        signed = author.deposit([file], [], Context(ORIGIN))
        form = {
            "statement": signed.statement.decode(),
            "signature": b64encode(signed.signature).decode(),
            "claims": [one.decode() for one in signed.claims],
        }
        made.append(json.dumps(form).encode())
    return made


class Load:
    """Requests over some connections at once, each connection one after the other."""

    def __init__(self, port: int, connections: int, seconds: float) -> None:
        self._port, self._connections, self._seconds = port, connections, seconds

    def run(self, requests: list[bytes], *, again: bool = False) -> tuple[float, float]:
        """Answers a second, and the 99th percentile of seconds for one."""
        source = cycle(requests) if again else iter(requests)
        times: list[float] = []
        started = time.perf_counter()
        asyncio.run(self._all(source, times, started + self._seconds))
        times.sort()
        return len(times) / (time.perf_counter() - started), times[int(len(times) * 0.99)]

    async def _all(self, source: object, times: list[float], end: float) -> None:
        await asyncio.gather(*(self._one(source, times, end) for _ in range(self._connections)))

    async def _one(self, source: object, times: list[float], end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while (now := time.perf_counter()) < end and (data := next(source, None)):  # type: ignore[call-overload]  # an iterator
            writer.write(data)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head[9:10] == b"2", head
            size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(size)
            times.append(time.perf_counter() - now)
        writer.close()


def started(code: str, *arguments: str, port: int, path: str) -> subprocess.Popen[bytes]:
    """A server process that answers."""
    command = [sys.executable, "-c", code, *arguments]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | LIFTED)
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}{path}")
            return process
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("no server")


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


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
            database = stack.enter_context(closing(start_server())).make()
        create_ledger(home, origin=ORIGIN, database=database)
        bodies = deposits(home, SIGNED)
        ports = free_port(), free_port()
        echo = started(ECHO, str(ports[0]), port=ports[0], path="/")
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
        rate, late = ours.run([request("/v1/deposits", one) for one in singles])
        rates.setdefault("deposits", []).append(rate)
        slowest.append(late)
        joined = [
            b'{"deposits":[' + b",".join(many[at : at + 100]) + b"]}" for at in range(0, each, 100)
        ]
        batch = ours.run([request("/v1/deposits", one) for one in joined])[0] * 100
        rates.setdefault("deposits in batches of 100", []).append(batch)
        look = request(f"/v1/fingerprints/sha256/{1:064x}", None)
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
    print(f"deposits, 99th percentile: {1000 * statistics.median(slowest):.0f} ms (at most 150)")


if __name__ == "__main__":
    main()
