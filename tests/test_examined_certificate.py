"""Of many certificates that lie beside a list, what each of them shows is not held."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

from evidence_ledger.core import trust_policy
from evidence_ledger.core.examined_certificate import ExaminedCertificate, PresentedCertificate
from evidence_ledger.core.report import Verdict
from tests.workbench import Workbench, written

COUNT, SIZE = 20, 60_000


def test_claims_of_any_size_are_not_held(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    index = bench.deposit(fields=[("matter/case_number", "7"), ("matter/purpose", "x" * SIZE)])
    bench.ledger.seal()
    one = PresentedCertificate("a.asice", io.BytesIO(written(bench.issue(index))))
    policy, at = trust_policy.parse(bench.policy()), bench.clock.now()
    first = ExaminedCertificate.of(one, policy, at)
    assert (first.verdict, first.sealed, first.case_number) == (Verdict.PASSED, True, "7")
    assert first.entry is not None
    tracemalloc.start()
    try:
        held = [ExaminedCertificate.of(one, policy, at) for _ in range(COUNT)]
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held == [first] * COUNT
    assert size < COUNT * SIZE // 4
