"""A matter among others in one ledger: all of its entries are shown, whoever cheats."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.core import docket, entry
from evidence_ledger.core.admission import admit
from evidence_ledger.core.canonical import base64url_text
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.completeness import is_complete_list
from evidence_ledger.core.docket import Docket
from evidence_ledger.core.entry import Entry
from evidence_ledger.core.examined_certificate import PresentedCertificate
from evidence_ledger.core.matter import keys_of
from evidence_ledger.core.note import Note
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.roll import Roll
from evidence_ledger.core.tile import encode_bundle, parse_bundle
from tests.matter_story import FAILED, MATTER, OPEN, OTHER, PASSED, SECOND, Story, kinds, told
from tests.workbench import ORIGIN, Workbench, found, written


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("story"))


def outcome(report: Report, number: str) -> tuple[Verdict, Verdict, str | None]:
    return (report.verdict, *found(report, number))


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
    assert story.check(parts).verdict is PASSED, "the list stands for itself"


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


KEYS = keys_of(MATTER, ORIGIN)


# What a prover may try: the matter's holder, with a ledger that does not help.


def shown(parts: Certificate) -> Docket:
    return docket.parse(parts.docket)


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


# What an operator may try who is in league with the depositor.


def test_a_roll_that_hides_an_entry_is_found_by_rebuilding_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed by the ledger, without the matter's last entry: only the public entries tell."""
    bench = Workbench(tmp_path)
    own = [bench.enter(MATTER, number) for number in range(3)]
    hidden = KEYS.marks[2]
    honest = Roll.add

    def add(roll: Roll, mark: bytes, index: int) -> None:
        if mark != hidden:
            honest(roll, mark, index)

    monkeypatch.setattr(Roll, "add", add)
    bench.ledger.seal()
    truth = bench.store.marked
    monkeypatch.setattr(
        bench.store, "marked", lambda marks: {m: n for m, n in truth(marks).items() if m != hidden}
    )
    story = Story(bench, own, [], 0)
    lie = bench.complete(MATTER)
    monkeypatch.undo()
    assert story.check(lie, own[:2]).verdict is PASSED, "at the ledger's signed word"
    (tmp_path / "log").mkdir()
    report = story.check(lie, own[:2], log=story.log(tmp_path / "log"))
    assert outcome(report, "16") == (FAILED, FAILED, "completeness.roll")
    demanded = story.policy(digests="[rolls]\nrebuilt = true\n")
    report = story.check(lie, own[:2], policy=demanded)
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.not-rebuilt")
    report = story.check(lie, own)
    assert outcome(report, "17.3") == (FAILED, FAILED, "completeness.second-matter")
    audited = bench.audit()
    assert found(audited, "10") == (FAILED, "audit.roll")


