"""Several ledgers followed at the same time: none waits for another, and all are told in order."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from evidence_ledger.adapters.monitor.alert_draft import AlertDraft
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import OutputUnwritable
from evidence_ledger.monitor.crew import Crew, Lane
from evidence_ledger.monitor.monitor import Monitor
from evidence_ledger.monitor.turn import Turn
from tests.crash.faults import Fault, How, Outcome, run
from tests.crash.test_witness_kill import Tell
from tests.monitor.bench import FakeLedger, MonitorBench, bench

WAIT = 30.0


@dataclass
class SlowLedger(FakeLedger):
    """It answers only when it may."""

    may: threading.Event = field(default_factory=threading.Event)
    is_asked: threading.Event = field(default_factory=threading.Event)

    def tile(self, path: str) -> bytes:
        self.is_asked.set()
        assert self.may.wait(WAIT)
        return super().tile(path)


def several(folder: Path, count: int, *, workers: int) -> MonitorBench:
    """Copies of one ledger, of 2, 3, … entries."""
    monitor, _ = bench(folder)
    monitor.workers = workers
    addresses = [f"https://{number}.example" for number in range(count)]
    monitor.ledgers = {one: FakeLedger(monitor.clock) for one in addresses}
    for size, ledger in enumerate(monitor.ledgers.values(), 2):
        ledger.add(size)
        ledger.publish()
    return monitor


def slow(monitor: MonitorBench, number: int) -> SlowLedger:
    address = f"https://{number}.example"
    one = monitor.ledgers[address]
    made = SlowLedger(one.clock, one.entries, one.signers, one.published)
    monitor.ledgers[address] = made
    return made


def test_the_others_are_followed_while_one_keeps_silent(tmp_path: Path) -> None:
    """Looked at again and again, and told of; the slow one is taken in when it answers."""
    monitor = several(tmp_path, 3, workers=3)
    silent = slow(monitor, 0)
    with monitor.opened() as (opened, _):
        first = opened.look(0.2)
        assert opened.busy
        assert [one.state.mark.size for one in first] == [0, 3, 4]
        assert [one.verdict for one in first] == [Verdict.INDETERMINATE, *[Verdict.PASSED] * 2]
        monitor.ledgers["https://2.example"].add(4)
        monitor.ledgers["https://2.example"].publish()
        assert [one.state.mark.size for one in opened.look(0.2)] == [0, 3, 8]
        silent.may.set()
        assert [one.state.mark.size for one in opened.look()] == [2, 3, 8]
        assert not opened.busy


def test_ledgers_that_never_answer_hold_no_worker_that_others_wait_for(tmp_path: Path) -> None:
    """More of them than there are workers, and named first."""
    monitor = several(tmp_path, 5, workers=2)
    silent = [slow(monitor, number) for number in range(4)]
    with monitor.opened() as (opened, _):
        opened.look(0.2)
        for one in silent[:2]:
            assert one.is_asked.wait(WAIT)
        opened.look(0.2)
        opened.look(0.2)
        assert [one.state.mark.size for one in opened.look(0.2)] == [0, 0, 0, 0, 6]
        assert opened.busy
        for one in silent:
            one.may.set()
        assert [one.state.mark.size for one in opened.look()] == [2, 3, 4, 5, 6]


def test_ledgers_that_did_not_answer_share_one_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = several(tmp_path, 5, workers=2)
    told: list[Lane] = []
    kept = Crew.start

    def start(crew: Crew, do: Callable[[], None], lane: Lane = Lane.PROMPT) -> Future[None]:
        told.append(lane)
        return kept(crew, do, lane)

    monkeypatch.setattr(Crew, "start", start)
    gone = list(monitor.ledgers.values())[:3]
    for one in gone:
        one.broken["checkpoint"] = None
    with monitor.opened() as (opened, _):
        sights = opened.look()
        assert [[alert.code for alert in one.alerts] for one in sights[:3]] == [
            ["monitor.unreachable"]
        ] * 3
        opened.look()
        assert told[10:15] == [*[Lane.SILENT] * 3, *[Lane.PROMPT] * 2]
        for one in gone:
            one.broken.clear()
        assert [one.state.mark.size for one in opened.look()] == [2, 3, 4, 5, 6]
        told.clear()
        opened.look()
        assert set(told) == {Lane.PROMPT}, "they answer again"


@dataclass
class LateLedger(FakeLedger):
    """Each answer takes so many seconds of the fake clock."""

    seconds: int = 12

    def tile(self, path: str) -> bytes:
        self.clock.move(seconds=self.seconds)
        return super().tile(path)


def looked(opened: Monitor, number: int) -> int:
    """One look at all, and two of one ledger's jobs; how many of its entries were followed then."""
    opened.look(0)
    for _ in range(2):
        job = opened._ledgers[number].job
        if job is not None:
            job.result(WAIT)
        sights = opened.look(0)
    return sights[number].state.mark.size


