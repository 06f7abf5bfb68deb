"""Following a ledger: what is believed, what is told, and that nothing is told of an honest one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.tile import encode_bundle
from evidence_ledger.errors import FormatError, MonitorBusy
from tests.monitor.bench import ADDRESS, HOUR, KEYS, FakeLedger, bench
from tests.small_log import LOG, LOG_ML_DSA, SmallLog, make_key, spoilt


def test_an_honest_ledger_is_followed_without_a_word(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    for count in (0, 1, 250, 3, 600, 0, 256):
        ledger.clock.move(minutes=1)
        ledger.add(count)
        ledger.publish()
        (sight,) = monitor.look()
        assert (sight.verdict, sight.alerts) == (Verdict.PASSED, ())
        assert sight.state.mark.size == len(ledger.entries)
    assert monitor.told() == []


def test_what_was_verified_is_not_read_again(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 600)
    monitor.look()
    ledger.asked.clear()
    ledger.add(1)
    ledger.publish()
    monitor.look()
    assert "tile/entries/000" not in ledger.asked
    assert "tile/entries/002.p/89" in ledger.asked


def test_a_fork_of_the_same_size_is_proved(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 5)
    other = ledger.fork(3)
    other.add(2, seed="other")
    other.publish()
    monitor.look()
    monitor.ledgers[ADDRESS] = other
    assert monitor.codes() == ["ledger.two-histories"]
    assert monitor.codes() == ["ledger.two-histories"]
    assert monitor.told() == ["ledger.two-histories"]
    (path,) = monitor.evidence
    assert verify_misbehaviour(path.read_bytes(), [LOG.verifier]).verdict is Verdict.FAILED


@pytest.mark.parametrize("size", [1, 3, 4, 6, 7, 300])
def test_a_larger_fork_is_proved_from_its_own_tiles(tmp_path: Path, size: int) -> None:
    monitor, ledger = bench(tmp_path, size)
    other = ledger.fork(size - 1)
    other.add(9, seed="other")
    other.publish()
    monitor.look()
    monitor.ledgers[ADDRESS] = other
    (sight,) = monitor.look()
    assert [one.code for one in sight.alerts] == ["ledger.two-histories"]
    assert sight.verdict is Verdict.FAILED
    assert sight.state.mark.size == size
    report = verify_misbehaviour(monitor.evidence[0].read_bytes(), [LOG.verifier])
    assert (report.verdict, report.facts["proof"]) == (Verdict.FAILED, "prefix")


def test_a_fork_whose_entries_are_withheld_is_proved_from_its_tiles(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 5)
    other = ledger.fork(4)
    other.add(9, seed="other")
    other.publish()
    other.broken["tile/entries/000.p/13"] = None
    monitor.look()
    monitor.ledgers[ADDRESS] = other
    assert monitor.codes() == ["ledger.two-histories"]


def test_a_smaller_fork_is_proved_from_the_edge(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 9)
    other = ledger.fork(3)
    other.add(3, seed="other")
    other.publish()
    monitor.look()
    monitor.ledgers[ADDRESS] = other
    assert monitor.codes() == ["ledger.two-histories"]
    report = verify_misbehaviour(monitor.evidence[0].read_bytes(), [LOG.verifier])
    assert (report.verdict, report.facts["proof"]) == (Verdict.FAILED, "node")


def test_a_spoilt_second_signature_does_not_stop_a_conviction(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 5)
    other = ledger.fork(2)
    other.add(6, seed="other")
    other.publish()
    other.broken["checkpoint"] = spoilt(other.checkpoint(), LOG_ML_DSA)
    monitor.look()
    monitor.ledgers[ADDRESS] = other
    (sight,) = monitor.look()
    assert [one.code for one in sight.alerts] == ["ledger.two-histories", "monitor.checkpoint"]
    assert sight.state.mark.size == 5
    report = verify_misbehaviour(monitor.evidence[0].read_bytes(), KEYS[LOG.name])
    assert report.verdict is Verdict.FAILED


def test_a_checkpoint_with_a_spoilt_signature_is_not_believed(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 5)
    monitor.look()
    ledger.add(3)
    ledger.publish()
    for key in (LOG, LOG_ML_DSA):
        ledger.broken.pop("checkpoint", None)
        ledger.broken["checkpoint"] = spoilt(ledger.checkpoint(), key)
        (sight,) = monitor.look()
        assert [one.code for one in sight.alerts] == ["monitor.checkpoint"]
        assert sight.state.mark.size == 5
    assert monitor.evidence == []


def test_an_older_state_is_a_rollback_and_no_proof(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 9)
    monitor.look()
    ledger.publish(5)
    (sight,) = monitor.look()
    assert [one.code for one in sight.alerts] == ["monitor.rollback"]
    assert sight.verdict is Verdict.INDETERMINATE
    assert sight.state.mark.size == 9
    monitor.look()
    assert monitor.told() == ["monitor.rollback"]
    assert monitor.evidence == []
    ledger.publish()
    assert monitor.codes() == []


def test_another_size_with_the_same_root_is_not_the_same_state(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 9)
    monitor.look()
    assert ledger.published is not None
    text = ledger.published.text.replace(b"\n9\n", b"\n7\n")
    ledger.broken["checkpoint"] = text + b"\n" + LOG.line(text)
    assert monitor.codes() == ["monitor.rollback", "ledger.two-histories"]


def test_a_missing_bundle_is_told_and_later_followed(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 300)
    ledger.broken["tile/entries/000"] = None
    assert monitor.codes() == ["monitor.missing"]
    del ledger.broken["tile/entries/000"]
    (sight,) = monitor.look()
    assert (sight.alerts, sight.state.mark.size) == ((), 300)


def test_a_changed_entry_is_an_alarm(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 5)
    forged = ledger.fork(4)
    forged.add(1, seed="forged")
    ledger.broken["tile/entries/000.p/5"] = encode_bundle(forged.entries)
    (sight,) = monitor.look()
    assert [one.code for one in sight.alerts] == ["monitor.entries"]
    assert "log.tile" in sight.alerts[0].says
    assert sight.verdict is Verdict.FAILED
    assert sight.state.note is None


def test_a_changed_tile_is_an_alarm(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 300)
    ledger.broken["tile/1/000.p/1"] = bytes(32)
    (sight,) = monitor.look()
    assert [one.code for one in sight.alerts] == ["monitor.entries"]
    assert "tile/1/000.p/1" in sight.alerts[0].says


def test_a_root_that_the_entries_do_not_give_is_an_alarm(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 3)
    other = ledger.fork(1)
    other.add(2, seed="other")
    other.publish()
    assert other.published is not None
    ledger.broken["checkpoint"] = other.published.files["checkpoint"]
    (sight,) = monitor.look()
    assert "log.root" in sight.alerts[0].says


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("chain", "audit.chain"), ("clock", "audit.received"), ("form", "audit.entry-form")],
)
def test_a_signed_entry_that_breaks_the_rules_is_an_alarm(
    tmp_path: Path, kind: str, reason: str
) -> None:
    monitor, ledger = bench(tmp_path, 5)
    monitor.look()
    before = ledger.entries[-1]
    if kind == "chain":
        ledger.entries[-1] = ledger.entries[0]
    ledger.add(1, received=ledger.clock.now() - HOUR if kind == "clock" else None)
    ledger.entries[4] = before
    if kind == "form":
        ledger.entries[-1] = ledger.entries[-1].replace(b'"v":1', b'"v": 1')
    ledger.publish()
    (sight,) = monitor.look()
    assert [one.code for one in sight.alerts] == ["monitor.entries"]
    assert reason in sight.alerts[0].says
    assert sight.state.mark.size == 5


def test_a_checkpoint_that_nobody_known_signed_is_not_followed(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 5)
    ledger.signers = (make_key(LOG.name),)
    ledger.publish()
    assert monitor.codes() == ["monitor.checkpoint"]
    ledger.broken["checkpoint"] = b"please log in"
    assert monitor.codes() == ["monitor.checkpoint"]
    assert monitor.told() == ["monitor.checkpoint"] * 2


def test_another_ledger_at_the_address_is_told(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 5)
    monitor.look()
    other = make_key("log.example/8", LOG.type)
    monitor.rules = replace(monitor.rules, keys={**KEYS, other.name: [other.verifier]})
    assert ledger.published is not None
    text = ledger.published.text.replace(b"example/7", b"example/8")
    ledger.broken["checkpoint"] = text + b"\n" + other.line(text)
    assert monitor.codes() == ["monitor.checkpoint"]


def test_an_unreachable_ledger_is_told_once_a_day(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    ledger.broken["checkpoint"] = None
    for _ in range(3):
        assert monitor.codes() == ["monitor.unreachable"]
    ledger.clock.move(days=1)
    monitor.look()
    assert monitor.told() == ["monitor.unreachable"] * 2


def test_a_seal_that_came_late_by_the_ledgers_own_entries_is_told(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    ledger.add()
    ledger.clock.move(hours=30)
    ledger.add(kind="seal")
    ledger.publish()
    (sight,) = monitor.look()
    assert [one.code for one in sight.alerts] == ["monitor.late-seal"]
    assert "Entry 0" in sight.alerts[0].says
    assert "30.0 hours" in sight.alerts[0].says
    assert monitor.codes() == []


def test_a_checkpoint_that_came_late_by_its_own_time_is_told(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    monitor.look()
    ledger.add()
    ledger.clock.move(hours=25)
    ledger.publish()
    assert monitor.codes() == ["monitor.late-seal"]


def test_an_entry_that_says_an_earlier_time_than_it_was_there_is_told(tmp_path: Path) -> None:
    """The ledger's clock can be turned back; what the monitor saw can't."""
    monitor, ledger = bench(tmp_path)
    monitor.look()
    noon = ledger.clock.now()
    ledger.clock.move(hours=48)
    monitor.look()
    ledger.add(received=noon)
    now, ledger.clock.moment = ledger.clock.now(), noon
    ledger.publish()
    ledger.clock.moment = now + timedelta(minutes=1)
    assert monitor.codes() == ["monitor.shown-late"]


def test_a_seal_in_time_is_not_called_late_because_an_old_copy_was_shown(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    monitor.look()
    stale = ledger.published
    ledger.clock.move(hours=1)
    ledger.add(2)
    ledger.clock.move(hours=1)
    ledger.publish()
    fresh, ledger.published = ledger.published, stale
    for _ in range(3):
        ledger.clock.move(hours=15)
        monitor.look()
    ledger.published = fresh
    (sight,) = monitor.look()
    assert [one.code for one in sight.alerts] == ["monitor.shown-late"]
    says = sight.alerts[0].says
    assert "was not shown here before" in says
    assert "46.0 hours" in says
    assert "seal" not in says


def test_a_seals_own_entry_waits_for_the_next_deposit(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    monitor.look()
    ledger.add(kind="seal")
    ledger.clock.move(days=9)
    monitor.look()
    ledger.add()
    ledger.publish()
    assert monitor.codes() == []


def test_a_state_survives_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at each file that is read, the next process goes on, and ends in the same state."""
    monkeypatch.setattr("evidence_ledger.monitor.following.SAVE_EVERY", 256)
    clean, ledger = bench(tmp_path / "clean", 1500)
    (expected,) = clean.look()
    monitor = replace(clean, folder=tmp_path / "killed")
    files = [path for path in ledger.asked if path != "checkpoint"]

    class Killed(BaseException):
        pass

    def dying_at(deadly: str) -> Callable[[str], bytes]:
        def tile(path: str) -> bytes:
            if path == deadly:
                raise Killed
            return FakeLedger.tile(ledger, path)

        return tile

    for deadly in files:
        monkeypatch.setattr(ledger, "tile", dying_at(deadly))
        with pytest.raises(Killed):
            monitor.look()
    monkeypatch.undo()
    ledger.asked.clear()
    (sight,) = monitor.look()
    assert sight.state == replace(expected.state, first_seen=sight.state.first_seen)
    assert "tile/entries/000" not in ledger.asked


