"""Verdicts: the worst step decides, and a part that was not needed does not."""

from __future__ import annotations

from itertools import product

import pytest

from evidence_ledger.core.report import Report, Step, Verdict, verdict_of, worst
from evidence_ledger.errors import (
    EvidenceError,
    FormatError,
    LedgerCorrupt,
    NewerFormat,
    Refused,
    Undecided,
    UsageError,
)

P, I, F = Verdict.PASSED, Verdict.INDETERMINATE, Verdict.FAILED  # noqa: E741  # the three answers


def report(*steps: tuple[str, Verdict]) -> Report:
    return Report("x", tuple(Step(number, "name", verdict, "says") for number, verdict in steps))


def test_no_steps_prove_nothing() -> None:
    assert report().verdict is I
    assert worst([]) is I


@pytest.mark.parametrize("verdicts", list(product([P, I, F], repeat=3)))
def test_the_worst_step_decides(verdicts: tuple[Verdict, ...]) -> None:
    found = report(*((str(at), one) for at, one in enumerate(verdicts)))
    expected = F if F in verdicts else I if I in verdicts else P
    assert found.verdict is expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(I, P, P), (I, I, I), (P, I, I), (F, P, F), (F, I, F), (I, F, F), (P, P, P)],
)
def test_a_part_counts_unless_it_is_undecided_and_the_others_were_enough(
    part: Verdict, whole: Verdict, expected: Verdict
) -> None:
    assert report(("1", P), ("9.1", part), ("9", whole)).verdict is expected


def test_an_undecided_part_of_no_step_counts() -> None:
    assert report(("1", P), ("9.1", I)).verdict is I


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Refused("a.b", "x"), F),
        (FormatError("a.b", "x"), F),
        (NewerFormat("a.b", "x"), I),
        (Undecided("a.b", "x"), I),
        (UsageError("x"), I),
        (LedgerCorrupt("x"), I),
    ],
)
def test_only_proof_of_a_defect_is_failed(error: EvidenceError, verdict: Verdict) -> None:
    assert verdict_of(error) is verdict


def test_json_has_stable_names() -> None:
    found = report(("1", P)).to_json()
    assert list(found) == ["subject", "verdict", "steps", "facts"]
    steps = found["steps"]
    assert isinstance(steps, list)
    assert list(steps[0]) == ["number", "name", "verdict", "reason", "says", "hint", "clause"]
    assert found["verdict"] == "PASSED"
