"""The roll built again from public entries: what an operator hid is found, and a wrong copy of the
log proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.adapters.log_source import DirectorySource
from evidence_ledger.core import entry
from evidence_ledger.core.admission import admit
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.roll import Roll
from evidence_ledger.core.tile import encode_bundle, parse_bundle
from evidence_ledger.published import Published
from tests.matter_story import (
    FAILED,
    KEYS,
    MATTER,
    OPEN,
    OTHER,
    PASSED,
    SECOND,
    Story,
    outcome,
    publish,
    told,
)
from tests.small_log import make_key
from tests.workbench import ORIGIN, Workbench, fact, found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("story"))


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
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.other-log")
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


def sealed_size(story: Story) -> int:
    note = Note.parse(Published(story.bench.store).checkpoint() or b"")
    return Checkpoint.parse(note.text).size


def fork_of(folder: Path, *, size: int) -> DirectorySource:
    """Another history under the ledger's keys, as it is served: so many entries under a seal."""
    (folder / "bench").mkdir()
    (folder / "log").mkdir()
    other = Workbench(folder / "bench")
    for number in range(size):
        other.deposit([fact(f"{number}.txt", b"another history")])
    other.ledger.seal()
    publish(other.store, folder / "log")
    return DirectorySource(folder / "log")


@pytest.mark.parametrize("more", [0, 40])
def test_another_history_under_the_log_s_own_signature_is_proved(
    story: Story, tmp_path: Path, more: int
) -> None:
    log = fork_of(tmp_path, size=sealed_size(story) + more)
    report = story.check(story.bench.complete(MATTER), log=log)
    assert outcome(report, "16") == (FAILED, FAILED, "ledger.two-histories")
    assert report.facts["two_histories"] is True


def test_another_history_that_no_known_key_signed_proves_nothing(
    story: Story, tmp_path: Path
) -> None:
    """A mirror that makes a log up, and signs it with a key of its own."""
    log, parts = fork_of(tmp_path, size=60), story.bench.complete(MATTER)
    signed = (tmp_path / "log" / "checkpoint").read_bytes()
    text = Note.parse(signed).text
    (tmp_path / "log" / "checkpoint").write_bytes(text + b"\n" + make_key(ORIGIN).line(text))
    report = story.check(parts, log=log)
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.other-log")
    (tmp_path / "log" / "checkpoint").write_bytes(signed)
    report = story.check(parts, policy=None, log=log)
    assert found(report, "16") == (OPEN, "completeness.other-log")


def test_a_mirror_with_the_true_checkpoint_and_other_entries_proves_nothing(
    story: Story, tmp_path: Path
) -> None:
    """Well-formed, and a chain of its own; only the log's signature is not over it."""
    log = fork_of(tmp_path, size=sealed_size(story))
    true = Published(story.bench.store).checkpoint() or b""
    (tmp_path / "log" / "checkpoint").write_bytes(true)
    report = story.check(story.bench.complete(MATTER), story.own, log=log)
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.other-log")