def test_two_monitors_do_not_share_a_folder(tmp_path: Path) -> None:
    monitor, _ = bench(tmp_path)
    with monitor.opened(), pytest.raises(MonitorBusy):
        monitor.look()


def test_a_damaged_state_is_not_taken_for_none(tmp_path: Path) -> None:
    monitor, _ = bench(tmp_path)
    monitor.look()
    (path,) = (monitor.folder / "ledgers").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FormatError):
        monitor.look()


def test_a_ledger_whose_clock_is_ahead_is_told(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    monitor.look()
    ledger.add(received=ledger.clock.now() + HOUR)
    ledger.publish()
    assert monitor.codes() == ["monitor.clock"]


def test_what_a_cache_served_wrong_for_one_look_accuses_nobody_later(tmp_path: Path) -> None:
    """Progress that was made on it is dropped, and all is taken again from what is verified."""
    monitor, ledger = bench(tmp_path, 3)
    assert monitor.codes() == []
    ledger.add(17_000)
    ledger.publish()
    good = ledger.published
    assert good is not None
    other = ledger.fork(5)
    other.add(16_998, seed="x")
    spoilt = dict(SmallLog(other.entries).files) | {"checkpoint": good.files["checkpoint"]}
    # It is cut off after 16,640 entries.
    kept = {name: data for name, data in spoilt.items() if "entries/065" not in name}
    ledger.published = SmallLog(ledger.entries)
    ledger.published.files = kept
    assert monitor.codes() == ["monitor.missing"]
    ledger.published = good
    assert monitor.codes() == []
