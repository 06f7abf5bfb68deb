"""A ledger that answers slowly is followed by and by, and keeps nobody from the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from evidence_ledger.core.report import Verdict
from evidence_ledger.monitor.rules import Rules
from tests.monitor.bench import ADDRESS, KEYS, FakeLedger, bench


def slow(ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each bundle of entries takes a minute and a half."""

    def tile(path: str) -> bytes:
        if "entries" in path:
            ledger.clock.move(seconds=90)
        return FakeLedger.tile(ledger, path)

    monkeypatch.setattr(ledger, "tile", tile)


def test_a_slow_ledger_does_not_keep_the_monitor_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor, ledger = bench(tmp_path, 256 * 9)
    other = FakeLedger(ledger.clock)
    other.add(3)
    other.publish()
    slow(ledger, monkeypatch)
    start = ledger.clock.now()
    monitor.ledgers["https://other.example"] = other
    one, two = monitor.look()
    assert ledger.clock.now() - start < timedelta(minutes=12)
    assert [alert.code for alert in one.alerts] == ["monitor.slow"]
    assert (one.verdict, one.state.note) == (Verdict.INDETERMINATE, None)
    assert two.state.mark.size == 3
    monitor.look()
    assert [sight.state.mark.size for sight in monitor.look()] == [256 * 9, 3]


def test_a_slow_ledger_that_grows_is_followed_to_its_end_some_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor, ledger = bench(tmp_path, 256 * 9)
    slow(ledger, monkeypatch)
    assert monitor.codes() == ["monitor.slow"]
    ledger.add(256)
    ledger.publish()
    (sight,) = monitor.look()
    assert (sight.alerts, sight.state.mark.size) == ((), 256 * 10)
    assert sight.state.unfollowed == ()
    assert ledger.asked.count("tile/entries/000") == 1


def test_a_slow_way_into_a_fork_is_no_accusation_of_the_other_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way leads nowhere: all is taken again from what is verified, and the fork is proved."""
    monitor, ledger = bench(tmp_path, 5)
    monitor.look()
    other = ledger.fork(5)
    other.add(256 * 9, seed="other")
    other.publish()
    slow(other, monkeypatch)
    monitor.ledgers[ADDRESS] = other
    assert monitor.codes() == ["monitor.slow"]
    ledger.add(256 * 10, received=ledger.clock.now())
    ledger.publish()
    monitor.ledgers[ADDRESS] = ledger
    (sight,) = monitor.look()
    assert sight.state.mark.size == 256 * 10 + 5
    assert [one.code for one in sight.alerts] == ["ledger.two-histories"]


def test_a_fork_with_slow_entries_is_proved_from_its_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor, ledger = bench(tmp_path, 256)
    monitor.look()
    other = ledger.fork(256)
    other.add(256 * 9, seed="other")
    other.entries[4] = other.entries[4].replace(b'"kind":"deposit"', b'"kind":"another"')
    other.publish()
    slow(other, monkeypatch)
    monitor.ledgers[ADDRESS] = other
    assert monitor.codes() == ["monitor.slow", "ledger.two-histories"]


def test_a_look_ends_in_time_whatever_is_asked(tmp_path: Path) -> None:
    """A server that answers each question about signers after two minutes."""
    monitor, ledger = bench(tmp_path, 2)
    ledger.add(40_000)
    ledger.publish()
    monitor.rules = Rules(KEYS, signers={bytes(32): "somebody"})
    asked: list[int] = []

    class Slow(FakeLedger):
        def signer_tags(self, start: int) -> Sequence[bytes | None]:
            asked.append(start)
            self.clock.move(seconds=120)
            return [b"x" * 16] * 1000

    monitor.ledgers[ADDRESS] = Slow(ledger.clock, ledger.entries, published=ledger.published)
    start = ledger.clock.now()
    (sight,) = monitor.look()
    assert ledger.clock.now() - start < timedelta(minutes=20)
    assert len(asked) == 8
    assert [one.code for one in sight.alerts] == ["monitor.look-up"]
    monitor.look()
    assert asked[8] == 8000, "the next look goes on"


def test_comparing_what_was_not_followed_ends_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor, ledger = bench(tmp_path, 600)
    monitor.look()
    for size in range(500, 512):
        ledger.publish(size)
        assert monitor.codes() == ["monitor.rollback"]
    ledger.publish()
    asked: list[str] = []

    def tile(path: str) -> bytes:
        if path != "checkpoint":
            asked.append(path)
            ledger.clock.move(seconds=30)
        return FakeLedger.tile(ledger, path)

    monkeypatch.setattr(ledger, "tile", tile)
    start = ledger.clock.now()
    (sight,) = monitor.look()
    assert ledger.clock.now() - start < timedelta(minutes=5)
    left = len(sight.state.unfollowed)
    assert 0 < left < 12
    for _ in range(left):
        (sight,) = monitor.look()
    assert (sight.alerts, sight.state.unfollowed) == ((), ())
