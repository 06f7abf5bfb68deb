"""How a report looks, and which exit code it has."""

from __future__ import annotations

import json

import pytest

from evidence_ledger.core.report import Report, Step, Verdict
from evidence_ledger_cli.report_view import EXIT_CODES, lines, show_report

PASSED = Step("1", "The file", Verdict.PASSED, "Its fingerprint is the one deposited.", "RFC 1")
FAILED = Step(
    "2.1",
    "The token",
    Verdict.FAILED,
    "The token is for other data.",
    "RFC 3161, section 2.4.2",
    "token.imprint",
    "Was the right file given?",
    "A timestamp names one fingerprint.",
)
OPEN = Step("3", "The root", Verdict.INDETERMINATE, "Nobody vouches for it.", "", "root.unknown")


def test_steps_in_order_and_the_verdict_last() -> None:
    shown = list(
        lines(Report("case.asice", (PASSED, FAILED, OPEN)), heading="h", width=80, explain=False)
    )
    text = "\n".join(shown)
    assert text.index("PASSED") < text.index("The token") < text.index("The root")
    assert "    1   PASSED        The file" in shown
    assert "        reason: token.imprint" in shown
    assert "        hint: Was the right file given?" in shown
    assert shown[-2] == "  FAILED   A defect is proved."
    assert "A timestamp names one fingerprint." not in text


def test_explain_adds_what_a_step_means_and_its_clause() -> None:
    shown = list(lines(Report("x", (FAILED,)), heading="h", width=80, explain=True))
    assert "        A timestamp names one fingerprint." in shown
    assert "        [RFC 3161, section 2.4.2]" in shown


def test_no_steps_prove_nothing() -> None:
    assert list(lines(Report("x", ()), heading="h", width=80, explain=False))[-2].startswith(
        "  INDETERMINATE"
    )


def test_what_was_checked_cannot_draw_on_the_screen() -> None:
    step = Step("1", "na\x1bme", Verdict.FAILED, "PASSED\r\x1b[2K" * 3, "", "r\n", "h\u202e")
    for line in lines(Report("x", (step,)), heading="a\x1b[31m\n.pdf", width=80, explain=True):
        assert line.isprintable() or line == ""


@pytest.mark.parametrize("step", [PASSED, FAILED, OPEN])
def test_exit_codes_follow_the_verdict(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("x", (step,), {"size": 1})
    codes = {show_report(report, heading="x", json=as_json) for as_json in (True, False)}
    assert codes == {EXIT_CODES[step.verdict]}
    out = capsys.readouterr().out
    document = json.loads(out[: out.index("\n}") + 2])
    assert document == report.to_json()


def test_exit_codes_are_the_published_ones() -> None:
    assert {str(verdict): code for verdict, code in EXIT_CODES.items()} == {
        "PASSED": 0,
        "FAILED": 1,
        "INDETERMINATE": 3,
    }


FILE = {"path": "file/0", "embedded": False, "presented": []}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([FILE], True),
        ([FILE, FILE], True),
        ([FILE, FILE | {"presented": ["a"]}], False),
        ([FILE | {"embedded": True}], False),
        ([], False),
        (None, False),
    ],
)
def test_passed_without_a_file_says_that_none_was_compared(files: object, said: bool) -> None:
    report = Report("certificate", (PASSED,), {"meaning": "It proves bytes.", "files": files})
    text = " ".join(lines(report, heading="h", width=80, explain=False))
    assert ("No file was presented: whether a file that you have" in text) is said
