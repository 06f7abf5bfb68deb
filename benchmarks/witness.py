"""add-checkpoint requests a second over loopback HTTP with keep-alive, on one core, durable.

The witness runs in a process of its own, held to one core, and checks a log's two signatures, syncs
its memory and its database, and gives two cosignatures. The limits beside it, on the same core: a
server that answers at once, bare fdatasync calls, and the signatures alone.

Run: python benchmarks/witness.py [REQUESTS]
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.keys.note_signer import SoftwareNoteSigner, open_note_signer
from evidence_ledger.adapters.witness.forks import ForkFolder
from evidence_ledger.adapters.witness.home import WitnessHome
from evidence_ledger.adapters.witness.http import WitnessApp
from evidence_ledger.adapters.witness.memory import SlotMemory
from evidence_ledger.adapters.witness.store import WitnessDatabase
from evidence_ledger.core import merkle
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_note
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.core.witness_request import AddCheckpoint
from evidence_ledger.witness.service import Witness, WitnessParts
from evidence_ledger.witness_assembly import create_witness, open_witness

ROUNDS = 3
LOGS = 16
TARGET = 500
PORT = 8953
MANY = f"witness, {LOGS} logs"
ADDRESS = f"http://127.0.0.1:{PORT}"
SEED = bytes(32)


BOTH = (KeyType.ED25519, KeyType.ML_DSA_44)


def signers(origin: str, kinds: Sequence[KeyType] = BOTH) -> list[SoftwareNoteSigner]:
    """A log's keys."""
    return [SoftwareNoteSigner(origin, kind, SEED) for kind in kinds]


def requests(origin: str, count: int, kinds: Sequence[KeyType] = BOTH) -> list[bytes]:
    """``count`` requests of a log that grows by one entry with each."""
    leaves = [merkle.leaf_hash(b"%d" % number) for number in range(count)]
    keys, now, bodies = signers(origin, kinds), SystemClock().now(), []
    for size in range(1, count + 1):
        point = Checkpoint(origin, size, merkle.root_hash(leaves[:size]))
        text = point.encode()
        note = Note.parse(text + b"\n" + b"".join(key.sign(text, now) for key in keys))
        proof = merkle.consistency_proof(leaves[:size], size - 1) if size > 1 else []
        bodies.append(AddCheckpoint(size - 1, tuple(proof), note, point).encode())
    return bodies


def serve(folder: Path | None, cosigners: int) -> None:
    """A witness, or with None a server that answers at once; on one core."""
    os.sched_setaffinity(0, {0})
    app = echo if folder is None else WitnessApp(service(WitnessHome(folder), cosigners), told)
    uvicorn.run(app, port=PORT, log_config=None, access_log=False, lifespan="off", ws="none")


def service(home: WitnessHome, cosigners: int) -> Witness:
    """The witness with its Ed25519 key, and with two also with its ML-DSA-44 key."""
    parts = WitnessParts(
        store=WitnessDatabase(home.database),
        memory=SlotMemory(home.memory),
        forks=ForkFolder(home.forks),
        signers=[open_note_signer(path) for path in home.key_files[:cosigners]],
        clock=SystemClock(),
    )
    return Witness(parts)


def told(_: object) -> None:
    """Nobody watches."""


async def echo(_: object, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """Read the body and send as much as a witness does."""
    while (await receive()).get("more_body"):
        pass
    head = [(b"content-length", b"3404")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": bytes(3404)})


def served(folder: Path | None, logs: Sequence[Sequence[bytes]], cosigners: int = 2) -> float:
    """Requests a second with one connection for each log, which waits for each answer."""
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, cosigners))
    process.start()
    try:
        os.sched_setaffinity(0, {1})
        return asyncio.run(asked(logs))
    finally:
        process.terminate()
        process.join()


async def asked(logs: Sequence[Sequence[bytes]]) -> float:
    """Requests a second."""
    async with httpx.AsyncClient(base_url=ADDRESS) as client:
        await ready(client)
        start = time.perf_counter()
        await asyncio.gather(*(one_log(bodies) for bodies in logs))
        return sum(map(len, logs)) / (time.perf_counter() - start)


async def ready(client: httpx.AsyncClient) -> None:
    """Wait until the server answers."""
    for _ in range(100):
        try:
            await client.get("/health")
            return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise SystemExit("the server does not answer")


async def one_log(bodies: Sequence[bytes]) -> None:
    """The requests of one log over one connection, written by hand: a client must not be slower."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    for body in bodies:
        head = f"POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        await reader.readexactly(int(answer.lower().split(b"content-length: ")[1].split()[0]))
    writer.close()


def witnessed(bodies: Sequence[Sequence[bytes]], cosigners: int = 2) -> float:
    """A fresh witness that serves all logs."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home = WitnessHome(Path(folder) / "witness")
        create_witness(home, "witness.example")
        witness = open_witness(home)
        for number in range(len(bodies)):
            witness.logs.add([key.verifier_key for key in signers(f"log.example/{number}")])
        witness.close()
        return served(home.folder, bodies, cosigners)


def signatures(count: int) -> float:
    """What no witness can do without: two verifications and two signatures."""
    note = AddCheckpoint.parse(requests("log.example/0", 1)[0]).note
    keys = [key.verifier_key for key in signers("log.example/0")]
    own = [
        SoftwareNoteSigner("witness.example", kind, SEED)
        for kind in (KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44)
    ]
    now, start = SystemClock().now(), time.perf_counter()
    for _ in range(count):
        verify_note(note, keys)
        for key in own:
            key.sign(note.text, now)
    return count / (time.perf_counter() - start)


def fdatasync(count: int) -> float:
    """Pages written and synced, one at a time."""
    with tempfile.NamedTemporaryFile(dir=Path.cwd(), buffering=0) as file:
        file.write(bytes(4096))
        start = time.perf_counter()
        for _ in range(count):
            os.pwrite(file.fileno(), bytes(4096), 0)
            os.fdatasync(file.fileno())
        return count / (time.perf_counter() - start)


def main() -> None:
    """Print medians and ratios."""
    count = (int(sys.argv[1]) if len(sys.argv) > 1 else 1600) // LOGS
    logs = [requests(f"log.example/{number}", count) for number in range(LOGS)]
    plain = [requests(f"log.example/{n}", count, BOTH[:1]) for n in range(LOGS)]
    runs: dict[str, Callable[[], float]] = {
        MANY: lambda: witnessed(logs),
        "the same, the log with Ed25519 alone": lambda: witnessed(plain),
        "the same, the witness too": lambda: witnessed(plain, 1),
        "witness, one log": lambda: witnessed(logs[:1]),
        "server that answers at once": lambda: served(None, logs),
        "the signatures alone": lambda: signatures(200),
        "fdatasync": lambda: fdatasync(500),
    }
    rounds = [{name: run() for name, run in runs.items()} for _ in range(ROUNDS)]
    middle = {name: statistics.median(one[name] for one in rounds) for name in runs}
    for name, rate in middle.items():
        print(f"{name:38}{rate:>10,.0f} a second")
    many = middle[MANY]
    print(f"many logs: {many:,.0f} a second (at least {TARGET})")
    print(f"many logs / the signatures alone: {many / middle['the signatures alone']:.2f}")


if __name__ == "__main__":
    main()
