"""A case in a ledger that is served elsewhere: deposited and certified from two machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence_ledger.adapters.log_source import HttpSource
from evidence_ledger.core import entry
from tests.cli.conftest import Run, desk, evidence
from tests.server.running import Running

__all__ = ["desk", "evidence"]

pytestmark = pytest.mark.usefixtures("desk")
CASE = "2026-CV-1142"


@pytest.fixture
def policy(server: Running, tmp_path: Path) -> Path:
    path = tmp_path / "trust.toml"
    path.write_text(server.client.get("/v1/policy").text)
    return path


def deposit(server: Running, evidence: Run, name: str, case: str = CASE, *more: str | Path) -> int:
    Path(name).write_text(name)
    answer = evidence(
        "deposit", name, "--server", server.url, "--key", server.home.depositor,
        "--case", case, "--out", f"{name}.asice", "--json", *more,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    return int(answer.document["index"])


def marked(server: Running, index: int) -> bytes | None:
    text = server.client.get(f"/v1/deposits/{index}").json()["entry"]
    return entry.parse(text.encode()).mark


def test_a_case_is_complete_without_telling_its_secret(
    server: Running, evidence: Run, policy: Path
) -> None:
    own = [deposit(server, evidence, f"own-{number}") for number in range(2)]
    deposit(server, evidence, "other", "2026-CV-7")
    own.append(deposit(server, evidence, "own-2", CASE, "--private"))
    answer = evidence(
        "matter", "certify", CASE, "--server", server.url, "--out", "all.asice", "--json"
    )
    assert answer.code == 0, answer.err
    assert answer.document["entries"] == own
    assert None not in [marked(server, index) for index in own]
    certificates = [f"own-{number}.asice" for number in range(3)]
    rule = ("--policy", policy, "--log", server.url)
    checked = evidence("verify", "all.asice", *certificates, *rule, "--json")
    assert checked.code == 0, checked.out
    assert checked.document["facts"]["matter"]["rebuilt"] is True
    assert evidence("verify", "all.asice", *certificates, "other.asice", *rule).code == 1
    assert evidence("verify", "all.asice", *certificates[1:], *rule).code == 1


def test_two_machines_deposit_in_one_case(
    server: Running, evidence: Run, tmp_path: Path, policy: Path
) -> None:
    """Neither knows how far the other has come."""
    evidence("init", "--home", "second")
    own = [deposit(server, evidence, "a")]
    evidence("matter", "share", CASE, "--out", "case.key")
    assert evidence("matter", "import", "case.key", "--home", "second").code == 0
    own.append(deposit(server, evidence, "b", CASE, "--home", tmp_path / "second"))
    own.append(deposit(server, evidence, "c", CASE, "--home", tmp_path / "second"))
    own.append(deposit(server, evidence, "d"))
    for path in (tmp_path / "ledger" / "matters").glob("*.reached"):
        path.write_text("lost")
    own.append(deposit(server, evidence, "e"))
    answer = evidence(
        "matter", "certify", CASE, "--server", server.url, "--out", "all.asice", "--json"
    )
    assert answer.document["entries"] == own
    held = [f"{name}.asice" for name in "abcde"]
    assert evidence("verify", "all.asice", *held, "--policy", policy).code == 0


@pytest.mark.parametrize(
    ("true", "false", "code"),
    [
        (b'"kind":"deposit"', b'"kind":"attests"', 103),
        (b'"mark":"', b'"mark":"%', 103),
        (b'"kind":"roll"', b'"kind":"role"', 33),
    ],
    ids=["another entry", "no entry", "no roll"],
)
def test_a_server_that_shows_other_entries_gets_no_certificate(
    server: Running,
    evidence: Run,
    monkeypatch: pytest.MonkeyPatch,
    true: bytes,
    false: bytes,
    code: int,
) -> None:
    deposit(server, evidence, "a")
    honest = HttpSource.tile

    def tile(source: HttpSource, path: str) -> bytes:
        return honest(source, path).replace(true, false)

    with monkeypatch.context() as patch:
        patch.setattr(HttpSource, "tile", tile)
        answer = evidence("matter", "certify", CASE, "--server", server.url, "--out", "all.asice")
    assert answer.code == code, answer.err
    assert not Path("all.asice").exists()


def test_a_case_that_was_never_deposited_here_is_told(server: Running, evidence: Run) -> None:
    command = ("matter", "certify", "x", "--server", server.url, "--out", "all.asice")
    assert evidence(*command).code == 2