@pytest.mark.parametrize("seconds", [12, 90])
def test_an_honest_ledger_that_takes_a_while_waits_for_none_that_keeps_silent(
    tmp_path: Path, seconds: int
) -> None:
    """Three that did not answer last time are named first, and keep silent for as long as it lasts:
    before, all four shared one worker."""
    monitor = several(tmp_path, 4, workers=2)
    silent = [slow(monitor, number) for number in range(3)]
    for one in silent:
        one.may.set()
        one.broken["checkpoint"] = None
    honest = monitor.ledgers["https://3.example"]
    late = LateLedger(monitor.clock, honest.entries, published=honest.published, seconds=seconds)
    monitor.ledgers["https://3.example"] = late
    with monitor.opened() as (opened, _):
        opened.look()
        for one in silent:
            one.may.clear()
            one.is_asked.clear()
        for more in (1, 2):
            late.add(more)
            late.publish()
            assert looked(opened, 3) == len(late.entries)
        assert silent[0].is_asked.is_set()
        assert not silent[1].is_asked.is_set(), "the silent ones share one worker"
        for one in silent:
            one.may.set()
        opened.look()


@pytest.mark.parametrize(
    ("seconds", "lane"), [(0, Lane.PROMPT), (11, Lane.SLOW), (60, Lane.SLOW), (61, Lane.LONG)]
)
def test_where_a_ledger_is_looked_at_follows_from_how_long_it_took(
    tmp_path: Path, seconds: int, lane: Lane
) -> None:
    clock = bench(tmp_path)[0].clock
    turn = Turn(clock)
    turn.begin()
    clock.move(seconds=seconds)
    assert turn.lane is lane


def test_no_lane_waits_for_another() -> None:
    crew, may = Crew(2), threading.Event()
    held = [crew.start(lambda: assert_set(may), lane) for lane in Lane if lane is not Lane.SLOW]
    done: list[int] = []
    for number in range(3):
        crew.start(partial(done.append, number), Lane.SLOW).result(WAIT)
    assert done == [0, 1, 2]
    may.set()
    for job in held:
        job.result(WAIT)
    crew.close()


def test_a_crew_serves_the_others_while_workers_are_held_up() -> None:
    crew, may, done = Crew(2), threading.Event(), list[int]()
    held = [crew.start(lambda: assert_set(may)) for _ in range(4)]
    last = crew.start(lambda: done.append(1))
    for job in held:
        while not job.done() and not last.done() and job not in crew._busy:
            threading.Event().wait(0.001)
        crew.let_go(job)
    last.result(WAIT)
    assert done == [1]
    aside = [crew.start(partial(done.append, number), Lane.SILENT) for number in range(2, 5)]
    for job in aside:
        job.result(WAIT)
        crew.let_go(job)
    assert done == [1, 2, 3, 4]
    may.set()
    for job in held:
        job.result(WAIT)
    crew.close()


def assert_set(may: threading.Event) -> None:
    assert may.wait(WAIT)


