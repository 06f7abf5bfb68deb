"""Faults at every write of an erasure: the entry, the removal, the overwriting.

After each fault nothing is gone without an entry that says so, the audit finds no defect, and the
same again finishes it with one entry.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence_ledger import assembly, desk
from evidence_ledger.author import Draft
from evidence_ledger.core import entry
from evidence_ledger.core.erasure import REASON
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.statement import Reference
from tests import sealed_ledger
from tests.crash.faults import Fault, How, Outcome, run
from tests.crash.test_kill import Tell, Template, template
from tests.sealed_ledger import SealedLedger

__all__ = ["template"]


def erase(ledger: SealedLedger, tell: Tell) -> None:
    place = assembly.open_ledger(ledger.home)
    try:
        stored = place.ledger.entry(0)
        if stored.statement is not None:
            refs = (Reference(0, stored.leaf_hash),)
            counter = desk.Desk(place, assembly.open_depositor(ledger.home))
            done = counter.enter(Draft("erasure", (), [(REASON, "Art. 17 GDPR")], refs))
            tell(done.receipt.index)
            place.outbox.drop(done.key)
        place.ledger.finish_erasures()
    finally:
        place.close()


def check_recovery(ledger: SealedLedger, outcome: Outcome, where: str) -> None:
    assert outcome.crash is None, f"{where}: {outcome.crash}"
    report = sealed_ledger.audit(ledger)
    reasons = {step.reason for step in report.steps if step.verdict is not Verdict.PASSED}
    assert reasons <= {"audit.erasure-unfinished"}, where
    again = run(lambda tell: erase(ledger, tell), Fault(How.KILLED, 0))
    assert (again.error, again.crash) == (None, None), where
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED, where
    place = assembly.open_ledger(ledger.home)
    try:
        assert place.ledger.entry(0).statement is None, where
        kinds = [entry.parse(one.entry).kind for one in place.ledger.entries()]
        assert kinds == ["deposit", "seal", "erasure"], where
    finally:
        place.close()
    assert b"old.txt" not in ledger.home.database.read_bytes(), where


@pytest.mark.parametrize("how", list(How))
def test_every_write_of_an_erasure_goes_wrong(template: Template, tmp_path: Path, how: How) -> None:
    ledger = template.copy(tmp_path / "run")
    total = run(lambda tell: erase(ledger, tell), Fault(How.KILLED, 0)).writes
    assert total > 5
    for at in range(1 + list(How).index(how) % 2, total + 1, 2):
        ledger = template.copy(tmp_path / "run")
        outcome = run(lambda tell, own=ledger: erase(own, tell), Fault(how, at))  # type: ignore[misc]  # bound now
        check_recovery(ledger, outcome, f"write {at} {how}")
