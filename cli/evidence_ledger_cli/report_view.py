"""A report on a screen: the numbered steps, and the verdict last."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator

from evidence_ledger.core.presented_text import NOT_COMPARED
from evidence_ledger.core.recipe import SKIPPED
from evidence_ledger.core.report import Report, Step, Verdict
from evidence_ledger_cli.output import show, show_json, styled
from evidence_ledger_cli.safe_text import safe_line, shortened

EXIT_CODES = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.INDETERMINATE: 3}

_COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.INDETERMINATE: "yellow"}
_MEANINGS = {
    Verdict.PASSED: "Every step passed.",
    Verdict.FAILED: "A defect is proved.",
    Verdict.INDETERMINATE: "No defect is proved, but not everything could be decided.",
}
_WIDEST = 100
_INDENT = " " * 8


def show_report(report: Report, *, heading: str, json: bool, explain: bool = False) -> int:
    """Show a report on what ``heading`` names. The exit code that its verdict has."""
    if json:
        show_json(report.to_json())
    else:
        width = min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
        for line in lines(report, heading=heading, width=max(width, 40), explain=explain):
            show(line)
    return EXIT_CODES[report.verdict]


def lines(report: Report, *, heading: str, width: int, explain: bool) -> Iterator[str]:
    """The report in lines of at most ``width`` columns."""
    yield shortened(heading, width)
    yield ""
    for step in report.steps:
        if step.reason != SKIPPED:
            yield from _step(step, width, explain=explain)
    yield from _skipped(report, width)
    yield ""
    conclusion = report.facts.get("conclusion")
    meaning = conclusion if isinstance(conclusion, str) else _MEANINGS[report.verdict]
    yield from _verdict(report.verdict, meaning, width)
    proves = report.facts.get("meaning")
    if report.verdict is Verdict.PASSED and isinstance(proves, str):
        yield from textwrap.wrap(safe_line(proves), width)
        if _has_uncompared_files(report):
            yield from textwrap.wrap(NOT_COMPARED, width)


def _has_uncompared_files(report: Report) -> bool:
    files = report.facts.get("files")
    if not isinstance(files, list):
        return False
    return bool(files) and not any(one["presented"] or one["embedded"] for one in files)


def _skipped(report: Report, width: int) -> Iterator[str]:
    numbers = [step.number for step in report.steps if step.reason == SKIPPED]
    if numbers:
        which = f"step {numbers[0]}" if len(numbers) == 1 else f"steps {', '.join(numbers)}"
        yield ""
        yield from textwrap.wrap(
            f"Not checked, because a step that they need did not pass: {which}.", width
        )


def _step(step: Step, width: int, *, explain: bool) -> Iterator[str]:
    mark = styled(f"{step.verdict:<13}", sys.stdout, fg=_COLOURS[step.verdict])
    yield f"{step.number:>5}   {mark} {safe_line(step.name)}"
    yield from _paragraph(step.says, width)
    if step.verdict is not Verdict.PASSED and step.reason:
        yield from _paragraph(f"reason: {step.reason}", width)
    if step.hint:
        yield from _paragraph(f"hint: {step.hint}", width)
    if explain and step.explain:
        yield from _paragraph(step.explain, width)
    if explain and step.clause:
        yield from _paragraph(f"[{step.clause}]", width)


def _paragraph(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        safe_line(text),
        width,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
    )


def _verdict(verdict: Verdict, meaning: str, width: int) -> Iterator[str]:
    rule = "=" * min(width, 60)
    yield rule
    word = styled(f"  {verdict}", sys.stdout, fg=_COLOURS[verdict], bold=True)
    yield f"{word}   {meaning}"
    yield rule
