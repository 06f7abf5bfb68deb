"""``evidence monitor`` against a real server: news, alarms, and a process that is killed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger_server.static_copy import write_copy
from tests.cli.conftest import Run
from tests.server.running import Running
from tests.small_log import make_key
from tests.witness_process import environment
from tests.workbench import fact

LEASE = b"the lease"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.chdir(tmp_path)
    Path("lease.txt").write_bytes(LEASE)
    with Running(tmp_path / "home", seal_every=3600.0) as server:
        deposit(server, "other.txt", b"other")
        yield server


def deposit(server: Running, name: str, data: bytes) -> int:
    signed = server.signed(fact(name, data, sm3=False))
    answer = server.deposit(signed, params={"wait": "seal"}).raise_for_status()
    index = answer.json()["index"]
    assert isinstance(index, int)
    return index


def monitor(server: Running, *more: str | Path) -> tuple[str | Path, ...]:
    usual = ("monitor", server.url, "--state", "state", "--policy", server.home.trust)
    return (*usual, *more)


def test_a_lawyer_learns_of_the_same_file_and_of_their_own_certificate(
    served: Running, evidence: Run
) -> None:
    (mine,) = x509.load_pem_x509_certificates(served.home.depositor.read_bytes())
    Path("me.pem").write_bytes(mine.public_bytes(Encoding.PEM))
    Path("me.der").write_bytes(mine.public_bytes(Encoding.DER))
    usual = monitor(
        served, "--watch-fingerprint", "lease.txt", "--watch-signer", "me.pem", "--once"
    )
    first = evidence(*usual)
    assert first.code == 0, first.err
    assert first.out.count("NOTICE monitor.watched-signer") == 1
    index = deposit(served, "lease.txt", LEASE)
    second = evidence(*usual)
    assert second.code == 0
    assert f"Entry {index} holds the fingerprint of lease.txt." in second.out
    assert f"Entry {index} was signed with the X.509 certificate me.pem." in second.out
    assert "Entry 0" not in second.out
    assert evidence(*usual).out == ""
    typed = monitor(served, "--watch-fingerprint", f"sha256:{'0' * 64}", "--watch-signer", "me.der")
    assert evidence(*typed, "--once").code == 0


def test_one_look_is_one_json_document(served: Running, evidence: Run) -> None:
    answer = evidence(*monitor(served, "--once", "--json"))
    assert answer.code == 0
    (ledger,) = answer.document["ledgers"]
    assert ledger["size"] == 1
    assert ledger["verdict"] == answer.document["verdict"] == "PASSED"
    assert ledger["alerts"] == []


def test_a_key_is_enough(served: Running, evidence: Run) -> None:
    vkey = read_trust(served.home.trust).logs[0].keys[0].encode()
    one = ("monitor", served.url, "--vkey", vkey, "--once", "--state")
    assert evidence(*one, "a").code == 0
    other = vkey.replace("ledger.example/served", "ledger.example/other")
    assert evidence("monitor", served.url, "--vkey", other, "--once", "--state", "b").code == 4
    assert evidence("monitor", served.url, "--once", "--state", "c").code == 2
    assert evidence("monitor", "--vkey", vkey, "--once", "--state", "d").code == 2


def test_an_address_that_is_not_utf_8_is_one_that_does_not_answer(
    desk: Path, evidence: Run
) -> None:
    usual = ("monitor", "\udcff", "--state", "s", "--policy", desk / "ledger" / "trust.toml")
    for more in ((), ("--json",)):
        answer = evidence(*usual, "--once", *more)
        assert answer.code == 3, answer.err
        assert "monitor.unreachable" in answer.out


def test_a_ledger_that_does_not_answer_is_a_warning(served: Running, evidence: Run) -> None:
    usual = ("monitor", "http://127.0.0.1:1", "--state", "s", "--policy", served.home.trust)
    answer = evidence(*usual, "--once")
    assert answer.code == 3
    assert "WARNING monitor.unreachable" in answer.out


def test_a_folder_without_look_ups_is_followed_too(served: Running, evidence: Run) -> None:
    write_copy(served.home.folder, Path("copy"))
    usual = ("monitor", "copy", "--state", "s", "--policy", served.home.trust, "--once")
    assert evidence(*usual, "--watch-fingerprint", "lease.txt").code == 0


def test_the_command_gets_each_alert_until_it_takes_it(served: Running, evidence: Run) -> None:
    deposit(served, "lease.txt", LEASE)
    taker = Path("taker.py")
    taker.write_text("raise SystemExit(1)")
    command = ("--alert-command", f"{sys.executable} taker.py")
    usual = monitor(served, "--watch-fingerprint", "lease.txt", "--once", *command)
    failed = evidence(*usual)
    assert "The alert command failed" in failed.err
    taker.write_text("import sys; open('taken', 'a').write(sys.stdin.read())")
    evidence(*usual)
    evidence(*usual)
    (line,) = Path("taken").read_text().splitlines()
    assert json.loads(line)["code"] == "monitor.watched-file"


def test_it_goes_on_after_it_was_killed(served: Running) -> None:
    """Deposits come while the process is killed again and again; each is told, in order, once."""
    command = [sys.executable, "-m", "evidence_ledger_cli"]
    command += map(str, monitor(served, "--watch-fingerprint", "lease.txt", "--interval", "0.1"))
    expected: list[int] = []
    for _ in range(3):
        with Path("out").open("ab") as out:
            process = subprocess.Popen([*command, "--json"], stdout=out, env=environment())
            for _ in range(2):
                expected.append(deposit(served, "lease.txt", LEASE))
            wait_for(expected[-1])
            process.send_signal(signal.SIGKILL)
            process.wait(30)
    alerts = [json.loads(line) for line in Path("out").read_text().splitlines()]
    told = [int(one["subject"].rpartition(" ")[2]) for one in alerts]
    assert list(dict.fromkeys(told)) == expected
    assert len({one["id"] for one in alerts}) == len(expected)
    assert Path("state/alerts.jsonl").read_text().count("\n") == len(expected)


def wait_for(index: int) -> None:
    end = time.monotonic() + 30
    while f' {index}"' not in Path("out").read_text():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("once", [True, False])
def test_ctrl_c_stops_it_at_once_whoever_keeps_silent(
    tmp_path: Path, count: int, once: bool
) -> None:
    """Ledgers that take the question and never answer."""
    with ExitStack() as held:
        silent = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        urls = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in silent]
        vkey = make_key("log.example/7", KeyType.ED25519).verifier.encode()
        command = [sys.executable, "-m", "evidence_ledger_cli", "monitor", *urls, "--vkey", vkey]
        command += ["--state", str(tmp_path / "state"), *(["--once"] if once else [])]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment())
        for one in silent:
            one.settimeout(30)
            held.enter_context(one.accept()[0])
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=5)
    assert process.returncode == 130
    assert b"Stopped." in told
    assert b"Traceback" not in told
