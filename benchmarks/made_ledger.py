"""Ledgers for benchmarks: statements and signatures of real lengths, that nobody signed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evidence_ledger.adapters.sql import create_store
from evidence_ledger.core.chain import Admission, Extension, Head, IndexedDigest, extend
from evidence_ledger.core.edge import Edge

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SIGNATURE = hashlib.shake_256(b"signature").digest(750)
CLAIM = b'{"path":"file/0","salt":"%s","value":{"name":"lease.pdf","sha256":"%s","size":48211}}'


def admission(number: int, *, claims: bool) -> Admission:
    """A deposit of one file: 382 bytes of statement, 758 of signature, 168 of claim."""
    digest = hashlib.sha256(b"%d" % number).digest()
    statement = digest.hex().encode() * 5 + b"%062d" % number
    signature = SIGNATURE + number.to_bytes(8, "big")
    if not claims:
        return Admission("deposit", statement, signature)
    claim = CLAIM % (digest.hex()[:43].encode(), digest.hex().encode())
    found = IndexedDigest(0, "sha256", digest)
    return Admission("deposit", statement, signature, [claim], [found])


def extensions(count: int, batch: int, *, claims: bool = True) -> Iterator[tuple[Head, Extension]]:
    """The heads and extensions that append ``count`` deposits in batches; each a millisecond on."""
    head, edge = Head(), Edge()
    for start in range(0, count, batch):
        made = [admission(n, claims=claims) for n in range(start, min(start + batch, count))]
        step = extend(head, edge, made, START + timedelta(milliseconds=start))
        yield head, step
        head = step.head


def make(path: Path, count: int) -> None:
    """A ledger of ``count`` entries without claims."""
    with closing(create_store(path)) as store:
        for head, step in extensions(count, 10_000, claims=False):
            store.append(head, step)
