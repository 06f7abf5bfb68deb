"""Ledgers for benchmarks: deposits of one file, of real lengths; nobody signed most of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evidence_ledger.adapters.keys import software_signer
from evidence_ledger.adapters.sql import create_store
from evidence_ledger.core import cades, chain
from evidence_ledger.core.chain import Admission, Extension, Head, IndexedDigest, extend
from evidence_ledger.core.edge import Edge

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SIGNATURE = hashlib.shake_256(b"signature").digest(750)
CLAIM = b'{"path":"file/0","salt":"%sA","value":{"name":"lease.pdf","sha256":"%s","size":48211}}'
STATEMENT = (
    b'{"after":{"root":"%s","size":0},"claims":{"count":1,"root":"%s"},"kind":"deposit",'
    b'"ledger":"local/3f9c","made":"2026-11-22T10:00:00Z","nonce":"%sA","refs":[],"signer":"%s",'
    b'"v":1}'
)
NOTHING = hashlib.sha256().hexdigest().encode()

Maker = Callable[[int], Admission]


def admission(number: int, *, claims: bool = False, signer: bytes = b"0" * 64) -> Admission:
    """A deposit of one file: 382 bytes of statement, 758 of signature, 168 of claim."""
    digest = hashlib.sha256(b"%d" % number).digest()
    name = digest.hex().encode()
    claim = CLAIM % (name[:42], name)
    root = hashlib.sha256(b"\x00" + claim).hexdigest().encode()
    statement = STATEMENT % (NOTHING, root, name[:21], signer)
    signature = SIGNATURE + number.to_bytes(8, "big")
    if not claims:
        return Admission("deposit", statement, signature, digest, chain.NOTHING)
    found = IndexedDigest(0, "sha256", digest)
    return Admission("deposit", statement, signature, digest, chain.NOTHING, [claim], [found])


def with_claims(number: int) -> Admission:
    """The same with its claim."""
    return admission(number, claims=True)


def signing(signer: software_signer.SoftwareSigner) -> Maker:
    """Deposits that ``signer`` did sign."""
    name = hashlib.sha256(signer.chain[0]).hexdigest().encode()

    def signed(number: int) -> Admission:
        made = admission(number, claims=True, signer=name)
        attributes = cades.to_be_signed(made.statement, START, signer.chain[0], signer.scheme)
        signature = cades.assemble(attributes, signer.sign(attributes.encoded), signer.chain)
        return made._replace(signature=signature)

    return signed


def extensions(
    count: int, batch: int, *, make: Maker = with_claims
) -> Iterator[tuple[Head, Extension]]:
    """The heads and extensions that append ``count`` deposits in batches; each a millisecond on."""
    head, edge = Head(), Edge()
    for start in range(0, count, batch):
        made = [make(n) for n in range(start, min(start + batch, count))]
        step = extend(head, edge, made, START + timedelta(milliseconds=start))
        yield head, step
        head = step.head


def make(path: Path, count: int, maker: Maker = admission) -> None:
    """A ledger of ``count`` entries; without claims unless ``maker`` makes them."""
    with closing(create_store(path)) as store:
        for head, step in extensions(count, 10_000, make=maker):
            store.append(head, step)
