"""Cosignatures after power cuts, and under the audit."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from evidence_ledger.core import entry
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.verifier_key import KeyType
from tests.cosigned_ledger import bench, lines_of, named, sealed, stored, whose, witnesses
from tests.fake_witness import FakeWitness
from tests.fakes import Fuse, PowerCut
from tests.small_log import make_key
from tests.workbench import Workbench, found

__all__ = ["bench"]


def test_a_seal_with_witnesses_that_is_interrupted_anywhere_is_finished(tmp_path: Path) -> None:
    calls = 16
    for number in range(2 * calls):
        folder = tmp_path / str(number)
        folder.mkdir()
        _check_interrupted(Workbench(folder), Fuse(number // 2, late=bool(number % 2)))


def _check_interrupted(bench: Workbench, fuse: Fuse) -> None:
    witnesses(bench, "a", "b")
    bench.deposit()
    try:
        bench.reopened(fuse).seal()
        bench.reopened(fuse).complete()
    except PowerCut:
        pass
    assert bench.audit().verdict is not Verdict.FAILED
    ledger = bench.reopened()
    ledger.seal()
    ledger.complete()
    seal = stored(bench, 0)
    assert set(whose(seal)) == {"a", "b"}
    assert sorted(named(bench)) == sorted(lines_of(seal))
    kinds = [entry.parse(one.entry).kind for one in ledger.entries()]
    assert kinds[:2] == ["deposit", "seal"]
    assert bench.audit().verdict is Verdict.PASSED
    bench.store.close()


def test_the_audit_finds_a_cosignature_that_is_gone(bench: Workbench) -> None:
    witnesses(bench, "a")
    sealed(bench)
    _without_fence(bench, "DELETE FROM cosignatures WHERE position = 1")
    assert found(bench.audit(), "6") == (Verdict.FAILED, "audit.lost-cosignature")


def test_the_audit_finds_a_cosignature_of_another_checkpoint(bench: Workbench) -> None:
    witnesses(bench, "a")
    sealed(bench)
    sealed(bench)
    _without_fence(
        bench,
        "UPDATE cosignatures SET line = (SELECT line FROM cosignatures AS o WHERE o.seal = 0"
        " AND o.key = cosignatures.key) WHERE seal = 1",
    )
    report = bench.audit()
    assert found(report, "9") == (Verdict.FAILED, "note.bad-signature")


def test_a_cosignature_of_a_witness_that_nobody_knows_decides_nothing(bench: Workbench) -> None:
    witnesses(bench, "a")
    sealed(bench)
    bench.witnesses = []
    assert found(bench.audit(), "9") == (Verdict.INDETERMINATE, "audit.unknown-witness")


def _without_fence(bench: Workbench, statement: str) -> None:
    bench.store.close()
    with sqlite3.connect(bench.database) as connection:
        for change in ("update", "delete"):
            connection.execute(f"DROP TRIGGER cosignatures_refuse_{change}")
        connection.execute(statement)
    connection.close()
    bench.restored(bench.snapshot())


def test_a_witness_of_one_key_is_enough(bench: Workbench) -> None:
    key = make_key("solo.example", KeyType.ED25519_COSIGNATURE)
    bench.witnesses = [FakeWitness("solo", bench.clock, keys=[key])]
    bench.ledger = bench.reopened()
    seal = sealed(bench).seal
    assert seal is not None
    assert len(seal.cosignatures) == 1
