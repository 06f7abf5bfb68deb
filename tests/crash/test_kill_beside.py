"""Faults at every write of a renewal, and of timestamps over files themselves.

After each fault: the audit PASSES, the same again completes what was begun, and nothing is double.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence_ledger import assembly
from evidence_ledger.core import entry
from evidence_ledger.core.report import Verdict
from evidence_ledger.renewing.plan import Wish
from tests import sealed_ledger
from tests.crash.faults import Fault, How, Outcome, run
from tests.crash.test_kill import Tell, Template, template
from tests.sealed_ledger import SealedLedger

__all__ = ["template"]

DEPOSIT = 0


def renew_and_stamp(ledger: SealedLedger, tell: Tell) -> None:
    """Both hash trees and timestamps renewed, then timestamps over the files of a deposit."""
    place = assembly.open_ledger(ledger.home)
    try:
        for digest in ("sha512", None):
            for one in place.renewer().renew(Wish(digest=digest)).renewals:
                assert one.entry is not None
                tell(one.entry)
        assert not place.ledger.stamp_files(DEPOSIT)
        tell(-1)
    finally:
        place.close()


def hurt(template: Template, folder: Path, how: How, at: int) -> tuple[SealedLedger, Outcome]:
    ledger = template.copy(folder)
    return ledger, run(lambda tell: renew_and_stamp(ledger, tell), Fault(how, at))


def check_recovery(ledger: SealedLedger, outcome: Outcome, where: str) -> None:
    assert outcome.crash is None, f"{where}: {outcome.crash}"
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED, where
    again = run(lambda tell: renew_and_stamp(ledger, tell), Fault(How.KILLED, 0))
    assert (again.error, again.crash) == (None, None), where
    check_whole(ledger, {one for one in outcome.acknowledged if one >= 0}, where)
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED, where


def check_whole(ledger: SealedLedger, acknowledged: set[int], where: str) -> None:
    """Each renewal has its one entry, those acknowledged among them; each file its one token."""
    place = assembly.open_ledger(ledger.home)
    try:
        store = place.ledger.store
        newest = store.renewal(-1)
        assert newest is not None
        renewals = [store.renewal(number) for number in range(newest.number + 1)]
        named = [one.entry for one in renewals if one is not None]
        kinds = [entry.parse(one.entry).kind for one in place.ledger.entries()]
        assert acknowledged <= set(named), where
        assert named == list(range(2, 2 + len(named))), where
        assert kinds == ["deposit", "seal", *["seal"] * len(named)], where
        assert len(store.direct(DEPOSIT)) == 1, where
    finally:
        place.close()


def writes_of(template: Template, folder: Path) -> int:
    _, outcome = hurt(template, folder, How.KILLED, 0)
    assert (outcome.error, outcome.crash, outcome.killed) == (None, None, False)
    assert outcome.acknowledged == [2, 3, -1]
    assert outcome.writes > 15
    return outcome.writes


def check_each(template: Template, folder: Path, how: How, steps: Iterator[int]) -> None:
    for at in steps:
        ledger, outcome = hurt(template, folder / "run", how, at)
        assert outcome.killed is (how is How.KILLED), f"write {at} {how}"
        check_recovery(ledger, outcome, f"write {at} {how}")


@pytest.mark.parametrize("how", list(How))
def test_a_sample_of_writes_goes_wrong(template: Template, tmp_path: Path, how: How) -> None:
    total = writes_of(template, tmp_path / "run")
    check_each(template, tmp_path, how, iter(range(1 + list(How).index(how), total + 1, 5)))


@pytest.mark.long
@pytest.mark.parametrize("how", list(How))
def test_every_write(template: Template, tmp_path: Path, how: How) -> None:
    total = writes_of(template, tmp_path / "run")
    check_each(template, tmp_path, how, iter(range(1, total + 1)))
