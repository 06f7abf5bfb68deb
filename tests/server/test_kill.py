"""A server killed under load has lost nothing that it acknowledged, and made no entry twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import create_ledger, open_depositor, open_ledger
from evidence_ledger.author import Context
from evidence_ledger.core.report import Verdict
from tests.server.running import ORIGIN, form
from tests.workbench import fact

CLIENTS = 8


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def started(home: Path, port: int, workers: int) -> subprocess.Popen[bytes]:
    """A server process that answers."""
    code = "from evidence_ledger_server.program import main; main()"
    options = ["run", "--home", str(home), "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *options],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"EVIDENCE_SERVER_SEAL_EVERY": "0.3"},
    )
    for _ in range(600):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/v1/health").status_code == 200:
                return process
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


class Load:
    """Clients that deposit one after the other until told to stop, and remember the answers."""

    def __init__(self, home: Home, port: int, name: str) -> None:
        self.acknowledged: dict[str, int] = {}
        self._url = f"http://127.0.0.1:{port}/v1/deposits"
        self._author, self._name = open_depositor(home), name
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(one,)) for one in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self, client: int) -> None:
        with httpx.Client(timeout=10) as http:
            for number in range(100_000):
                if self._stop.is_set():
                    return
                file = fact("f", f"{self._name} {client} {number}".encode())
                signed = self._author.deposit([file], [], Context(ORIGIN))
                body = form(signed)
                try:
                    answer = http.post(self._url, json=body)
                except httpx.TransportError:
                    continue
                if answer.status_code in (200, 201):
                    self.acknowledged[body["statement"]] = answer.json()["index"]

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_server_has_lost_nothing(tmp_path: Path, workers: int) -> None:
    home = Home(tmp_path / "ledger")
    create_ledger(home, origin=ORIGIN)
    acknowledged: dict[str, int] = {}
    for round_ in range(3):
        port = free_port()
        process = started(home.folder, port, workers)
        load = Load(home, port, f"round {round_}")
        time.sleep(1 + 0.37 * round_)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        load.stop()
        assert load.acknowledged
        acknowledged |= load.acknowledged
    place = open_ledger(home)
    try:
        held = {one.index: one.statement for one in place.ledger.entries()}
        for statement, index in acknowledged.items():
            assert held[index] == statement.encode()
        deposits = [one for one in held.values() if one and json.loads(one)["kind"] == "deposit"]
        assert len(set(deposits)) == len(deposits)
        place.ledger.seal()
        assert place.audit().verdict is Verdict.PASSED
    finally:
        place.close()


@pytest.mark.long
def test_a_stopped_server_finishes_what_it_began(tmp_path: Path) -> None:
    home = Home(tmp_path / "ledger")
    create_ledger(home, origin=ORIGIN)
    port = free_port()
    process = started(home.folder, port, 1)
    load = Load(home, port, "stopping")
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) in (0, -signal.SIGTERM)
    load.stop()
    place = open_ledger(home)
    try:
        held = {one.index: one.statement for one in place.ledger.entries()}
        assert load.acknowledged
        assert all(held[index] == one.encode() for one, index in load.acknowledged.items())
    finally:
        place.close()
