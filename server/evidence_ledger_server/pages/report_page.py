"""The report of a check: the verdict first, then by whose word, what was checked, and how."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence_ledger import __version__
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.counting import counted
from evidence_ledger.core.findings import shown
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.presented_text import NOT_COMPARED
from evidence_ledger.core.recipe import SKIPPED
from evidence_ledger.core.report import Report, Step, Verdict
from evidence_ledger.core.safe_text import safe_name
from evidence_ledger_server.pages import sentences
from evidence_ledger_server.pages.facts import MOST, Seen, established, moment
from evidence_ledger_server.pages.layout import (
    bullets,
    code,
    named,
    page,
    paragraphs,
    rows,
    section,
)
from evidence_ledger_server.pages.markup import LONGEST, Child, Html, element, joined
from evidence_ledger_server.pages.offline import offline

SUBJECTS = {
    "certificate": "Report on a certificate",
    "completeness certificate": "Report on a completeness certificate",
    "misbehaviour": "Report on evidence against a ledger's operator",
    "fingerprints": "Report on fingerprints",
}
MOST_STEPS = 5000
UNSEEN = "by its fingerprint alone"
_MEANING = (
    "Evidence against an operator says which ledger can't be believed. It says nothing about any "
    "single deposit, nor which of two histories is the true one."
)


@dataclass(frozen=True, slots=True)
class Judge:
    """By whose word it was judged: by a trust policy, the server's ``own`` or one that was sent
    along, by verifier keys that were sent along, or by both.
    """

    policy: str | None = None
    sha256: str | None = None
    own: bool = False
    keys: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """The file that was judged."""

    name: bytes
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A report with what it was made from; ``certificates`` are the names of those beside it."""

    report: Report
    judge: Judge
    subject: Subject | None
    files: Sequence[PresentedFile]
    certificates: Sequence[str]
    at: datetime
    request_id: str
    origin: str


def report_page(checked: Checked) -> bytes:
    """The whole document."""
    report = checked.report
    return page(
        SUBJECTS[report.subject],
        _verdict(report),
        _judge(checked.judge),
        _checked(checked),
        established(report.facts, _seen(checked.files)),
        _steps(report.steps),
        _not_proved(checked),
        offline(report.subject, "Do not take this page's word for it"),
        element("p", element("a", "Check another one", href="check"), class_="onward"),
        told=f"{report.verdict}: ",
    )


def _verdict(report: Report) -> Html:
    verdict = report.verdict
    word = joined(element("span", sentences.SIGNS[verdict], aria_hidden="true"), f" {verdict}")
    return element(
        "section",
        element("h2", word),
        element("p", sentences.headline(report), class_="lead"),
        *(element("p", one) for one in sentences.details(report)),
        class_=f"verdict {verdict.lower()}",
    )


def _judge(judge: Judge) -> Html:
    keys = bullets(*map(code, judge.keys)) if judge.keys else None
    if judge.policy is None:
        says = "Judged by the verifier keys that were sent along, and by nobody else's word."
        return section("By whose word", paragraphs(says), keys)
    whose = (
        joined(
            "Judged by the trust policy of this server, which its operator chose (",
            element("a", "read it", href="v1/policy"),
            "). Whoever trusts others sends a policy along.",
        )
        if judge.own
        else "Judged by the trust policy that was sent along, and by nobody else's word."
    )
    return section(
        "By whose word",
        paragraphs(whose),
        rows(
            ("Policy", named(judge.policy)),
            ("SHA-256 of the policy", code(str(judge.sha256))),
            ("Verifier keys sent along", keys),
        ),
    )


