"""``evidence deposit --server``: hashed and signed here, entered there, proved by a certificate."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from evidence_ledger.errors import LedgerFull
from evidence_ledger_server.routes import deposits
from tests.cli.conftest import Run, desk, evidence
from tests.server.running import Running
from tests.workbench import fact

__all__ = ["desk", "evidence"]


pytestmark = pytest.mark.usefixtures("desk")


@pytest.fixture
def policy(server: Running, tmp_path: Path) -> Path:
    """Trusts the served ledger and whoever deposits there."""
    path = tmp_path / "trust.toml"
    path.write_text(server.client.get("/v1/policy").text)
    return path


def test_a_firm_deposits_from_its_own_machine(
    server: Running, desk: Path, evidence: Run, policy: Path
) -> None:
    key = server.home.depositor
    done = evidence(
        "deposit", "case", "--server", server.url, "--key", key, "--out", "c.asice", "--json"
    )
    assert done.code == 0, done.err
    assert done.document["index"] == 0
    assert done.document["files"] == 3
    checked = evidence("verify", "c.asice", "case", "--policy", policy)
    assert checked.code == 0, checked.out
    assert not list((desk / "ledger" / "outbox").iterdir())


def test_a_key_that_nobody_pinned_is_told(
    server: Running, desk: Path, evidence: Run, policy: Path
) -> None:
    arguments = (
        "deposit",
        "case/lease.txt",
        "--server",
        server.url,
        "--key",
        server.home.depositor,
    )
    done = evidence(*arguments, "--out", "c.asice", "--json")
    assert done.document["index"] == 0
    assert done.err.count("No trust policy here pins the key") == 1
    assert f"{server.url}/v1/policy" in done.err
    (desk / "ledger" / "trust.toml").write_bytes(policy.read_bytes())
    done = evidence(*arguments, "--out", "d.asice")
    assert done.code == 0
    assert "pins the key" not in done.err


def test_a_private_deposit_tells_the_server_no_claim(
    server: Running, desk: Path, evidence: Run, policy: Path
) -> None:
    key = server.home.depositor
    options = ("--server", server.url, "--key", key, "--private", "--out", "c.asice")
    assert evidence("deposit", "case/lease.txt", *options).code == 0
    assert evidence("verify", "c.asice", "case/lease.txt", "--policy", policy).code == 0
    digest = fact("x", b"the lease").fingerprint.sha256.hex()
    assert server.client.get(f"/v1/fingerprints/sha256/{digest}").status_code == 404
    with zipfile.ZipFile(desk / "c.asice") as held:
        assert any("lease.txt" in held.read(name).decode("latin-1") for name in held.namelist())


def test_interrupted_the_same_command_gets_the_same_entry(
    server: Running, desk: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--server", server.url, "--key", server.home.depositor, "--out", "c.asice")

    def broken(*_: object) -> object:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(deposits, "_answer", broken)
        patch.setattr(deposits, "_certificate", broken)
        first = evidence("deposit", "case/lease.txt", *options)
        assert first.code == 102, first.err
        assert not (desk / "c.asice").exists()
    again = evidence("deposit", "case/lease.txt", *options, "--json")
    assert again.document["index"] == 0


@pytest.mark.parametrize(
    ("url", "code"), [("http://127.0.0.1:9", 101), ("ftp://x", 2), ("http://[", 2)]
)
def test_a_server_that_is_not_there_is_one_sentence(evidence: Run, url: str, code: int) -> None:
    done = evidence("deposit", "case", "--server", url)
    assert done.code == code, done.err
    assert "Traceback" not in done.err


def test_the_servers_own_reason_is_told(server: Running, evidence: Run) -> None:
    server.client.get("/v1/health")
    object.__setattr__(server.config, "largest_deposit", 10)
    key = server.home.depositor
    done = evidence("deposit", "case", "--server", server.url, "--key", key, "--json")
    assert done.code == 102
    assert done.document["error"]["code"] == "http.too-large"


def test_what_only_the_operator_can_mend_says_so(
    server: Running, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise LedgerFull("There is no space left for the ledger.")

    server.client.get("/v1/health")
    monkeypatch.setattr("evidence_ledger.ledger.Ledger.point", full)
    done = evidence("deposit", "case", "--server", server.url, "--key", server.home.depositor)
    assert done.code == 102
    assert "no space left" in done.err
    assert "Its operator has to mend that." in done.err


def test_what_makes_no_sense_together(evidence: Run) -> None:
    assert evidence("deposit", "case", "--private").code == 2
    assert evidence("deposit", "case", "--server", "http://x", "--embed").code == 2
