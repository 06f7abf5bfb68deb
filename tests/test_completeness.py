"""A matter among others in one ledger: all of its entries are shown, whoever cheats."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.core import entry
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.completeness import is_complete_list
from evidence_ledger.core.docket import Docket
from evidence_ledger.core.examined_certificate import PresentedCertificate
from evidence_ledger.core.report import Report
from tests.matter_story import (
    FAILED,
    KEYS,
    MATTER,
    OPEN,
    OTHER,
    PASSED,
    SECOND,
    Story,
    kinds,
    outcome,
    shown,
    told,
)
from tests.workbench import Workbench, found, step, written


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("story"))


def test_a_whole_matter_passes(story: Story, tmp_path: Path) -> None:
    parts = story.bench.complete(MATTER)
    assert is_complete_list(io.BytesIO(written(parts)))
    report = story.check(parts, story.own, log=story.log(tmp_path))
    assert report.verdict is PASSED, [one for one in report.steps if one.verdict is not PASSED]
    matter = report.facts["matter"]
    assert isinstance(matter, dict)
    assert [one["index"] for one in matter["entries"]] == story.own
    assert (matter["rebuilt"], matter["case_numbers"]) == (True, ["2026-1"])
    assert matter["before"] > story.plain
    assert isinstance(report.facts["not_covered"], list)
    assert "docket.jsonl" not in report.facts["not_covered"]
    alone = story.check(parts)
    assert alone.verdict is PASSED
    assert "all 5 entries listed was not checked" in step(alone, "17").says
    assert step(alone, "2").says.startswith("A roll of no claims for the ledger ")
    assert step(alone, "4").says == "The statement makes no claims."
    assert step(alone, "11").says == "A roll is about no file: there is nothing to compare."


def test_another_matter_of_the_same_ledger_passes_too(story: Story) -> None:
    assert story.check(story.bench.complete(OTHER), story.others).verdict is PASSED


def test_the_audit_passes(story: Story) -> None:
    report = story.bench.audit()
    assert report.verdict is PASSED
    assert found(report, "10") == (PASSED, None)


def test_without_a_policy_nobody_vouches(story: Story) -> None:
    report = story.check(story.bench.complete(MATTER), story.own, policy=None)
    assert report.verdict is OPEN
    assert not [one for one in report.steps if one.verdict is FAILED]
    assert found(report, "15") == (PASSED, None)


def test_a_certificate_left_out_is_proved(story: Story) -> None:
    report = story.check(story.bench.complete(MATTER), [*story.own[:2], *story.own[3:]])
    assert outcome(report, "17") == (FAILED, FAILED, "completeness.left-out")
    assert str(story.own[2]) in next(one.says for one in report.steps if one.number == "17")


def test_a_certificate_of_another_matter_is_none_of_this(story: Story) -> None:
    for stranger in (story.others[1], story.plain):
        report = story.check(story.bench.complete(MATTER), [*story.own, stranger])
        assert outcome(report, "17.6") == (FAILED, FAILED, "completeness.foreign")


def test_a_certificate_of_another_ledger_is_none_of_this(story: Story, tmp_path: Path) -> None:
    other = Workbench(tmp_path, origin="ledger.example/other")
    index = other.enter(MATTER, 0)
    other.ledger.seal()
    more = [PresentedCertificate("x", io.BytesIO(written(other.issue(index))))]
    report = story.check(story.bench.complete(MATTER), story.own, more=more)
    assert outcome(report, "17.6") == (FAILED, FAILED, "completeness.other-ledger")


def test_what_is_no_certificate_is_told(story: Story) -> None:
    more = [PresentedCertificate("x", io.BytesIO(b"PK"))]
    report = story.check(story.bench.complete(MATTER), story.own, more=more)
    assert outcome(report, "17.6") == (FAILED, FAILED, "completeness.certificate")


def test_an_altered_certificate_is_not_counted_as_right(story: Story) -> None:
    issued = story.bench.issue(story.own[0])
    *claims, last = issued.claims
    other = replace(last, data=last.data.replace(b"2026-1", b"2026-9"))
    broken = replace(issued, claims=(*claims, other))
    more = [PresentedCertificate("x", io.BytesIO(written(broken)))]
    report = story.check(story.bench.complete(MATTER), story.own[1:], more=more)
    assert outcome(report, "17.5") == (FAILED, FAILED, "completeness.certificate")
    assert found(report, "17") == (OPEN, "completeness.not-all")


def test_a_stale_checkpoint_is_told_by_a_later_certificate(tmp_path: Path) -> None:
    story = told(tmp_path)
    stale = story.bench.complete(MATTER)
    later = story.bench.enter(MATTER, 5)
    story.bench.ledger.seal()
    assert story.check(stale, story.own).verdict is PASSED, "it is still true, of its own time"
    report = story.check(stale, [*story.own, later])
    assert outcome(report, "17.6") == (OPEN, OPEN, "completeness.later")
    assert "next one" in next(one.says for one in report.steps if one.number == "17.6")
    foreign = story.bench.enter(OTHER, 5)
    story.bench.ledger.seal()
    report = story.check(stale, [*story.own, foreign])
    assert outcome(report, "17.6") == (OPEN, OPEN, "completeness.later")
    whole = story.bench.complete(MATTER)
    assert story.check(whole, [*story.own, later]).verdict is PASSED
    assert outcome(story.check(whole, story.own), "17") == (FAILED, FAILED, "completeness.left-out")


def test_a_second_chain_under_the_same_case_number_is_told(tmp_path: Path) -> None:
    story = told(tmp_path)
    hidden = story.bench.enter(SECOND, 0)
    story.bench.ledger.seal()
    report = story.check(story.bench.complete(MATTER), [hidden, *story.own])
    assert outcome(report, "17.1") == (FAILED, FAILED, "completeness.second-matter")


# What a prover may try: the matter's holder, with a ledger that does not help.


def with_docket(parts: Certificate, changed: Docket) -> Certificate:
    return replace(parts, docket=changed.encode())


def forged(story: Story, change: Callable[[Docket, Docket], Docket]) -> Report:
    """The check of a docket made from that of the matter, and from that of another one."""
    parts = story.bench.complete(MATTER)
    other = shown(story.bench.complete(OTHER))
    return story.check(with_docket(parts, change(shown(parts), other)))


LIES: Mapping[str, tuple[Callable[[Docket, Docket], Docket], str, str]] = {
    "the last entry left out": (
        lambda own, _: replace(own, following=KEYS.following(4), entries=own.entries[:-1]),
        "15",
        "roll.present",
    ),
    "the last entry left out, the way to it shown as empty": (
        lambda own, _: replace(
            own,
            following=KEYS.following(4),
            entries=own.entries[:-1],
            end=replace(own.end, hashes=own.entries[-1].roll, end=None),
        ),
        "15",
        "roll.not-absent",
    ),
    "an entry in the middle left out": (
        lambda own, _: replace(
            own, following=KEYS.following(4), entries=own.entries[:2] + own.entries[3:]
        ),
        "14",
        "completeness.mark",
    ),
    "the first left out, the others counted from 0": (
        lambda own, _: replace(
            own, following=replace(own.following, number=4), entries=own.entries[1:]
        ),
        "14",
        "completeness.mark",
    ),
    "an entry of another matter slipped in": (
        lambda own, other: replace(own, entries=(*own.entries[:4], other.entries[4])),
        "14",
        "completeness.mark",
    ),
    "the key of another matter": (
        lambda own, other: replace(own, following=other.following),
        "14",
        "completeness.mark",
    ),
    "an entry twice": (
        lambda own, _: replace(own, entries=(*own.entries[:4], own.entries[3])),
        "13",
        "completeness.order",
    ),
    "the order turned": (
        lambda own, _: replace(own, entries=own.entries[::-1]),
        "13",
        "completeness.order",
    ),
    "an entry that is not in the ledger": (
        lambda own, _: replace(
            own,
            entries=(
                *own.entries[:4],
                replace(own.entries[4], entry=own.entries[4].entry.replace(b"deposit", b"order")),
            ),
        ),
        "13",
        "merkle.inclusion",
    ),
    "the way of another entry up to the roll": (
        lambda own, _: replace(
            own, entries=(*own.entries[:4], replace(own.entries[4], roll=own.entries[0].roll))
        ),
        "14",
        "roll.not-enrolled",
    ),
    "the end of another matter": (
        lambda own, other: replace(own, end=other.end),
        "15",
        "roll.",
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_no_forged_docket_passes(story: Story, name: str) -> None:
    change, number, reason = LIES[name]
    report = forged(story, change)
    verdict, code = found(report, number)
    assert (report.verdict, verdict) == (FAILED, FAILED)
    assert code is not None
    assert code.startswith(reason)


def test_a_docket_stands_on_a_roll_alone(story: Story) -> None:
    """Put into the certificate of a deposit, of which the mark is no root."""
    parts = story.bench.complete(MATTER)
    last = story.bench.issue(story.own[4])
    first = with_docket(
        last,
        replace(shown(parts), following=KEYS.following(1), entries=shown(parts).entries[:1]),
    )
    report = story.check(first)
    assert found(report, "13") == (PASSED, None)
    assert outcome(report, "14") == (FAILED, FAILED, "completeness.no-roll")


@pytest.mark.parametrize("mark", [None, b"x" * 32])
def test_an_entry_bears_the_mark_that_its_author_signed(story: Story, mark: bytes | None) -> None:
    """The ledger can't take a mark off, or put another one on."""
    issued = story.bench.issue(story.own[0])
    other = replace(entry.parse(issued.entry), mark=mark).encode()
    report = story.bench.check(written(replace(issued, entry=other)))
    assert outcome(report, "5") == (FAILED, FAILED, "entry.other-mark")


def test_an_older_roll_does_not_carry_a_newer_docket(story: Story) -> None:
    rolls = [number for number, kind in enumerate(kinds(story.bench)) if kind == "roll"]
    swapped = replace(story.bench.issue(rolls[1]), docket=story.bench.complete(MATTER).docket)
    assert outcome(story.check(swapped), "13")[:2] == (FAILED, FAILED)
