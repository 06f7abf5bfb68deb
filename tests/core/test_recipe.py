"""A recipe turns each kind of error into its verdict and keeps going."""

from __future__ import annotations

import pytest

from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import (
    EvidenceError,
    FormatError,
    LogUnreachable,
    NewerFormat,
    Refused,
    Undecided,
)

TASK = Task("1", "Try", "RFC 0", "In plain words.")


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        (Refused("a.b", "No."), Verdict.FAILED, "a.b"),
        (FormatError("a.c", "No."), Verdict.FAILED, "a.c"),
        (Undecided("a.d", "Who knows."), Verdict.INDETERMINATE, "a.d"),
        (NewerFormat("a.e", "Later."), Verdict.INDETERMINATE, "a.e"),
        (LogUnreachable("Gone."), Verdict.INDETERMINATE, "log.unreachable"),
    ],
)
def test_an_error_becomes_a_verdict(error: EvidenceError, verdict: Verdict, reason: str) -> None:
    def check() -> tuple[int, str]:
        raise error

    recipe = Recipe("x")
    assert recipe.step(TASK, check) is None
    step = recipe.report().steps[0]
    assert (step.verdict, step.reason, step.says) == (verdict, reason, error.message)


def test_a_passed_step_gives_its_result() -> None:
    recipe = Recipe("x")
    assert recipe.step(TASK, lambda: (7, "Done.")) == 7
    step = recipe.report().steps[0]
    assert (step.verdict, step.says, step.clause) == (Verdict.PASSED, "Done.", "RFC 0")


def test_a_skipped_step_is_never_passed() -> None:
    recipe = Recipe("x")
    recipe.skip(TASK)
    assert recipe.report().verdict is Verdict.INDETERMINATE


def test_a_fault_of_the_program_is_not_a_verdict() -> None:
    with pytest.raises(ZeroDivisionError):
        Recipe("x").step(TASK, lambda: (1 // 0, "Never."))
