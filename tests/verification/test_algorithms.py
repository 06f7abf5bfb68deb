"""Digests that the policy requires, and the ends of algorithms."""

from __future__ import annotations

import pytest

from evidence_ledger.core.report import Verdict
from tests.verification.subject import INDETERMINATE, PASSED, Subject
from tests.workbench import Workbench, fact, found, written


def test_a_digest_that_the_policy_asks_for_is_missing(bench: Workbench) -> None:
    index = bench.deposit([fact("a.txt", b"alpha", sm3=False)])
    bench.ledger.seal()
    report = bench.check(written(bench.issue(index)))
    assert found(report, "12") == (INDETERMINATE, "policy.digest-missing")


@pytest.mark.parametrize(
    ("end", "name", "verdict"),
    [
        ("2026-11-22", "ecdsa-sha256", PASSED),
        ("2026-11-21", "ecdsa-sha256", INDETERMINATE),
        ("2026-11-21", "sha256", INDETERMINATE),
        ("2026-11-21", "ed25519", PASSED),
        ("2026-11-21", "rsa-pkcs1-sha256", PASSED),
    ],
)
def test_an_algorithm_is_accepted_to_the_end_of_its_last_day(
    subject: Subject, end: str, name: str, verdict: Verdict
) -> None:
    policy = subject.bench.policy(algorithms=f"[algorithms]\n{name} = {end}\n")
    report = subject.check(subject.parts, policy)
    assert (found(report, "12")[0], report.verdict) == (verdict, verdict)