def test_two_entries_with_one_mark_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger that took a second entry under the same mark, and enrolled one of them."""
    bench = Workbench(tmp_path)
    own = [bench.enter(MATTER, number) for number in range(2)]
    bench.ledger.seal()
    parts = bench.complete(MATTER)
    opening = KEYS.openings[1]
    second = admit(bench.signed(opening=opening), bench.origin)
    monkeypatch.setattr("evidence_ledger.links.Links.taken", lambda *_: {})
    monkeypatch.setattr("evidence_ledger.adapters.sql.mark_rows.MarkRows.add", lambda *_: None)
    index = bench.ledger.append([second])[0].index
    monkeypatch.setattr("evidence_ledger.sealing.enrolling.Enroller.due", lambda *_: None)
    bench.ledger.seal()
    monkeypatch.undo()
    story = Story(bench, own, [], 0)
    report = story.check(parts, [*own, index])
    assert outcome(report, "17.3") == (FAILED, FAILED, "completeness.second-entry")
    assert found(bench.audit(), "10")[0] is FAILED


def size_of(log: Path) -> int:
    return Checkpoint.parse(Note.parse((log / "checkpoint").read_bytes()).text).size


def test_a_log_that_is_not_this_one_rebuilds_nothing(story: Story, tmp_path: Path) -> None:
    log = story.log(tmp_path)
    bundle = next(tmp_path.rglob("entries/*/*"))
    size = size_of(tmp_path)
    first, *others = parse_bundle(bundle.read_bytes(), size)
    other = replace(entry.parse(first), statement=SECOND)
    bundle.write_bytes(encode_bundle([other.encode(), *others]))
    report = story.check(story.bench.complete(MATTER), log=log)
    assert outcome(report, "16") == (FAILED, FAILED, "completeness.other-log")
    bundle.unlink()
    report = story.check(story.bench.complete(MATTER), log=log)
    assert outcome(report, "16")[:2] == (OPEN, OPEN)


@pytest.mark.parametrize("harm", [lambda data: data[:-3], lambda data: data.replace(b"T", b"t", 1)])
def test_a_damaged_copy_of_the_log_decides_nothing(
    story: Story, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    log = story.log(tmp_path)
    bundle = next(tmp_path.rglob("entries/*/*"))
    bundle.write_bytes(harm(bundle.read_bytes()))
    report = story.check(story.bench.complete(MATTER), log=log)
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.log-damaged")


@pytest.mark.parametrize("behind", ["garbage", "repeated", "cut", "missing"])
@pytest.mark.parametrize("keeps_old", [True, False])
def test_unsigned_bytes_behind_the_checkpoint_do_not_fail_an_honest_certificate(
    story: Story, tmp_path: Path, behind: str, *, keeps_old: bool
) -> None:
    log = story.log(tmp_path)
    bundle, checkpoint = next(tmp_path.rglob("entries/*/*")), tmp_path / "checkpoint"
    size = size_of(tmp_path)
    held = parse_bundle(bundle.read_bytes(), size)
    more = encode_bundle([*held, b"garbage" if behind == "garbage" else held[3]])
    said = checkpoint.read_bytes().replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1))
    assert said != checkpoint.read_bytes()
    checkpoint.write_bytes(said)
    if behind != "missing":
        bundle.with_name(str(size + 1)).write_bytes(more[:-3] if behind == "cut" else more)
    if not keeps_old:
        bundle.unlink()
    report = story.check(story.bench.complete(MATTER), story.own, log=log)
    if keeps_old or behind in {"garbage", "repeated"}:
        assert report.verdict is PASSED
    else:
        assert outcome(report, "16")[:2] == (OPEN, OPEN)


def test_a_log_that_has_grown_rebuilds_the_roll_and_tells_of_a_later_entry(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    story = told(tmp_path / "bench")
    parts = story.bench.complete(MATTER)
    story.bench.enter(OTHER, 5)
    story.bench.ledger.seal()
    (tmp_path / "log").mkdir()
    assert story.check(parts, story.own, log=story.log(tmp_path / "log")).verdict is PASSED
    later = story.bench.enter(MATTER, 5)
    story.bench.ledger.seal()
    (tmp_path / "newer").mkdir()
    report = story.check(parts, story.own, log=story.log(tmp_path / "newer"))
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.stale")
    assert f": {later}." in next(one.says for one in report.steps if one.number == "16")


def test_a_policy_may_ask_for_the_rebuilt_roll(story: Story, tmp_path: Path) -> None:
    policy = story.policy(digests="[rolls]\nrebuilt = true\n")
    parts = story.bench.complete(MATTER)
    report = story.check(parts, policy=policy)
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.not-rebuilt")
    assert story.check(parts, policy=policy, log=story.log(tmp_path)).verdict is PASSED


# What outsiders see.


def test_nothing_public_links_two_entries_of_a_matter(story: Story) -> None:
    """In what is published, no value of one entry of a matter stands in another one of it, and
    none has another form than an entry of another matter."""
    size = story.bench.store.head().size
    parsed = [entry.parse(story.bench.store.entry(index).entry) for index in range(size)]
    marks = [one.mark for one in parsed if one.mark is not None]
    assert len(set(marks)) == len(marks)
    own = [parsed[index] for index in story.own]
    for one in own:
        for other in own:
            assert one is other or not values(one) & values(other)
    assert {form(one) for one in own} == {form(parsed[index]) for index in story.others}


def values(one: Entry) -> set[bytes | None]:
    return {one.mark, one.statement, one.signature, one.prev}


def form(one: Entry) -> bytes:
    """The entry's bytes without its hashes, index and time."""
    text = re.sub(rb"[0-9a-f]{64}", b"", one.encode())
    return re.sub(rb'"index":[0-9]+|"received":"[^"]*"', b"", text)


def test_a_certificate_tells_of_no_other_entry_of_the_matter(story: Story) -> None:
    """Nothing of another entry stands in it, but where that is beside it in the tree."""
    stored = {index: story.bench.store.entry(index).entry for index in story.own}
    for index in story.own:
        parts = replace(story.bench.issue(index), proof=b"")
        shown_of = b"".join([parts.statement, parts.signature, *(o.data for o in parts.claims)])
        for number, other in enumerate(story.own):
            own = other == index
            assert (KEYS.openings[number].hex().encode() in shown_of) is own
            statement_hash = entry.parse(stored[other]).statement
            for value in (KEYS.marks[number], statement_hash, entry.leaf_hash(stored[other])):
                assert value.hex().encode() not in shown_of


def test_a_docket_gives_no_mark_after_the_next_and_no_opening(story: Story) -> None:
    parts = story.bench.complete(MATTER)
    assert shown(parts).following.marks() == KEYS.marks[:6]
    for secret in (MATTER, KEYS.marks[6], *KEYS.openings[:8]):
        assert secret.hex().encode() not in parts.docket
        assert base64url_text(secret).encode() not in parts.docket


def test_whoever_was_shown_the_next_mark_can_not_take_it(tmp_path: Path) -> None:
    """Else a party could slip an entry of its own into the matter, of which the depositor has no
    certificate."""
    story = told(tmp_path)
    following = shown(story.bench.complete(MATTER)).following
    stranger = Workbench.signed
    for guess in (following.mark, following.link):
        story.bench.ledger.deposit([stranger(story.bench, opening=guess)])
    story.bench.ledger.seal()
    assert story.check(story.bench.complete(MATTER), story.own).verdict is PASSED
