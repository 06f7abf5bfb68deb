"""After an erasure on a server: whoever asks learns what is gone, by commands and over HTTP, and
what was handed out before stands. Three sealed deposits of one case; the second is erased."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evidence_ledger.adapters.trust_file import read_trust
from tests.cli.conftest import Answer, Run, desk, evidence
from tests.server.acting import code
from tests.server.running import Running
from tests.server.test_erasing import seal

__all__ = ["desk", "evidence"]


CASE = "4 O 1/26"
GONE = 3
NOBODY = 102


@pytest.fixture
def deposited(desk: Path, server: Running, evidence: Run) -> Running:
    """Certificates are in ``a.asice`` to ``c.asice``."""
    for name in "abc":
        (desk / f"{name}.txt").write_text(f"text {name}")
        usual = ("deposit", f"{name}.txt", "--case", CASE, *there(server))
        assert evidence(*usual, "--out", f"{name}.asice").code == 0
    return server


@pytest.fixture
def erased(deposited: Running, evidence: Run) -> Running:
    done = erase(deposited, evidence, GONE, "--json")
    assert (done.code, done.document["erased"]) == (0, [GONE])
    # What its files hold until it seals is not known here.
    assert done.document["files_clean"] is None
    return deposited


def there(server: Running) -> tuple[str | Path, ...]:
    return ("--server", server.url, "--key", server.home.depositor)


def erase(server: Running, evidence: Run, *more: str | int) -> Answer:
    return evidence("erase", *more, "--reason", "Art. 17 GDPR", "--yes", *there(server))


@contextmanager
def own(server: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands of the operator, on the server's machine."""
    with monkeypatch.context() as patch:
        patch.setenv("EVIDENCE_HOME", str(server.home.folder))
        yield


def test_the_ledger_stands_by_every_certificate(erased: Running, evidence: Run) -> None:
    usual = ("--policy", erased.home.trust, "--online", "--ledger", erased.url)
    for _ in range(2):
        for name in "abc":
            checked = evidence("verify", f"{name}.asice", f"{name}.txt", *usual, "--json")
            assert checked.code == 0, checked.out
            assert checked.document["steps"][-1]["name"] == "Ledger today"
        seal(erased)
    assert evidence("verify", "b.asice", "c.txt", *usual).code == 1
    sent = {"certificate": Path("b.asice").read_bytes(), "file": Path("b.txt").read_bytes()}
    judged = erased.client.post("/v1/verify", files=sent)
    assert judged.json()["verdict"] == "PASSED"


def test_whoever_follows_it_is_told_and_finds_no_defect(erased: Running, evidence: Run) -> None:
    usual = ("monitor", erased.url, "--policy", erased.home.trust, "--once", "--signatures")
    more = ("--watch-fingerprint", "b.txt", "--held", "b.asice", "--watch-signer", "me.pem")
    Path("me.pem").write_bytes(erased.home.depositor.read_bytes())
    seal(erased)
    looked = evidence(*usual, *more, "--state", "state")
    assert looked.code == 0, looked.out
    notices = [line.split()[2] for line in looked.out.splitlines()]
    # The server knows the signers of entries 0, 6 and 9, and nothing any more of entry 3.
    assert notices == ["monitor.watched-signer"] * 3 + ["monitor.erased"]
    assert "entry 3 was erased; its signature was not checked" in looked.out
    assert evidence(*usual, *more, "--state", "state").out == ""
    vkey = read_trust(erased.home.trust).logs[0].keys[0].encode()
    assert evidence("log", "audit", erased.url, "--vkey", vkey).code == 0


def test_nothing_of_it_is_served(erased: Running, evidence: Run) -> None:
    shown = evidence("show", GONE, *there(erased))
    assert (shown.code, "erased     yes" in shown.out) == (0, True)
    assert "erased by entry 9" in shown.out
    gone = erased.client.get(f"/v1/deposits/{GONE}/certificate")
    assert code(gone, 410) == "claims.erased"
    granted = evidence("register", "grant", GONE, "ab" * 32, *there(erased))
    assert (granted.code, "claims of entry 3 were erased" in granted.err) == (NOBODY, True)
    tags = erased.client.get("/v1/signers?from=0").json()["tags"]
    assert [at for at, tag in enumerate(tags) if tag is None] == [GONE]


def test_the_same_command_again_is_no_error(erased: Running, evidence: Run) -> None:
    again = erase(erased, evidence, GONE)
    assert (again.code, again.out) == (0, "Erased already: 3\n")
    assert "Entry" not in again.out
    both = erase(erased, evidence, 0, GONE)
    assert both.code == 0
    assert both.out == "Erased already: 3\nErased: 0. Entry 10 says so.\n"
    assert "its next seal" in both.err


@pytest.mark.parametrize("index", [1, 77])
def test_what_can_not_be_erased_is_said(deposited: Running, evidence: Run, index: int) -> None:
    refused = erase(deposited, evidence, index)
    assert refused.code == NOBODY
    assert "Traceback" not in refused.err
    assert ("is never erased" in refused.err) == (index == 1)


def test_a_case_is_certified_and_attested_still(erased: Running, evidence: Run) -> None:
    policy = ("--policy", erased.home.trust)
    attested = evidence("attest", "b.asice", "b.txt", *policy, *there(erased), "--out", "at.asice")
    assert attested.code == 0, attested.err
    made = evidence("matter", "certify", CASE, "--server", erased.url, "--out", "all.asice")
    assert made.code == 0, made.err
    everything = ("verify", "all.asice", "a.asice", "b.asice", "c.asice", *policy)
    assert evidence(*everything, "--log", erased.url).code == 0


def test_its_operator_seals_renews_and_audits(
    erased: Running, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert b"b.txt" in Path("b.asice").read_bytes()
    with own(erased, monkeypatch):
        assert evidence("audit").code == 0
        assert evidence("seal").code == 0
        assert not [one for one in erased.home.folder.glob("*.sqlite*") if names(one)]
        assert evidence("renew", "--digest", "sha512").code == 0
        assert evidence("export", GONE, "--out", "new.asice").code == 36
        assert evidence("export", 6, "--out", "new.asice").code == 0
        audited = evidence("audit", "--json")
        assert (audited.code, audited.document["facts"]["erased"]) == (0, 1)
    assert evidence("verify", "new.asice", "c.txt", "--policy", erased.home.trust).code == 0


def names(path: Path) -> bool:
    return b"b.txt" in path.read_bytes()
