"""The golden vectors: what the encodings of this project hold for ever.

``python -m tests.golden.rebuild`` writes the files beside this one from these objects.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from evidence_ledger.core.administration import Enrol
from evidence_ledger.core.claim import Claim, FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.entry import Entry
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import Reference, SealFact, Statement, TreePoint

FOLDER = Path(__file__).parent
MOMENT = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


def numbered(number: int) -> bytes:
    """32 bytes that stand for some hash."""
    return hashlib.sha256(f"golden {number}".encode()).digest()


FACT = FileFact(
    name="contract/租赁 “lease”\t😀.pdf".encode(),
    fingerprint=Fingerprint(
        {
            Algorithm.SHA256: hashlib.sha256(b"lease").digest(),
            Algorithm.SM3: numbered(1),
        },
        48211,
    ),
    media_type="application/pdf",
    modified=datetime(2026, 1, 1, tzinfo=UTC),
)
CLAIM = Claim("file/0", numbered(2), dict(FACT.to_json()))
STATEMENT = Statement(
    kind="deposit",
    ledger="local/3f9c1a7e",
    claims=TreePoint(1, leaf_hash(CLAIM.encode())),
    signer=numbered(3),
    made=MOMENT,
    after=TreePoint(7, numbered(4)),
    nonce=numbered(5)[:16],
    refs=(Reference(2, numbered(6)), Reference(5, numbered(7))),
)
SEAL_STATEMENT = Statement(
    kind="seal",
    ledger="local/3f9c1a7e",
    claims=TreePoint(0, hashlib.sha256(b"").digest()),
    signer=numbered(8),
    made=MOMENT,
    after=TreePoint(9, numbered(9)),
    nonce=numbered(10)[:16],
    seal=SealFact(
        checkpoint=numbered(10),
        size=9,
        root=numbered(9),
        tokens=(numbered(11), numbered(12)),
        cosignatures=(numbered(13),),
    ),
)
ADMINISTRATION_STATEMENT = Statement(
    kind="administration",
    ledger="local/3f9c1a7e",
    claims=TreePoint(0, hashlib.sha256(b"").digest()),
    signer=numbered(8),
    made=MOMENT,
    after=TreePoint(9, numbered(9)),
    nonce=numbered(16)[:16],
    administration=Enrol(numbered(3), frozenset({Role.DEPOSITOR, Role.NOTARY})),
)
GRANT_STATEMENT = Statement(
    kind="grant",
    ledger="local/3f9c1a7e",
    claims=TreePoint(0, hashlib.sha256(b"").digest()),
    signer=numbered(3),
    made=MOMENT,
    after=TreePoint(9, numbered(9)),
    nonce=numbered(17)[:16],
    refs=(Reference(8, numbered(18)),),
    grant=Grant(numbered(19), (0, 2)),
)
ENTRY = Entry(
    index=8,
    kind="deposit",
    prev=numbered(14),
    received=MOMENT.replace(microsecond=123456),
    signature=numbered(15),
    statement=hashlib.sha256(STATEMENT.encode()).digest(),
)


def built() -> dict[str, bytes]:
    """All vectors by file name, and the leaf hashes that follow from them."""
    objects = {
        "claim.json": CLAIM.encode(),
        "statement.json": STATEMENT.encode(),
        "seal-statement.json": SEAL_STATEMENT.encode(),
        "administration-statement.json": ADMINISTRATION_STATEMENT.encode(),
        "grant-statement.json": GRANT_STATEMENT.encode(),
        "entry.json": ENTRY.encode(),
    }
    hashes = "".join(f"{leaf_hash(data).hex()}  {name}\n" for name, data in objects.items())
    return objects | {"leaf-hashes.txt": hashes.encode()}


def read(name: str) -> bytes:
    """One vector as it lies in the repository."""
    return (FOLDER / name).read_bytes()
