"""The verdict in sentences that a judge can read."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_ledger.core.counting import counted
from evidence_ledger.core.recipe import SKIPPED
from evidence_ledger.core.report import Report, Step, Verdict

MOST = 3
"""Steps that are named beside the verdict."""
MISBEHAVIOUR = "misbehaviour"
SIGNS = {Verdict.PASSED: "✓", Verdict.INDETERMINATE: "?", Verdict.FAILED: "✗"}
WORDS = {
    Verdict.PASSED: "Every step of the check passed.",
    Verdict.FAILED: "A defect is proved.",
    Verdict.INDETERMINATE: "No defect is proved, but not everything could be decided.",
}
_OPERATOR = {
    Verdict.FAILED: "The ledger's operator signed two histories that contradict each other.",
    Verdict.INDETERMINATE: "This file does not prove that an operator signed two histories.",
}


def headline(report: Report) -> str:
    """The first sentence."""
    if report.subject == MISBEHAVIOUR:
        return _OPERATOR.get(report.verdict, WORDS[report.verdict])
    return WORDS[report.verdict]


def details(report: Report) -> list[str]:
    """What that comes from, or what it holds."""
    if report.subject == MISBEHAVIOUR and report.verdict is Verdict.FAILED:
        return ["FAILED is the verdict on the ledger's operator, not on this file."]
    if report.verdict is not Verdict.PASSED:
        return _reasons(decisive(report))
    by_number = {one.number: one.says for one in report.steps}
    wanted = ("9", "11", "15") if "9" in by_number else tuple(by_number)[:3]
    return [by_number[number] for number in wanted if number in by_number]


def _reasons(steps: Sequence[Step]) -> list[str]:
    shown = [f"Step {one.number}, {one.name}: {one.says}" for one in steps[:MOST]]
    more = len(steps) - MOST
    return [*shown, f"The same goes for {counted(more, 'more step')}."] if more > 0 else shown


def decisive(report: Report) -> list[Step]:
    """The steps that the verdict comes from; what was only not reached is none."""
    return [one for one in report.steps if one.verdict is report.verdict and one.reason != SKIPPED]
