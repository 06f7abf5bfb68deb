"""A foreign witness, torchwood's litewitness, as a real witness of our ledger.

Its cosignatures must count for us, and our proofs with them for Go's transparency libraries.
Needs Go with its module proxy, and OpenSSH's agent; skipped, with the reason, without.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.witnesses.http import HttpWitness
from evidence_ledger.core.merkle import EMPTY_ROOT
from evidence_ledger.core.policy_exchange import export_policy
from evidence_ledger.core.proof_verification import verify_proof
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.trust_policy import parse
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import WitnessRefused
from tests.conftest import ROOT
from tests.fakes import FakeClock
from tests.workbench import ORIGIN, Workbench, note_signers, step, written

pytestmark = pytest.mark.long

LITEWITNESS = "filippo.io/torchwood/cmd/litewitness@v0.9.0"
NAME = "litewitness.example/w"
FORKED = "ledger.example/forked"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``litewitness`` and ``judge``."""
    for name in ("go", "ssh-agent", "ssh-add", "ssh-keygen"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not on this machine")
    folder = tmp_path_factory.mktemp("programs")
    build(["go", "install", LITEWITNESS], folder, ROOT)
    judge = ["go", "build", "-mod=readonly", "-o", str(folder / "judge"), "."]
    build(judge, folder, ROOT / "tests" / "interop" / "tlog")
    return folder


def build(command: list[str], folder: Path, where: Path) -> None:
    environment = os.environ | {"GOBIN": str(folder)}
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, env=environment)
    if done.returncode:
        pytest.skip(f"the Go programs can't be had: {done.stderr.strip()[-200:]}")


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def wait_for(path: Path) -> None:
    for _ in range(200):
        if path.exists():
            return
        time.sleep(0.05)
    pytest.fail(f"{path.name} did not come")


@pytest.fixture(scope="module")
def witness(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpWitness]:
    """The witness with a key of its own, which knows our ledger's Ed25519 key."""
    folder = tmp_path_factory.mktemp("w")
    key, agent, database = folder / "key", folder / "agent", folder / "witness.sqlite"
    keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(keygen, check=True)
    printed = subprocess.run(
        ["ssh-keygen", "-lf", str(key)], check=True, capture_output=True, text=True
    )
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = [str(programs / "litewitness"), "-name", NAME, "-db", str(database)]
    run += ["-ssh-agent", str(agent), "-key", printed.stdout.split()[1]]
    with running(["ssh-agent", "-D", "-a", str(agent)]):
        wait_for(agent)
        environment = os.environ | {"SSH_AUTH_SOCK": str(agent)}
        subprocess.run(["ssh-add", "-q", str(key)], check=True, env=environment)
        with running([*run, "-listen", f"127.0.0.1:{port}"]):
            url = f"http://127.0.0.1:{port}"
            wait_until_answered(url)
            know_ledger(database)
            one = HttpWitness("lite", url, [vkey_of(key.with_suffix(".pub"))])
            yield one
            one.close()


def wait_until_answered(url: str) -> None:
    for _ in range(200):
        try:
            httpx.get(url, timeout=1)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the witness did not start")


def know_ledger(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        root = b64encode(EMPTY_ROOT).decode()
        for origin in (ORIGIN, FORKED):
            vkey = note_signers(origin)[0].vkey
            connection.execute("INSERT INTO log VALUES (?, 0, ?)", (origin, root))
            connection.execute("INSERT INTO key VALUES (?, ?)", (origin, vkey))


def vkey_of(public: Path) -> str:
    key = load_ssh_public_key(public.read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    found = VerifierKey.of(NAME, KeyType.ED25519_COSIGNATURE, key.public_bytes_raw())
    return found.encode()


def test_it_is_a_witness_of_our_ledger_and_counts_for_others(
    programs: Path, witness: HttpWitness, tmp_path: Path
) -> None:
    clock = FakeClock(SystemClock().now())
    bench = Workbench(tmp_path, clock=clock)
    bench.witnesses = [witness]
    bench.ledger = bench.reopened()
    for count in (1, 3, 5):
        for _ in range(count):
            bench.deposit()
        result = bench.ledger.seal()
        assert result.witness_failures == ()
        assert result.unwitnessed == ()
    assert bench.audit().verdict is Verdict.PASSED
    trusted = f'[[witness]]\nname = "lite"\nvkey = "{witness.vkeys[0]}"\n[quorum]\nwitnesses = 1\n'
    policy = bench.policy(witnesses=trusted)
    for index in (0, 4, 8):
        parts = bench.issue(index)
        report = bench.check(written(parts), policy=policy)
        assert step(report, "8").verdict is Verdict.PASSED, report
        ours = verify_proof(parts.proof, parts.entry, export_policy(parse(policy)))
        assert ours.verdict is Verdict.PASSED, ours
        assert (
            judged(programs, tmp_path, parts.proof, parts.entry, witness.vkeys[0]) == "accepted\n"
        )
    bench.store.close()


def test_it_refuses_another_history_of_our_ledger(witness: HttpWitness, tmp_path: Path) -> None:
    """The same key over two databases: the operator forks."""
    clock = FakeClock(SystemClock().now())
    for name, failures in (("one", 0), ("two", 1)):
        folder = tmp_path / name
        folder.mkdir()
        bench = Workbench(folder, origin=FORKED, clock=clock)
        bench.witnesses = [witness]
        bench.ledger = bench.reopened()
        for _ in range(1 + failures):
            bench.deposit()
        found = bench.ledger.seal().witness_failures
        assert [type(one) for one in found] == [WitnessRefused] * failures
        assert all("did not only grow" in str(one) for one in found)
        bench.store.close()


def judged(programs: Path, folder: Path, proof: bytes, leaf: bytes, vkey: str) -> str:
    """What the Go libraries say of a proof with the witness's cosignature."""
    files = folder / "proof", folder / "leaf"
    for path, data in zip(files, (proof, leaf), strict=True):
        path.write_bytes(data)
    keys = [one.vkey for one in note_signers()]
    command = [str(programs / "judge"), *map(str, files), *keys, vkey]
    return subprocess.run(command, capture_output=True, text=True).stdout
