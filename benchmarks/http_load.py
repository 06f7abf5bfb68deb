"""Load on a server: signed deposits made beforehand, sent over many connections at once."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from hashlib import sha256
from itertools import cycle

import httpx

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import open_depositor
from evidence_ledger.author import Context
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint

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


def digest_of(number: int) -> bytes:
    """The SHA-256 of a file."""
    return sha256(b"file %d" % number).digest()


def deposits(home: Home, count: int, origin: str) -> list[bytes]:
    """Bodies of signed deposits of one file each."""
    author, made = open_depositor(home), []
    for number in range(count):
        digest = digest_of(number)
        file = FileFact(b"file", Fingerprint({Algorithm.SHA256: digest}, number))
        signed = author.deposit([file], [], Context(origin))
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
