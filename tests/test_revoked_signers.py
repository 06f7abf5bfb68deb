"""Whoever was revoked hands in nothing more, in an open ledger too; and what the audit says of
entries from before that was so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evidence_ledger.core.administration import Enrol, Revoke, Settings
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import EvidenceError, NotAllowed
from evidence_ledger.ledger import Receipt
from tests.fence import take_down
from tests.test_registrar import (
    ANY,
    NOTARY,
    STRANGER,
    act,
    author,
    context,
    deposit,
    fingerprint,
    force,
    reason,
    signed_act,
)
from tests.workbench import DEPOSITOR, Workbench, found, step

PASSED = (Verdict.PASSED, None)
FORMER = Revoke(fingerprint(STRANGER), always=False)
"""What programs wrote that took from the revoked in an open ledger."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Entry 0 is by the stranger, in an open ledger."""
    bench = Workbench(tmp_path)
    bench.ledger.deposit([deposit(bench, STRANGER)])
    yield bench
    bench.store.close()


@pytest.mark.parametrize("always", [True, False])
def test_an_open_ledger_takes_nothing_from_the_revoked(bench: Workbench, always: bool) -> None:
    act(bench, Revoke(fingerprint(STRANGER), always))
    assert reason(bench, deposit(bench, STRANGER)) == "register.revoked"
    bench.ledger.deposit([deposit(bench, NOTARY)])
    assert found(bench.audit(), "11") == PASSED


def test_in_one_append_a_revocation_counts_for_what_follows(bench: Workbench) -> None:
    batch = [signed_act(bench, Revoke(fingerprint(STRANGER))), deposit(bench, STRANGER)]
    outcomes = bench.ledger.deposit_each([bench.ledger.admit(one) for one in batch])
    assert isinstance(outcomes[0], Receipt)
    assert isinstance(outcomes[1], NotAllowed)


def test_the_audit_finds_what_an_open_ledger_took_from_the_revoked(bench: Workbench) -> None:
    act(bench, Revoke(fingerprint(STRANGER)))
    force(bench, deposit(bench, STRANGER))
    assert found(bench.audit(), "11") == (Verdict.FAILED, "register.revoked")
    assert step(bench.audit(), "11").says.endswith("(entry 2)")


def test_an_entry_from_before_the_rule_is_told_and_no_defect(bench: Workbench) -> None:
    act(bench, FORMER)
    force(bench, deposit(bench, STRANGER), deposit(bench, NOTARY), deposit(bench, STRANGER))
    report = bench.audit()
    assert found(report, "11") == PASSED
    assert "2 entries by revoked keys while it was open, the first is 2" in step(report, "11").says


def test_who_is_revoked_again_is_revoked_by_the_rule(bench: Workbench) -> None:
    act(bench, FORMER)
    force(bench, deposit(bench, STRANGER))
    act(bench, Revoke(fingerprint(STRANGER)))
    act(bench, FORMER)
    assert found(bench.audit(), "11") == PASSED
    force(bench, deposit(bench, STRANGER))
    assert found(bench.audit(), "11") == (Verdict.FAILED, "register.revoked")


def test_an_enrolment_ends_a_revocation(bench: Workbench) -> None:
    act(bench, Revoke(fingerprint(STRANGER)))
    act(bench, Enrol(fingerprint(STRANGER), ANY))
    bench.ledger.deposit([deposit(bench, STRANGER)])
    assert found(bench.audit(), "11") == PASSED


def test_a_key_that_was_rotated_is_refused_with_the_one_to_use(bench: Workbench) -> None:
    rotation = author(bench, STRANGER).rotation(author(bench, NOTARY), context(bench))
    bench.ledger.deposit([rotation])
    with pytest.raises(EvidenceError) as told:
        bench.ledger.deposit([deposit(bench, STRANGER)])
    assert fingerprint(NOTARY).hex() in str(told.value.hint)
    bench.ledger.deposit([deposit(bench, NOTARY)])
    force(bench, deposit(bench, STRANGER))
    report = bench.audit()
    assert found(report, "11") == PASSED
    assert "1 entry by revoked keys while it was open" in step(report, "11").says


@pytest.mark.parametrize("always", [True, False])
def test_whose_an_erased_statement_was_is_undecided_by_the_rule(
    bench: Workbench, always: bool
) -> None:
    act(bench, Revoke(fingerprint(STRANGER), always))
    bench.ledger.deposit([deposit(bench, NOTARY)])
    with closing(sqlite3.connect(bench.database)) as connection, connection:
        take_down(connection)
        connection.execute("UPDATE documents SET statement = NULL WHERE entry = 2")
    undecided = (Verdict.INDETERMINATE, "audit.documents-gone")
    assert found(bench.audit(), "11") == (undecided if always else PASSED)


def test_a_ledger_that_closes_and_opens_goes_on_refusing(bench: Workbench) -> None:
    act(bench, Enrol(fingerprint(DEPOSITOR), ANY))
    for closed in (True, False):
        act(bench, Settings(closed))
        act(bench, Revoke(fingerprint(DEPOSITOR)))
        assert reason(bench, deposit(bench, DEPOSITOR)) == "register.revoked"
    bench.ledger.deposit([deposit(bench, STRANGER)])
    assert found(bench.audit(), "11") == PASSED
