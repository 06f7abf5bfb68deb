"""Waiting for workers."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import wait as real

import pytest

from evidence_ledger.monitor.crew import NAP, wait_for


def test_whoever_waits_for_a_silent_ledger_sleeps_no_longer_than_a_nap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A signal that comes just before a thread falls asleep is seen when it wakes."""
    naps: list[float | None] = []

    def wait(jobs: list[Future[None]], patience: float | None) -> object:
        naps.append(patience)
        if len(naps) == 3:
            raise KeyboardInterrupt
        return real(jobs, 0)

    monkeypatch.setattr("evidence_ledger.monitor.crew.wait", wait)
    with pytest.raises(KeyboardInterrupt):
        wait_for([Future()], None)
    assert naps == [NAP] * 3


def test_patience_ends_and_what_is_done_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []

    def wait(jobs: list[Future[None]], patience: float) -> object:
        naps.append(patience)
        return real(jobs, 0)

    monkeypatch.setattr("evidence_ledger.monitor.crew.wait", wait)
    wait_for([Future()], 2.5 * NAP)
    assert naps == [NAP, NAP, NAP / 2]
    done: Future[None] = Future()
    done.set_result(None)
    wait_for([done], None)
    wait_for([], None)
    assert len(naps) == 5