def test_alerts_are_told_in_the_order_of_the_ledgers_whoever_answers_first(tmp_path: Path) -> None:
    monitor = several(tmp_path, 4, workers=4)
    monitor.look()
    for number, one in enumerate(monitor.ledgers.values()):
        one.publish(number + 1)
    last_first = [slow(monitor, number) for number in range(4)]
    with monitor.opened() as (opened, alerts):
        opened.look(0)
        for one in reversed(last_first):
            assert one.is_asked.wait(WAIT)
            one.may.set()
        opened.look()
        told = [alert["ledger"] for alert, _ in alerts.untold()]
    assert told == [f"https://{number}.example" for number in range(4)]


def test_what_one_ledger_breaks_is_raised_and_keeps_no_one_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = several(tmp_path, 2, workers=2)
    silent = slow(monitor, 1)

    def full(*_: object) -> None:
        raise OutputUnwritable("There is no space left.")

    with monitor.opened() as (opened, _):
        with monkeypatch.context() as patch:
            patch.setattr("evidence_ledger.adapters.monitor.folder.StateFile.save", full)
            with pytest.raises(OutputUnwritable):
                opened.look(0.5)
        assert opened.busy
        silent.may.set()


def test_a_crew_does_all_jobs_and_tells_what_they_raise() -> None:
    for workers in (1, 3):
        crew = Crew(workers)
        done: list[int] = []
        jobs = [crew.start(partial(done.append, number)) for number in range(20)]

        def wrong() -> None:
            raise ValueError("wrong")

        jobs.append(crew.start(wrong))
        assert isinstance(jobs[-1].exception(WAIT), ValueError)
        for job in jobs[:-1]:
            job.result(WAIT)
        assert sorted(done) == list(range(20))
        crew.close()


def follow(folder: Path, tell: Tell, cut: int = 2) -> None:
    """Two workers look at ledgers that show ``cut`` entries less than they have; the number of each
    ledger that is told of is told.
    """
    monitor = several(folder, 2, workers=2)
    for one in monitor.ledgers.values():
        one.add(3)
        one.publish(len(one.entries) - cut)
    with monitor.opened() as (opened, alerts):
        opened.look()
        for alert, place in alerts.untold():
            tell(list(monitor.ledgers).index(str(alert["ledger"])))
            alerts.was_told(place)


def test_killed_at_any_write_it_loses_nothing_of_either_ledger(tmp_path: Path) -> None:
    follow(tmp_path / "sound", print, cut=0)
    folder = tmp_path / "run"

    def hurt(at: int) -> Outcome:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "sound", folder)
        return run(partial(follow, folder), Fault(How.KILLED, at))

    whole = hurt(0)
    assert (whole.crash, whole.acknowledged) == (None, [0, 1])
    for at in range(1, whole.writes + 1):
        first = hurt(at)
        again = run(partial(follow, folder), Fault(How.KILLED, 0))
        assert (again.crash, again.error) == (None, None), at
        told = first.acknowledged + again.acknowledged
        assert set(told) == {0, 1}, at
        assert len(told) <= 3, at
        lines = (folder / "monitor" / "alerts.jsonl").read_text().splitlines()
        assert len({json.loads(line)["id"] for line in lines}) == len(lines) == 2, at
        drafts = (folder / "monitor" / "noted").glob("*")
        assert all(one.stat().st_size == 0 for one in drafts if one.suffix == ".jsonl"), at


def test_what_was_noted_of_a_ledger_that_is_followed_no_more_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = several(tmp_path, 2, workers=1)
    monitor.look()
    for one in monitor.ledgers.values():
        one.publish(1)
    with monkeypatch.context() as patch:
        patch.setattr(AlertDraft, "settle", lambda _: None)  # killed before it
        monitor.look()
    assert not (monitor.folder / "alerts.jsonl").read_bytes()
    del monitor.ledgers["https://1.example"]
    assert len(monitor.told()) == 2
