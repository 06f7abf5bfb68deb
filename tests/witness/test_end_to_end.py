"""Our ledger asks our witnesses, each a process of its own; the certificate holds the quorum."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.note_signer import open_note_signer
from tests.cli.conftest import Run, desk, evidence
from tests.witness_process import WitnessProcess

__all__ = ["desk", "evidence"]

POLICY = ("--policy", "ledger/trust.toml")


@pytest.fixture
def witnesses(desk: Path, evidence: Run) -> Iterator[list[WitnessProcess]]:
    """A notary's and a court's, asked with each seal; the policy wants both."""
    home = Home(desk / "ledger")
    vkeys = [open_note_signer(path).vkey for path in (home.log_key, home.log_cosigner)]
    with (
        WitnessProcess(desk / "notary", "notary", vkeys) as notary,
        WitnessProcess(desk / "court", "court", vkeys) as court,
    ):
        for one in (notary, court):
            keys = [word for key in one.vkeys for word in ("--vkey", key)]
            answer = evidence("cosigner", "add", one.url, "--name", one.name, *keys)
            assert answer.code == 0, answer.err
        home.trust.write_text(f"{home.trust.read_text()}\n[quorum]\nwitnesses = 2\n")
        yield [notary, court]


def deposit(evidence: Run, name: str) -> None:
    Path(f"{name}.txt").write_text(name)
    answer = evidence("deposit", f"{name}.txt", "--out", f"{name}.asice")
    assert answer.code == 0, answer.err


def cosigners(evidence: Run, name: str) -> tuple[int, set[str]]:
    answer = evidence("verify", f"{name}.asice", f"{name}.txt", *POLICY, "--json")
    return answer.code, {one["name"] for one in answer.document["facts"]["witnesses"]}


def test_a_quorum_of_real_witnesses_is_in_the_certificate(
    evidence: Run, witnesses: list[WitnessProcess]
) -> None:
    deposit(evidence, "first")
    assert cosigners(evidence, "first") == (0, {"notary", "court"})
    deposit(evidence, "second")
    assert cosigners(evidence, "second") == (0, {"notary", "court"})
    assert evidence("audit").code == 0
    for one in witnesses:
        told = one.stop()
        assert told.count("200 ") == 2, told
        assert told.endswith("The witness has stopped.\n")


def test_a_witness_that_was_killed_cosigns_what_it_missed(
    evidence: Run, witnesses: list[WitnessProcess]
) -> None:
    notary, _ = witnesses
    deposit(evidence, "first")
    notary.stop(kill=True)
    deposit(evidence, "second")
    assert cosigners(evidence, "second") == (3, {"court"})
    notary.start()
    assert evidence("seal").code == 0
    assert evidence("export", "2", "--out", "again.asice").code == 0
    answer = evidence("verify", "again.asice", "second.txt", *POLICY)
    assert answer.code == 0, answer.out
    assert evidence("witness", "status", "--home", notary.home.folder).code == 0
