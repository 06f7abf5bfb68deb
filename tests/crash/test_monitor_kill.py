"""A monitor that dies at any write, or whose writes fail, loses no alert and makes none up."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

import pytest

from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.monitor_state import MonitorState
from evidence_ledger.core.report import Verdict
from evidence_ledger.monitor.rules import Rules
from tests.crash.faults import Fault, How, Outcome, run
from tests.crash.test_witness_kill import Tell
from tests.fakes import FakeClock
from tests.monitor.bench import ADDRESS, KEYS, FakeLedger, MonitorBench, grown
from tests.small_log import LOG

LEASE = sha256(b"lease").digest()
STEP = 100
EXPECTED = [
    ("monitor.watched-file", "3"),
    ("monitor.watched-file", "4"),
    ("monitor.late-seal", "6"),
    ("ledger.two-histories", "misbehaviour"),
]


@cache
def served() -> list[tuple[datetime, FakeLedger]]:
    """What is served one after the other, and when: news, a late seal, and a fork."""
    ledger = grown(FakeClock(), 3)
    steps = [kept(ledger)]
    ledger.add(2, digest=LEASE)
    ledger.publish()
    steps.append(kept(ledger))
    ledger.add(1)
    ledger.clock.move(hours=30)
    ledger.publish()
    steps.append(kept(ledger))
    other = ledger.fork(2)
    other.add(5, seed="other")
    other.publish()
    return [*steps, kept(other)]


def kept(ledger: FakeLedger) -> tuple[datetime, FakeLedger]:
    return ledger.clock.now(), replace(ledger, files=dict(ledger.files))


def follow(folder: Path, tell: Tell, first: int = 0) -> None:
    """Look at each from one on; tell which it is, and by its place in ``EXPECTED`` each alert."""
    watched = {(Algorithm.SHA256, LEASE): "lease.pdf"}
    monitor = MonitorBench(folder / "monitor", {}, FakeClock(), Rules(KEYS, files=watched))
    for step, (moment, ledger) in enumerate(served()[first:], first):
        tell(STEP + step)
        monitor.clock.moment = moment
        monitor.ledgers = {ADDRESS: ledger}
        with monitor.opened() as (opened, alerts):
            opened.look()
            for alert, place in alerts.untold():
                tell(EXPECTED.index(named(alert)))
                alerts.was_told(place)


def hurt(folder: Path, how: How, at: int) -> Outcome:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return run(lambda tell: follow(folder, tell), Fault(how, at))


def state_of(folder: Path) -> tuple[bytes, MonitorState]:
    """What was signed, and the rest: an ML-DSA-44 signature is never the same twice."""
    (path,) = (folder / "monitor" / "ledgers").glob("*.json")
    state = MonitorState.parse(path.read_bytes())
    assert state.note is not None
    return state.note.text, replace(state, note=None, progress=None)


def named(alert: dict[str, object]) -> tuple[str, str]:
    """What an alert is about, whatever the hashes are."""
    last = str(alert["subject"]).replace(".", " ").split()[-1]
    return str(alert["code"]), last


@pytest.mark.parametrize("how", list(How))
def test_every_write(tmp_path: Path, how: How) -> None:
    folder = tmp_path / "run"
    assert len(served()) == 4, "made here, so that no child makes it again"
    whole = hurt(folder, how, 0)
    assert whole.crash is None, whole.crash
    assert whole.acknowledged == [100, 101, 0, 1, 102, 2, 103, 3]
    state = state_of(folder)
    for at in range(1, whole.writes + 1):
        first = hurt(folder, how, at)
        where = f"write {at} {how}"
        assert first.crash is None, f"{where}\n{first.crash}"
        last = max(first.acknowledged) - STEP
        again = run(partial(follow, folder, first=last), Fault(how, 0))
        assert (again.crash, again.error) == (None, None), where
        told = [one for one in first.acknowledged + again.acknowledged if one < STEP]
        assert set(told) == {0, 1, 2, 3}, where
        assert len(told) <= 5, where
        lines = (folder / "monitor" / "alerts.jsonl").read_text().splitlines()
        found = [named(json.loads(line)) for line in lines]
        assert sorted(found) == sorted(EXPECTED), where
        assert len({json.loads(line)["id"] for line in lines}) == len(lines), where
        assert state_of(folder) == state, where
        (evidence,) = (folder / "monitor" / "evidence").glob("*.misbehaviour")
        report = verify_misbehaviour(evidence.read_bytes(), [LOG.verifier])
        assert report.verdict is Verdict.FAILED, where