def _checked(checked: Checked) -> Html:
    subject = checked.subject
    name = None if subject is None else named(safe_name(subject.name[:LONGEST]))
    return section(
        "What was checked",
        rows(
            ("File", name),
            ("Size", None if subject is None else counted(subject.size, "byte")),
            ("SHA-256 of the file", None if subject is None else code(subject.sha256)),
            ("Files" if subject is None else "Beside it", _beside(checked)),
            ("Checked at", moment(checked.report.facts.get("checked_at", time_text(checked.at)))),
            ("By the server of", named(checked.origin)),
            ("Request", code(checked.request_id)),
            ("Program", f"evidence-ledger {__version__}"),
        ),
    )


def _beside(checked: Checked) -> Child:
    items = [_file(one) for one in checked.files[:MOST]]
    items += [named(one) for one in checked.certificates[:MOST]]
    more = len(checked.files) + len(checked.certificates) - len(items)
    if not items:
        return "nothing"
    return bullets(*items, f"… and {more:,} more" if more else None)


def _file(file: PresentedFile) -> Html:
    """A file's name and the digests that were compared."""
    size, digests = file.fingerprint.size, file.fingerprint.digests
    return joined(
        named(safe_name(file.name[:LONGEST])),
        f", {UNSEEN if size is None else counted(size, 'byte')}",
        *(joined(element("br"), code(f"{name}:{one.hex()}")) for name, one in digests.items()),
    )


def _seen(files: Sequence[PresentedFile]) -> Seen:
    return frozenset(
        (shown(one.name), one.fingerprint.sha256.hex())
        for one in files
        if one.fingerprint.size is not None
    )


def _steps(steps: Sequence[Step]) -> Html:
    items = [element("li", *_step(one), class_=f"step {_class(one)}") for one in steps[:MOST_STEPS]]
    more = len(steps) - MOST_STEPS
    return section(
        "Step by step",
        element("ol", *items, class_="steps"),
        element("p", f"… and {more:,} more steps.") if more > 0 else None,
    )


def _class(step: Step) -> str:
    return "skipped" if step.reason == SKIPPED else step.verdict.lower()


def _step(step: Step) -> Iterable[Html]:
    skipped = step.reason == SKIPPED
    word = "NOT CHECKED" if skipped else f"{sentences.SIGNS[step.verdict]} {step.verdict}"
    yield element(
        "h3",
        element("span", step.number, class_="number"),
        " ",
        step.name,
        " ",
        element("strong", word, class_="word"),
    )
    yield element("p", step.says)
    if step.verdict is not Verdict.PASSED and step.reason and not skipped:
        yield element("p", "Reason: ", code(step.reason))
    if step.hint:
        yield element("p", f"Hint: {step.hint}")
    if step.explain or step.clause:
        clause = f" [{step.clause}]" if step.clause else ""
        yield element("p", f"{step.explain}{clause}", class_="explain")


def _not_proved(checked: Checked) -> Html:
    facts = checked.report.facts
    meaning = facts.get("meaning")
    items: list[Child] = [meaning if isinstance(meaning, str) else _MEANING]
    if checked.report.subject == "certificate" and not checked.files:
        items.append(NOT_COMPARED)
    if any(one.fingerprint.size is None for one in checked.files):
        items.append(
            "That a file of which only a fingerprint was sent is the one that you have: this "
            "server did not see its bytes, and compared no digest that was not sent."
        )
    if _own_clock(checked.report):
        items.append(
            "A time on the ledger's own clock is the operator's word, not that of somebody "
            "independent."
        )
    items.append(_not_covered(checked.report))
    return section("What it does not prove", bullets(*items))


def _own_clock(report: Report) -> bool:
    times = report.facts.get("times")
    return isinstance(times, list) and any(not one["independent"] for one in times)


def _not_covered(report: Report) -> Html | None:
    members = report.facts.get("not_covered")
    if not isinstance(members, list) or not members:
        return None
    codes = [element("code", one) for one in members[:MOST]]
    listed = joined(*(joined(", " if at else None, one) for at, one in enumerate(codes)))
    more = len(members) - MOST
    return joined(
        "These members of the container were judged by no step: ",
        listed,
        f" and {more:,} more" if more > 0 else None,
        ".",
    )
