"""What a ledger signed and showed, and could not be followed, is held against it later."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.monitor_state import LARGEST, MonitorState
from evidence_ledger.core.note import Note
from evidence_ledger.core.report import Verdict
from evidence_ledger.monitor.rules import MOST_UNFOLLOWED
from tests.monitor.bench import ADDRESS, KEYS, FakeLedger, MonitorBench, bench
from tests.small_log import LOG, LOG_ML_DSA, make_key, spoilt


def bare(ledger: FakeLedger) -> FakeLedger:
    """Nothing but the signed checkpoint is served."""
    assert ledger.published is not None
    ledger.published.files = {"checkpoint": ledger.published.files["checkpoint"]}
    return ledger


def fork_of(ledger: FakeLedger, size: int, *, start: int = 2, seed: str = "other") -> FakeLedger:
    other = ledger.fork(start)
    other.add(size - start, seed=seed)
    other.publish()
    return bare(other)


def kept(monitor: MonitorBench) -> tuple[Note, ...]:
    (path,) = (monitor.folder / "ledgers").iterdir()
    return MonitorState.parse(path.read_bytes()).unfollowed


def convicted(monitor: MonitorBench) -> bool:
    (path,) = monitor.evidence
    report = verify_misbehaviour(path.read_bytes(), KEYS[LOG.name])
    return report.verdict is Verdict.FAILED


@pytest.mark.parametrize("start", [5, 10])
def test_a_fork_without_tiles_is_not_forgotten_when_the_other_history_grows(
    tmp_path: Path, start: int
) -> None:
    monitor, ledger = bench(tmp_path, 10)
    monitor.look()
    monitor.ledgers[ADDRESS] = fork_of(ledger, 12, start=start)
    assert monitor.codes() == ["monitor.missing"]
    ledger.add(4)
    ledger.publish()
    monitor.ledgers[ADDRESS] = ledger
    assert monitor.codes() == ["ledger.two-histories"]
    assert monitor.codes() == ["ledger.two-histories"]
    assert convicted(monitor)


def test_a_fork_that_was_seen_first_and_never_followed_is_not_forgotten(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 10)
    monitor.ledgers[ADDRESS] = fork_of(ledger, 8)
    assert monitor.codes() == ["monitor.missing"]
    monitor.ledgers[ADDRESS] = ledger
    assert monitor.codes() == ["ledger.two-histories"]
    assert convicted(monitor)


def test_a_smaller_fork_is_not_forgotten(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 10)
    monitor.look()
    monitor.ledgers[ADDRESS] = fork_of(ledger, 7)
    assert monitor.codes() == ["monitor.rollback"]
    monitor.ledgers[ADDRESS] = ledger
    assert monitor.codes() == ["ledger.two-histories"]
    assert convicted(monitor)


def test_two_forks_of_one_size_convict_though_neither_is_followed(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 10)
    monitor.ledgers[ADDRESS] = fork_of(ledger, 8, seed="one")
    monitor.look()
    monitor.ledgers[ADDRESS] = fork_of(ledger, 8, seed="two")
    assert "ledger.two-histories" in monitor.codes()
    assert convicted(monitor)


def test_a_fork_with_a_spoilt_signature_is_not_forgotten(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 10)
    other = fork_of(ledger, 12)
    other.broken["checkpoint"] = spoilt(other.checkpoint(), LOG_ML_DSA)
    monitor.look()
    monitor.ledgers[ADDRESS] = other
    assert monitor.codes() == ["monitor.checkpoint"]
    ledger.add(4)
    ledger.publish()
    monitor.ledgers[ADDRESS] = ledger
    assert monitor.codes() == ["ledger.two-histories"]
    assert convicted(monitor)


def test_what_the_other_address_showed_once_is_not_forgotten(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 10)
    mirror = ledger.fork(10)
    mirror.publish()
    monitor.ledgers["https://mirror.example"] = mirror
    monitor.look()
    monitor.ledgers["https://mirror.example"] = fork_of(ledger, 12)
    monitor.look()
    ledger.add(4)
    ledger.publish()
    mirror.broken["checkpoint"] = None
    monitor.ledgers["https://mirror.example"] = mirror
    assert "ledger.two-histories" in monitor.codes()
    assert convicted(monitor)


def test_what_an_honest_ledger_did_not_serve_in_time_is_kept_no_longer_than_needed(
    tmp_path: Path,
) -> None:
    monitor, ledger = bench(tmp_path, 300)
    monitor.look()
    ledger.add(300)
    ledger.publish()
    ledger.broken["tile/entries/001"] = None
    assert monitor.codes() == ["monitor.missing"]
    assert len(kept(monitor)) == 1
    ledger.broken.clear()
    ledger.add(300)
    ledger.publish()
    assert monitor.codes() == []
    assert kept(monitor) == ()
    ledger.publish(500)
    assert monitor.codes() == ["monitor.rollback"]
    assert len(kept(monitor)) == 1
    ledger.publish()
    assert monitor.codes() == []
    assert kept(monitor) == ()


def test_no_more_is_kept_than_a_state_can_hold(tmp_path: Path) -> None:
    """However many are shown, and however much is written under them."""
    monitor, ledger = bench(tmp_path, 3)
    monitor.look()
    strangers = b"".join(make_key(f"stranger{n}.example").line(b"a\n") for n in range(90))
    texts = []
    for number in range(MOST_UNFOLLOWED + 2):
        text = f"{LOG.name}\n{number + 9}\n{'A' * 43}=\n".encode() + b'"\\' * 32_000 + b"\n"
        texts.append(text)
        ledger.broken["checkpoint"] = text + b"\n" + LOG.line(text) + strangers
        assert monitor.codes() == ["monitor.missing"]
    assert [one.text for one in kept(monitor)] == texts[2:]
    assert {len(one.signatures) for one in kept(monitor)} == {1}
    (path,) = (monitor.folder / "ledgers").iterdir()
    assert path.stat().st_size < LARGEST // 3
