"""The roll built again from public entries: what an operator hid is found, and a wrong copy of the
log proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.adapters.log_source import DirectorySource
from evidence_ledger.core import entry, roll_rebuild
from evidence_ledger.core.admission import admit
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.roll import Roll
from evidence_ledger.core.roll_rebuild import MOST_UNSIGNED
from evidence_ledger.core.tile import WIDTH, TilePath, encode_bundle, parse_bundle
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


class Mirror:
    """A copy of a log that goes on with entries of its own, for ever; ``read`` counts its files."""

    def __init__(self, log: DirectorySource, size: int, checkpoint: bytes) -> None:
        self._log, self._size, self._checkpoint = log, size, checkpoint
        self._plain = parse_bundle(log.tile(f"tile/entries/000.p/{size}"), size)
        self.read = 0

    def checkpoint(self) -> bytes:
        return self._checkpoint

    def tile(self, path: str) -> bytes:
        self.read += 1
        assert self.read < 400, "it reads for ever"
        parsed = TilePath.parse(path)
        if parsed.level is not None:
            return self._log.tile(path)
        first, last = entry.parse(self._plain[0]), parsed.index * WIDTH + parsed.width
        made_up = [
            replace(first, index=index, mark=None).encode()
            for index in range(max(parsed.index * WIDTH, self._size), last)
        ]
        return encode_bundle([*(self._plain if parsed.index == 0 else ()), *made_up])


def test_a_mirror_that_makes_up_entries_keeps_nobody_reading(story: Story, tmp_path: Path) -> None:
    log = story.log(tmp_path)
    said, size = (tmp_path / "checkpoint").read_bytes(), size_of(tmp_path)
    endless = said.replace(b"\n%d\n" % size, b"\n%d\n" % (1 << 62))
    mirror = Mirror(log, size, endless)
    report = story.check(story.bench.complete(MATTER), story.own, log=mirror)
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.unfinished")
    assert MOST_UNSIGNED // WIDTH < mirror.read < MOST_UNSIGNED // WIDTH + 20


def test_what_the_ledger_signed_is_searched_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bench").mkdir()
    story = told(tmp_path / "bench")
    parts = story.bench.complete(MATTER)
    story.bench.enter(OTHER, 5)
    story.bench.ledger.seal()
    (tmp_path / "log").mkdir()
    log = story.log(tmp_path / "log")
    monkeypatch.setattr(roll_rebuild, "MOST_UNSIGNED", 0)
    assert story.check(parts, story.own, log=log).verdict is PASSED
    monkeypatch.setattr(roll_rebuild, "MOST_BEHIND", 1)
    report = story.check(parts, story.own, log=log)
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.unfinished")


class Busy:
    """A log that signs a newer checkpoint while it is being read, as busy ledgers do.

    Like a ledger's server it has bundles of every width.
    """

    def __init__(self, log: DirectorySource, size: int, newest: bytes) -> None:
        self._log, self._newest = log, newest
        self._entries = parse_bundle(log.tile(f"tile/entries/000.p/{size}"), size)
        self._asked = 0

    def checkpoint(self) -> bytes:
        self._asked += 1
        return self._log.checkpoint() if self._asked < 3 else self._newest

    def tile(self, path: str) -> bytes:
        parsed = TilePath.parse(path)
        if parsed.level is None and parsed.width <= len(self._entries):
            return encode_bundle(self._entries[: parsed.width])
        return self._log.tile(path)


def test_a_log_that_grows_while_it_is_read_is_searched_as_far_as_it_had_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bench").mkdir()
    story = told(tmp_path / "bench")
    parts = story.bench.complete(MATTER)
    for number in range(3):
        story.bench.enter(OTHER, 5 + number)
    story.bench.ledger.seal()
    (tmp_path / "log").mkdir()
    log = story.log(tmp_path / "log")
    size = size_of(tmp_path / "log")
    newest = log.checkpoint().replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1))
    monkeypatch.setattr(roll_rebuild, "MOST_UNSIGNED", 1)
    report = story.check(parts, story.own, log=Busy(log, size, newest))
    assert report.verdict is PASSED, outcome(report, "16")


def test_nothing_is_read_for_a_checkpoint_that_nobody_trusted_signed(
    story: Story, tmp_path: Path
) -> None:
    """Who made the certificate may have made up the log as well, of any size."""
    log = story.log(tmp_path)
    mirror = Mirror(log, size_of(tmp_path), (tmp_path / "checkpoint").read_bytes())
    report = story.check(story.bench.complete(MATTER), story.own, policy=None, log=mirror)
    assert outcome(report, "16") == (OPEN, OPEN, "checkpoint.no-policy")
    assert mirror.read == 0


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
    assert found(report, "16") == (OPEN, "checkpoint.no-policy")


def test_a_mirror_with_the_true_checkpoint_and_other_entries_proves_nothing(
    story: Story, tmp_path: Path
) -> None:
    """Well-formed, and a chain of its own; only the log's signature is not over it."""
    log = fork_of(tmp_path, size=sealed_size(story))
    true = Published(story.bench.store).checkpoint() or b""
    (tmp_path / "log" / "checkpoint").write_bytes(true)
    report = story.check(story.bench.complete(MATTER), story.own, log=log)
    assert outcome(report, "16") == (OPEN, OPEN, "completeness.other-log")
