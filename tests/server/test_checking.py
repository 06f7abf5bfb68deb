"""Checks in processes of their own: the same answers, and none is lost with a process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import create_ledger, open_depositor
from evidence_ledger.author import Context
from evidence_ledger.core.chain import Admission
from evidence_ledger.errors import EvidenceError, FormatError, Refused
from evidence_ledger_server.checker import Asked, Checked, check
from evidence_ledger_server.checking import Checking
from evidence_ledger_server.problem import Problem
from tests.server.running import ORIGIN, Running, form
from tests.workbench import fact


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A deposit; a batch with a damaged one; one of another ledger; none; no JSON."""
    home = Home(tmp_path_factory.mktemp("checking") / "ledger")
    create_ledger(home, origin=ORIGIN)
    author = open_depositor(home)
    sound = form(author.deposit([fact("a.txt", b"a")], [], Context(ORIGIN)))
    damaged = sound | {"signature": "AAAA"}
    elsewhere = form(author.deposit([fact("a.txt", b"a")], [], Context("ledger.example/other")))
    made = [sound, {"deposits": [sound, damaged, sound]}, elsewhere, {"deposits": []}]
    return [*(json.dumps(one).encode() for one in made), b"{"]


def with_processes(count: int, story: Callable[[Checking], Awaitable[None]]) -> None:
    async def run() -> None:
        checks = Checking(ORIGIN, count)
        checks.start()
        try:
            await story(checks)
        finally:
            await checks.stop()

    asyncio.run(run())


async def told(checks: Checking, body: bytes) -> object:
    try:
        return outline(await checks.check(body))
    except Problem as problem:
        return problem.status, problem.code, problem.detail, problem.hint


def outline(checked: Checked) -> object:
    return checked.is_batch, [
        (one.reason, one.message, one.where) if isinstance(one, EvidenceError) else one
        for one in checked.deposits
    ]


@pytest.mark.parametrize("count", [1, 2])
def test_processes_answer_what_would_be_answered_here(bodies: list[bytes], count: int) -> None:
    async def story(checks: Checking) -> None:
        here = Checking(ORIGIN, 0)
        many = bodies * 9
        answers = await asyncio.gather(*(told(checks, body) for body in many))
        assert answers == [await told(here, body) for body in many]

    with_processes(count, story)


def test_each_of_a_batch_has_its_own_outcome(bodies: list[bytes]) -> None:
    checked = check(Asked(bodies[1]), ORIGIN)
    assert isinstance(checked, Checked)
    assert [type(one) for one in checked.deposits] == [Admission, FormatError, Admission]
    other = check(Asked(bodies[2]), ORIGIN)
    assert isinstance(other, Checked)
    assert isinstance(other.deposits[0], Refused)


def test_a_killed_process_costs_one_answer_and_is_replaced(
    bodies: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def remembered(*arguments: object, **keywords: object) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **keywords))  # type: ignore[call-overload]  # handed on
        return started[-1]

    monkeypatch.setattr("evidence_ledger_server.checking.subprocess.Popen", remembered)

    async def story(checks: Checking) -> None:
        await checks.check(bodies[0])
        started[0].kill()
        answers = [await told(checks, bodies[0]) for _ in range(3)]
        refused = [one for one in answers if isinstance(one, tuple) and one[0] == 503]
        assert len(refused) <= 1
        assert len(answers) > len(refused)
        assert len(started) == 2

    with_processes(1, story)
    assert all(one.poll() is not None for one in started)


def test_a_mistake_of_ours_is_told_and_ends_no_process(
    bodies: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evidence_ledger_server.checker.parse_form", lambda _: 1 // 0)
    answer = check(Asked(bodies[0]), ORIGIN)
    assert isinstance(answer, Problem)
    assert (answer.status, answer.code) == (500, "internal")


def test_a_process_ends_when_the_server_is_killed() -> None:
    code = (
        "import asyncio, os, signal\n"
        "from evidence_ledger_server.checking import Checking\n"
        "async def main():\n"
        "    checks = Checking('x', 1)\n"
        "    checks.start()\n"
        "    try: await checks.check(b'{')\n"
        "    except Exception: pass\n"
        "    print(open(f'/proc/self/task/{os.getpid()}/children').read(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    if not Path("/proc/self/stat").exists():
        pytest.skip("there is no /proc on this machine")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    children = ran.stdout.split()
    assert children
    end = time.monotonic() + 20
    while any(_runs(int(child)) for child in children):
        assert time.monotonic() < end, "a checking process outlived its server"
        time.sleep(0.05)


def _runs(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_server_with_checking_processes_takes_deposits(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", check_processes=2) as server:
        signed = [server.signed(fact(f"{number}.txt", b"%d" % number)) for number in range(4)]
        answers = [server.deposit(one) for one in signed]
        assert [one.json()["index"] for one in answers] == [0, 1, 2, 3]
        assert server.client.post("/v1/deposits", content=b"{").status_code == 400


def test_where_no_process_can_be_started_it_is_tried_again(
    bodies: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No descriptors are left for a moment, say."""
    start, failures = subprocess.Popen, [OSError(24, "Too many open files")]

    def popen(*arguments: object, **keywords: object) -> subprocess.Popen[bytes]:
        if failures:
            raise failures.pop()
        found: subprocess.Popen[bytes] = start(*arguments, **keywords)  # type: ignore[call-overload]  # handed on
        return found

    monkeypatch.setattr("evidence_ledger_server.checking.subprocess.Popen", popen)

    async def story(checks: Checking) -> None:
        assert outline(await checks.check(bodies[0])) is not None
        assert checks.works

    with_processes(1, story)
    assert not failures


def test_large_bodies_go_one_by_one() -> None:
    async def story() -> None:
        checks = Checking(ORIGIN, 1)
        loop = asyncio.get_running_loop()
        for size in (10, 10, 3 << 20, 3 << 20, 10):
            checks._waiting.append((Asked(b"x" * size), loop.create_future()))
        sizes = [[len(one.body) for one, _ in await checks._next()] for _ in range(4)]
        assert sizes == [[10, 10], [3 << 20], [3 << 20], [10]]

    asyncio.run(story())
