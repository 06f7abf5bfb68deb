"""The golden vectors: what the encodings of this project hold for ever.

``python -m tests.golden.rebuild`` writes the files beside this one from these objects.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from evidence_ledger.core.administration import Enrol
from evidence_ledger.core.claim import Claim, FileFact
from evidence_ledger.core.contradiction import against, between
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.docket import docket_of
from evidence_ledger.core.entry import Entry
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.matter import LENGTH, keys_of
from evidence_ledger.core.matter_card import MatterCard
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.role import Role
from evidence_ledger.core.roll import Roll
from evidence_ledger.core.statement import Reference, SealFact, Statement, TreePoint
from tests.forked_log import Branch
from tests.small_log import LOG

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
KEYS = keys_of(numbered(16), "local/3f9c1a7e")
ROLL, ROLL_OF_TWO = Roll(), Roll()
for _index, _mark in enumerate(KEYS.marks[:3]):
    ROLL.add(_mark, 10 * _index)
    if _index < 2:
        ROLL_OF_TWO.add(_mark, 10 * _index)
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
MARKED_STATEMENT = replace(STATEMENT, opening=KEYS.openings[2])
ROLL_STATEMENT = Statement(
    kind="roll",
    ledger="local/3f9c1a7e",
    claims=TreePoint(0, hashlib.sha256(b"").digest()),
    signer=numbered(8),
    made=MOMENT,
    after=TreePoint(7, numbered(4)),
    nonce=numbered(17)[:16],
    roll=ROLL.root(),
)
MARKED_ENTRY = replace(ENTRY, mark=MARKED_STATEMENT.mark)


DOCKET = docket_of(
    KEYS,
    [
        (
            replace(ENTRY, index=10 * number, mark=mark).encode(),
            (numbered(18), numbered(19)),
        )
        for number, mark in enumerate(KEYS.marks[:2])
    ],
    ROLL_OF_TWO,
)
CARD = MatterCard("2026-CV-1142 租", numbered(16))


def _marks() -> str:
    """Numbers, openings, marks and links of a matter."""
    return "".join(
        f"{at}  {KEYS.openings[at].hex()}  {KEYS.marks[at].hex()}  {KEYS.links[at].hex()}\n"
        for at in (0, 1, 2, 255, 256, LENGTH)
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
        "marked-statement.json": MARKED_STATEMENT.encode(),
        "roll-statement.json": ROLL_STATEMENT.encode(),
        "marked-entry.json": MARKED_ENTRY.encode(),
    }
    hashes = "".join(f"{leaf_hash(data).hex()}  {name}\n" for name, data in objects.items())
    matters = {
        "leaf-hashes.txt": hashes.encode(),
        "marks.txt": _marks().encode(),
        "docket.jsonl": DOCKET.encode(),
        "matter-card.json": CARD.encode(),
    }
    return objects | matters | misbehaviour()


def misbehaviour() -> dict[str, bytes]:
    """One file against an operator for each kind of proof, and the ledger's key."""
    mine, yours = Branch(4, "a"), Branch(4, "b")
    found = {
        "prefix": against(mine.held(6), yours.held(11), yours.tree(11)),
        "node": between(mine.certificate(9, 5), yours.certificate(14, 5)),
        "same-size": between(mine.held(7), yours.held(7)),
    }
    files = {f"{name}.misbehaviour": one.encode() for name, one in found.items() if one}
    return files | {"misbehaviour.vkey": f"{LOG.verifier.encode()}\n".encode()}


def read(name: str) -> bytes:
    """One vector as it lies in the repository."""
    return (FOLDER / name).read_bytes()
