"""Signers: those whom the policy names, within their dates."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes import NOON
from tests.verification.subject import INDETERMINATE, PASSED, Subject
from tests.workbench import CA, DEPOSITOR, Workbench, found, written
from tests.x509_factory import YEAR, issue


def test_a_signer_that_nobody_names_is_undecided(subject: Subject) -> None:
    report = subject.check(subject.parts, subject.bench.policy(signer=""))
    assert found(report, "10") == (INDETERMINATE, "signer.unknown")


def test_a_pinned_signer_passes_and_another_pin_does_not(subject: Subject) -> None:
    pin = hashlib.sha256(DEPOSITOR.der).hexdigest()
    pinned = subject.bench.policy(signer=f'[[signer]]\ncertificates = ["{pin}"]\n')
    assert subject.check(subject.parts, pinned).verdict is PASSED
    other = subject.bench.policy(signer=f'[[signer]]\ncertificates = ["{"00" * 32}"]\n')
    assert found(subject.check(subject.parts, other), "10") == (INDETERMINATE, "signer.unknown")


def test_a_signer_of_another_ca_is_undecided(subject: Subject) -> None:
    impostor = issue("Test CA", authority=True)
    policy = subject.bench.policy(signer=f"[[signer]]\nroots = '''\n{impostor.pem.decode()}'''\n")
    assert found(subject.check(subject.parts, policy), "10") == (
        INDETERMINATE,
        "chain.unknown-root",
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [(NOON - YEAR, NOON - timedelta(days=1)), (NOON + timedelta(days=1), NOON + YEAR)],
    ids=["expired", "not yet valid"],
)
@pytest.mark.parametrize("pinned", [True, False])
def test_a_signer_out_of_its_dates_is_undecided(
    tmp_path: Path, start: object, end: object, pinned: bool
) -> None:
    signer = issue("Depositor", CA, start=start, end=end)  # type: ignore[arg-type]  # both are datetimes
    bench = Workbench(tmp_path, depositor=signer)
    index = bench.deposit()
    bench.ledger.seal()
    pin = hashlib.sha256(signer.der).hexdigest()
    policy = bench.policy(signer=f'[[signer]]\ncertificates = ["{pin}"]\n') if pinned else ""
    report = bench.check(written(bench.issue(index)), policy=policy)
    bench.store.close()
    reason = "signer.not-valid" if pinned else "signer.chain-not-valid"
    assert found(report, "10") == (INDETERMINATE, reason)
