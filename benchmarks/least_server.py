"""What the server is compared with: a bare FastAPI echo, and the least that a deposit takes.

The least is what no server can leave out: the JSON read, the ECDSA signature checked with a key
that is known already, the statement hashed, and all of it written durably, those that wait in one
transaction. No chain, tree, index, form, limit, header or log.

Run: python benchmarks/least_server.py PORT DATABASE, a file of SQLite or a postgresql:// URL
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import sqlite3
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import uvicorn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_der_x509_certificate
from fastapi import FastAPI, Request

from evidence_ledger.core.cms import parse_signed_data

ALGORITHM = ec.ECDSA(hashes.SHA256())
TABLE = "CREATE TABLE least (hash {0} UNIQUE, statement {0}, signature {0}, claim {0})"
Row = tuple[bytes, bytes, bytes, bytes]
Insert = Callable[[Sequence[Row]], None]


class Signature:
    """Where the signed attributes and the signature stand in all CMS of one signer."""

    def __init__(self, cms: bytes) -> None:
        signed = parse_signed_data(cms)
        covered = signed.only_signer().hashed or b""
        self._start = cms.index(covered[1:])
        self._stop = self._start + len(covered) - 1
        key = load_der_x509_certificate(signed.certificates[0]).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        self._key = key

    def verify(self, cms: bytes) -> None:
        """The arithmetic alone. Raises InvalidSignature."""
        # Behind the attributes: the algorithm's 12 bytes, then the signature's tag and length.
        at = self._stop + 14
        signature = cms[at : at + cms[at - 1]]
        self._key.verify(signature, b"\x31" + cms[self._start : self._stop], ALGORITHM)


class Writer:
    """Writes those that wait together, in a thread."""

    def __init__(self, insert: Insert) -> None:
        self._insert = insert
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._thread = ThreadPoolExecutor(1)
        self._task: asyncio.Task[None] | None = None

    async def write(self, row: Row) -> None:
        """Returns when the row is durable."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        await done

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            rows = [row for row, _ in batch]
            await asyncio.get_running_loop().run_in_executor(self._thread, self._insert, rows)
            for _, done in batch:
                done.set_result(None)
        self._task = None


def sqlite(path: str) -> Insert:
    """Inserts rows durably into a file."""
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for words in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", TABLE.format("BLOB")):
        database.execute(words)

    def insert(rows: Sequence[Row]) -> None:
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO least VALUES (?, ?, ?, ?)", rows)
        database.execute("COMMIT")

    return insert


def postgresql(url: str) -> Insert:
    """Inserts rows durably into a PostgreSQL database."""
    database = psycopg.connect(url)
    database.execute(TABLE.format("BYTEA"))
    database.commit()

    def insert(rows: Sequence[Row]) -> None:
        with database.cursor() as cursor:
            cursor.executemany("INSERT INTO least VALUES (%b, %b, %b, %b)", rows)
        database.commit()

    return insert


def application(database: str) -> FastAPI:
    """Both routes."""
    insert = postgresql(database) if database.startswith("postgresql:") else sqlite(database)
    app, writer, signers = FastAPI(), Writer(insert), list[Signature]()

    @app.post("/echo")
    async def echo(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    @app.post("/deposits")
    async def deposit(request: Request) -> dict[str, str]:
        form = json.loads(await request.body())
        statement, cms = form["statement"].encode(), base64.b64decode(form["signature"])
        if not signers:
            signers.append(Signature(cms))
        signers[0].verify(cms)
        digest = hashlib.sha256(statement).digest()
        await writer.write((digest, statement, cms, form["claims"][0].encode()))
        return {"hash": digest.hex()}

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[2]), port=int(sys.argv[1]), log_level="critical", access_log=False
    )
