"""Chains of admissions for tests: made from numbers, so that they are the same in each run."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from evidence_ledger.core.chain import NOTHING, Admission, Extension, Head, IndexedDigest, extend
from evidence_ledger.core.claim import Claim, FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.edge import Edge
from evidence_ledger.ports import Store
from evidence_ledger.tree import edge_at

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def digest_of(number: int) -> bytes:
    """The SHA-256 that admission ``number`` deposits."""
    return hashlib.sha256(b"file %d" % number).digest()


def admission(
    number: int, *, kind: str = "deposit", claims: int = 1, mark: bytes | None = None
) -> Admission:
    """An admission unlike every other; its claims are files of one digest each."""
    digests = [digest_of(number + 1_000_000 * position) for position in range(claims)]
    return Admission(
        kind,
        b'{"statement":%d%s}' % (number, _member(number, kind, mark)),
        b"signature %d" % number,
        digest_of(0),
        NOTHING,
        [_claim(position, digest) for position, digest in enumerate(digests)],
        [IndexedDigest(position, "sha256", digest) for position, digest in enumerate(digests)],
        mark=mark,
    )


def mark_of(number: int) -> bytes:
    """The mark that goes with a number."""
    return hashlib.sha256(_opening(number)).digest()


def _opening(number: int) -> bytes:
    return hashlib.sha256(b"opening %d" % number).digest()


def _member(number: int, kind: str, mark: bytes | None) -> bytes:
    """What the statement says of the mark, which is that of the number."""
    if mark is None:
        return b""
    if kind == "roll":
        return b',"roll":"%s"' % mark.hex().encode()
    return b',"opening":"%s"' % _opening(number).hex().encode()


def _claim(position: int, digest: bytes) -> bytes:
    fact = FileFact(b"a.txt", Fingerprint({Algorithm.SHA256: digest}, 1))
    return Claim(f"file/{position}", digest, fact.to_json()).encode()


def extension(head: Head, edge: Edge, count: int, *, claims: int = 1) -> Extension:
    """``count`` admissions behind ``head``, received one second after it."""
    received = (head.received or START) + timedelta(seconds=1)
    numbers = range(head.size, head.size + count)
    return extend(head, edge, [admission(n, claims=claims) for n in numbers], received)


def fill(store: Store, count: int, *, batch: int = 1000, claims: int = 1) -> Head:
    """Append ``count`` admissions in batches; returns the new head."""
    head = store.head()
    edge = edge_at(store, head.size)
    while count:
        step = extension(head, edge, min(batch, count), claims=claims)
        store.append(head, step)
        head, count = step.head, count - len(step.entries)
    return head
