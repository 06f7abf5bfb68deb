"""Evidence records for tests: authorities of several generations, renewals of every kind.

2026 ── A ──────────────── 2029       each generation's X.509 certificate
        2028 ── B ──────────────── 2034
                        2033 ── C, D ───────────── 2040      D signs without SHA-256
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import evidence_record
from evidence_ledger.core.algorithm import DIGESTS, Digest
from evidence_ledger.core.record_coverage import RecordedObject
from evidence_ledger.core.record_renewal import add_chain, add_timestamp, timestamp_leaf, tree_leaf
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.record_verification import RecordTrust
from evidence_ledger.core.report import Report, Verdict
from tests.token_factory import MESSAGE_DIGEST, RIGHT, Recipe, info, token
from tests.x509_factory import TIMESTAMPS, Holder, issue, key_of

SHA256, SHA512 = DIGESTS["sha256"], DIGESTS["sha512"]
SHA3 = DIGESTS["sha3_256"]
DATA = b"the evidence"
NEIGHBOURS = tuple(hashlib.sha256(bytes([number])).digest() for number in range(4))


def day(year: int, month: int = 6) -> datetime:
    """Noon of the first of a month."""
    return datetime(year, month, 1, 12, tzinfo=UTC)


START = day(2027)
ROOT = issue("Root of all", authority=True, start=day(2020), end=day(2060))


def _generation(name: str, start: int, end: int, kind: str = "p256") -> Holder:
    return issue(
        f"Authority {name}",
        ROOT,
        key=key_of(kind, start),
        purposes=TIMESTAMPS,
        start=day(start),
        end=day(end),
    )


A = _generation("A", 2026, 2029)
B = _generation("B", 2028, 2034)
C = _generation("C", 2033, 2040)
D = _generation("D", 2033, 2040, "ed25519")


def stamp(
    imprint: bytes, moment: datetime, signer: Holder = A, digest: Digest = SHA256, **knobs: object
) -> bytes:
    """A token over ``imprint``."""
    recipe = RIGHT.but(
        signer=signer,
        imprint=imprint,
        imprint_algorithm=w.sequence(w.oid(digest.oid)),
        moment=moment,
        **knobs,
    )
    return token(_without_sha256(recipe) if signer is D else recipe)


def _without_sha256(recipe: Recipe) -> Recipe:
    """What is signed is hashed with SHA-512 (RFC 8419, section 2.2)."""
    hashed = w.octet_string(hashlib.sha512(info(recipe)).digest())
    return recipe.but(
        digest_algorithm=w.sequence(w.oid(SHA512.oid)),
        attributes=lambda attributes: {**attributes, MESSAGE_DIGEST: hashed},
    )


def initial(data: bytes = DATA, moment: datetime = START, signer: Holder = A) -> bytes:
    """A record of one timestamp over ``data`` and its neighbours."""
    tree = RecordTree([hashlib.sha256(data).digest(), *NEIGHBOURS])
    return evidence_record.initial_record(tree.plain_path(0), stamp(tree.root, moment, signer))


def renewed(record: bytes, moment: datetime, signer: Holder = B, **knobs: object) -> bytes:
    """``record`` with a timestamp renewal of its own."""
    parsed = evidence_record.parse(record)
    digest = parsed.chains[-1].stamps[0].digest.known
    return add_timestamp(record, stamp(timestamp_leaf(parsed), moment, signer, digest, **knobs))


def renewed_together(records: Sequence[bytes], moment: datetime, signer: Holder = B) -> list[bytes]:
    """All ``records`` of one digest, renewed by one token."""
    parsed = [evidence_record.parse(record) for record in records]
    digest = parsed[0].chains[-1].stamps[0].digest.known
    tree = RecordTree([timestamp_leaf(record) for record in parsed], digest)
    one = stamp(tree.root, moment, signer, digest)
    return [add_timestamp(record, one, tree.plain_path(i)) for i, record in enumerate(records)]


def rebuilt(
    records: Sequence[bytes],
    objects: Sequence[bytes],
    moment: datetime,
    signer: Holder = B,
    digest: Digest = SHA512,
) -> list[bytes]:
    """All ``records`` with a hash-tree renewal by one token."""
    hashes = [digest.of(data) for data in objects]
    pairs = [
        (evidence_record.parse(record), hash_)
        for record, hash_ in zip(records, hashes, strict=True)
    ]
    tree = RecordTree([tree_leaf(record, hash_, digest) for record, hash_ in pairs], digest)
    one = stamp(tree.root, moment, signer, digest)
    return [
        add_chain(record, hash_, digest, one, tree.plain_path(i))
        for i, (record, hash_) in enumerate(zip(records, hashes, strict=True))
    ]


def given(*data: bytes) -> list[RecordedObject]:
    """Objects with their bytes."""
    return [RecordedObject(f"object {i}", data=one) for i, one in enumerate(data or (DATA,))]


def trust(at: datetime, **more: object) -> RecordTrust:
    """The root of all, as of ``at``."""
    return RecordTrust((ROOT.der,), at, **more)  # type: ignore[arg-type]  # checked by name


def verdicts(report: Report) -> dict[str, tuple[Verdict, str | None]]:
    """Of each step, by its number."""
    return {step.number: (step.verdict, step.reason) for step in report.steps}


def reasons(report: Report) -> set[str]:
    """Of the steps that did not pass, but not because of another."""
    found = {step.reason for step in report.steps if step.reason}
    return found - {"step.not-reached"}


def story() -> list[bytes]:
    """One record at each moment of its life: made by A, renewed by B, then by C with SHA-512."""
    lives = [initial()]
    lives.append(renewed(lives[-1], day(2028, 7)))
    lives.append(rebuilt([lives[-1]], [DATA], day(2033, 7), C)[0])
    lives.append(renewed(lives[-1], day(2034), C))
    return lives


def with_chains(record: bytes, *chains: bytes) -> bytes:
    """``record`` with other chains under its digests."""
    listed = [w.sequence(w.oid(one.oid)) for one in evidence_record.parse(record).digests]
    return w.sequence(w.integer(1), w.sequence(*listed), w.sequence(*chains))
