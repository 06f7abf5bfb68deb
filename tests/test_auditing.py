"""The audit as a whole: what it says of claims, seals and signatures, and what it never reads."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from evidence_ledger.core.entry import parse as parse_entry
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.statement_signature import check_signature
from evidence_ledger.errors import Refused
from evidence_ledger.sealing import sealed_objects
from evidence_ledger.stored import SealObjects, StoredSeal
from tests.workbench import Workbench, fact, found, step


@pytest.fixture
def sealed(bench: Workbench) -> Workbench:
    """Two seals over deposits of many forms, and one deposit behind them."""
    bench.deposit([fact("a.txt", b"a"), fact("b.txt", b"b", sm3=False)], [("matter/case", "7")])
    bench.deposit([fact('"quoted".txt', b"c"), fact("卷宗.pdf", b"d")])
    bench.ledger.seal()
    bench.deposit([fact("c.txt", b"c")], [("origin/tool", {"name": "x", "version": "1"})])
    bench.ledger.seal()
    bench.deposit()
    return bench


def change(bench: Workbench, *statements: str) -> None:
    bench.store.close()
    with closing(sqlite3.connect(bench.database)) as connection:
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(names).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_sound_ledger_passes(sealed: Workbench) -> None:
    report = sealed.audit()
    assert report.verdict is Verdict.PASSED
    assert step(report, "3").says == "8 claims, all under the roots that were signed."
    assert step(report, "6").says == "2 seals have their entries."


def test_every_seal_entry_is_looked_at(sealed: Workbench) -> None:
    kinds = [parse_entry(one.entry).kind for one in sealed.store.entries(0, 6)]
    assert [number for number, kind in enumerate(kinds) if kind == "seal"] == [2, 4]
    change(sealed, "UPDATE seals SET entry = 3 WHERE number = 1")
    assert found(sealed.audit(), "6") == (Verdict.FAILED, "audit.seal-entry")


def test_a_lost_fingerprint_is_named(sealed: Workbench) -> None:
    change(sealed, "DELETE FROM fingerprints WHERE entry = 1 AND position = 1")
    one = step(sealed.audit(), "3")
    assert (one.verdict, one.reason) == (Verdict.FAILED, "audit.not-found")
    assert "entry 1, claim 1" in one.says


def test_a_lost_fingerprint_that_another_stands_in_for_is_noticed(sealed: Workbench) -> None:
    """As many rows as before: the number alone would not tell."""
    change(
        sealed,
        "DELETE FROM fingerprints WHERE entry = 1 AND position = 1 AND algorithm = 'sm3'",
        "INSERT INTO fingerprints SELECT digest, 'sm3', entry, position FROM fingerprints "
        "WHERE entry = 1 AND position = 1 AND algorithm = 'sha256'",
    )
    assert found(sealed.audit(), "1") == (Verdict.FAILED, "audit.false-fingerprint")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE claims SET data = (SELECT data FROM claims WHERE entry = 3) "
         "WHERE entry = 1 AND position = 0", "audit.claims"),
        ("UPDATE claims SET position = 9 WHERE entry = 1 AND position = 0", "audit.claim-gone"),
        ("DELETE FROM claims WHERE entry = 0 AND position = 2", "audit.claims"),
    ],
)  # fmt: skip
def test_a_spoilt_claim_is_named(sealed: Workbench, statement: str, reason: str) -> None:
    change(sealed, statement, "DELETE FROM fingerprints WHERE entry IN (0, 1)")
    one = step(sealed.audit(), "3")
    assert (one.verdict, one.reason) == (Verdict.FAILED, reason)


def test_without_signatures_these_are_never_read(sealed: Workbench) -> None:
    change(sealed, "UPDATE documents SET signature = x'00'")
    report = sealed.audit(signatures=False)
    assert found(report, "2") == (Verdict.INDETERMINATE, "audit.no-signatures")
    assert {one.number for one in report.steps if one.verdict is not Verdict.PASSED} == {"2"}
    assert found(sealed.audit(), "1") == (Verdict.FAILED, "audit.signature")


def test_a_signature_by_another_key_is_found(sealed: Workbench) -> None:
    """A forger who holds the database can make its hashes agree, but not this."""
    data, signature = (
        sealed.store.entry(5).statement or b"",
        bytearray(sealed.store.entry(5).signature or b""),
    )
    check_signature(data, bytes(signature))
    signature[-1] ^= 1
    with pytest.raises(Refused) as caught:
        check_signature(data, bytes(signature))
    assert caught.value.reason == "cms.signature"


def seal_of(bench: Workbench, number: int = 0) -> StoredSeal:
    seal = bench.store.seal(number)
    assert seal is not None
    return seal


def test_a_seals_leaves_are_its_objects(sealed: Workbench) -> None:
    for number in (0, 1):
        objects = sealed.store.seal_objects(number)
        assert sealed_objects.files_gone(sealed.store, seal_of(sealed, number), objects) == []


def test_every_changed_leaf_and_offset_shows(sealed: Workbench) -> None:
    seal = seal_of(sealed)
    objects = sealed.store.seal_objects(0)
    leaves, offsets = objects.leaves, objects.offsets
    assert len(leaves) == 32 * 9
    changed = [
        leaves[:at] + bytes([leaves[at] ^ 1]) + leaves[at + 1 :] for at in range(0, 32 * 9, 32)
    ]
    spoilt = [
        *((seal, SealObjects(one, offsets)) for one in changed),
        (seal, SealObjects(leaves + bytes(32), offsets)),
        (seal, SealObjects(leaves[:-32], offsets)),
        (seal, SealObjects(leaves[:-1], offsets)),
        (seal, SealObjects(leaves, (offsets[0], offsets[1] + 1))),
        (seal, SealObjects(leaves, (*offsets, 9))),
        (seal, SealObjects(leaves, offsets[:1])),
        (seal, SealObjects(leaves, ())),
        (replace(seal, checkpoint=seal.checkpoint + b"x"), objects),
        (replace(seal, size=seal.size - 1), objects),
        (replace(seal, size=seal.size + 1), objects),
        (replace(seal, first=1), objects),
    ]
    assert all(sealed_objects.files_gone(sealed.store, *one) is None for one in spoilt)
