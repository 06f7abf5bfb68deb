"""A witness that dies at any write, or whose writes fail, never cosigns two histories.

Another history is any checkpoint that does not contain one that was cosigned before: whoever holds
the two cosignatures can prove that the witness lied.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from evidence_ledger.adapters.witness.home import WitnessHome
from evidence_ledger.witness import service
from evidence_ledger.witness_assembly import create_witness, open_witness
from tests.conftest import ROOT
from tests.crash.faults import Fault, How, Outcome, run
from tests.fakes import FakeClock, SeededEntropy
from tests.small_log import LOG
from tests.witness.bench import FORK_AT, NAME, WitnessBench, request

Tell = Callable[[int], None]
SIZES = (2, FORK_AT, 6, 9)


def grow(home: WitnessHome, tell: Tell) -> None:
    """Branch a from 2 to 9 entries, in steps; a size is told once its cosignature is there."""
    witness = open_witness(home, FakeClock())
    for old, size in itertools.pairwise((0, *SIZES)):
        outcome = witness.service.add_checkpoint(request(old, size))
        if outcome.answer.status == 200:
            tell(size)
    witness.close()


def check(home: WitnessHome, cosigned: set[int], where: str) -> None:
    """What was told is kept; the other branch is cosigned only where nothing contradicts it."""
    witness = open_witness(home, FakeClock())
    try:
        known = conflict_size(witness.service.add_checkpoint)
        assert known >= max(cosigned, default=0), where
        is_forked = witness.service.add_checkpoint(request(known, 12, "b")).answer.status == 200
        assert not (is_forked and max(cosigned, default=0) > FORK_AT), where
        if not is_forked:
            assert witness.service.add_checkpoint(request(known, 12)).answer.status == 200, where
    finally:
        witness.close()


def conflict_size(ask: Callable[[bytes], service.Outcome]) -> int:
    """The size that the witness has, as a log asks for it."""
    return int(ask(request(99, 99)).answer.body)


@pytest.fixture
def template(tmp_path: Path) -> WitnessHome:
    bench = WitnessBench(tmp_path)
    bench.open.close()
    return bench.home


def hurt(template: WitnessHome, how: How, at: int) -> tuple[WitnessHome, Outcome]:
    home = WitnessHome(template.folder.with_name("run"))
    shutil.rmtree(home.folder, ignore_errors=True)
    shutil.copytree(template.folder, home.folder)
    return home, run(lambda tell: grow(home, tell), Fault(how, at))


@pytest.mark.parametrize("how", list(How))
def test_every_write(template: WitnessHome, how: How) -> None:
    _, whole = hurt(template, how, 0)
    assert whole.acknowledged == list(SIZES)
    assert whole.writes >= 4 * len(SIZES)
    for at in range(1, whole.writes + 1):
        home, outcome = hurt(template, how, at)
        where = f"write {at} {how}"
        assert (outcome.crash, outcome.killed) == (None, how is How.KILLED), where
        check(home, set(outcome.acknowledged), where)


@pytest.mark.parametrize("how", list(How))
def test_every_write_of_the_making_of_a_witness(tmp_path: Path, how: How) -> None:
    def make(tell: Tell) -> None:
        create_witness(WitnessHome(tmp_path / "run"), NAME)
        tell(1)

    total = run(make, Fault(how, 0)).writes
    for at in range(1, total + 1):
        shutil.rmtree(tmp_path / "run")
        outcome = run(make, Fault(how, at))
        assert outcome.crash is None, f"write {at} {how}"
        home = WitnessHome(tmp_path / "run")
        if not all(path.exists() for path in home.key_files):
            create_witness(home, NAME, entropy=SeededEntropy())
        witness = open_witness(home)
        witness.logs.add([LOG.verifier])
        assert witness.service.add_checkpoint(request(0, 5)).answer.status == 200
        witness.close()


@contextmanager
def running(home: WitnessHome) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The real program, and its address."""
    command = [sys.executable, "-m", "evidence_ledger_cli", "witness", "run", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--home", str(home.folder)],
        cwd=ROOT,
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        yield process, f"http://127.0.0.1:{line.split()[-1]}"
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def hammer(address: str, known: int, until: float, cosigned: list[tuple[int, str]]) -> None:
    """Both branches ask in turn, each as if it were alone, until the witness is gone."""
    with httpx.Client(base_url=address, timeout=5) as client:
        for branch in itertools.cycle("ab"):
            if time.monotonic() > until:
                return
            size = known + 1
            answer = client.post("/add-checkpoint", content=request(known, size, branch))
            if answer.status_code == 200:
                cosigned.append((size, branch))
                known = size
            elif answer.status_code == 409:
                known = int(answer.text)


def killed_rounds(home: WitnessHome, rounds: int) -> list[tuple[int, str]]:
    """What was cosigned by a witness that is killed at random moments."""
    cosigned: list[tuple[int, str]] = []
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    for _ in range(rounds):
        with running(home) as (process, address):
            moment = chance.uniform(0.02, 0.3)
            killer = subprocess.Popen(["sh", "-c", f"sleep {moment}; kill -9 {process.pid}"])
            known = cosigned[-1][0] if cosigned else 0
            with suppress(httpx.TransportError):
                hammer(address, known, time.monotonic() + 5, cosigned)
            killer.wait()
            assert process.wait(5) == -signal.SIGKILL
    return cosigned


def check_one_history(cosigned: list[tuple[int, str]]) -> None:
    assert len(cosigned) > FORK_AT
    assert [size for size, _ in cosigned] == sorted(size for size, _ in cosigned)
    assert len({branch for size, branch in cosigned if size > FORK_AT}) == 1


def test_a_real_witness_killed_at_random_moments(template: WitnessHome) -> None:
    check_one_history(killed_rounds(template, 4))


@pytest.mark.long
def test_a_real_witness_killed_many_times(template: WitnessHome) -> None:
    check_one_history(killed_rounds(template, 40))
