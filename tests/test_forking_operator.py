"""A forking operator: one ledger key, two databases, and everybody who finds out.

Two lawyers hold certificates of different histories. Witnesses refuse the second one and keep the
evidence; a monitor raises the alarm; the file convinces a third party who has nothing but the
ledger's public key.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.note_signer import open_note_signer
from evidence_ledger_server.static_copy import write_copy
from tests.cli.conftest import Run, evidence
from tests.server.running import Running
from tests.witness_process import WitnessProcess, environment

__all__ = ["evidence"]

QUORUM = "\n[quorum]\nwitnesses = 2\n"


@dataclass
class Story:
    """The operator's two databases, ``honest`` and ``forked``, and the witnesses that both ask."""

    folder: Path
    evidence: Run
    witnesses: list[WitnessProcess]

    @property
    def policy(self) -> tuple[str, str]:
        """What courts were given: the ledger's keys, and two witnesses wanted."""
        return "--policy", str(self.folder / "trust.toml")

    @property
    def vkey(self) -> str:
        """The ledger's public key."""
        return open_note_signer(Home(self.folder / "honest").log_key).vkey

    def deposit(self, name: str, home: str) -> str:
        """A lawyer's deposit; what the command told."""
        Path(f"{name}.txt").write_text(f"the lease of {name}")
        answer = self.evidence("deposit", f"{name}.txt", "--home", home, "--out", f"{name}.asice")
        assert answer.code == 0, answer.err
        return answer.err

    def serve(self, home: str) -> None:
        """What anybody finds at the ledger's address is this history from now on."""
        shutil.rmtree("served", ignore_errors=True)
        write_copy(self.folder / home, self.folder / "served")

    def third_party(self, file: Path) -> subprocess.CompletedProcess[str]:
        """Somebody with another machine: an empty home, the file and the key."""
        away = self.folder / "third-party"
        away.mkdir(exist_ok=True)
        shutil.copy(file, away / "evidence.misbehaviour")
        command = [sys.executable, "-m", "evidence_ledger_cli", "verify"]
        command += ["evidence.misbehaviour", "--vkey", self.vkey]
        env = environment() | {"HOME": str(away), "EVIDENCE_HOME": str(away / "none")}
        return subprocess.run(command, cwd=away, env=env, capture_output=True, text=True)

    def convinces(self, file: Path) -> None:
        done = self.third_party(file)
        assert done.returncode == 1, done.stderr
        assert "FAILED   The operator signed two histories." in done.stdout


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Run) -> Iterator[Story]:
    """One deposit that is in both histories, cosigned by both witnesses."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVIDENCE_HOME", raising=False)
    assert evidence("init", "--home", "honest", "--origin", "ledger.example/1").code == 0
    home = Home(tmp_path / "honest")
    vkeys = [open_note_signer(path).vkey for path in (home.log_key, home.log_cosigner)]
    with (
        WitnessProcess(tmp_path / "notary", "notary", vkeys) as notary,
        WitnessProcess(tmp_path / "court", "court", vkeys) as court,
    ):
        for one in (notary, court):
            keys = [word for key in one.vkeys for word in ("--vkey", key)]
            asked = ("cosigner", "add", one.url, "--name", one.name, "--home", "honest")
            assert evidence(*asked, *keys).code == 0
        Path("trust.toml").write_text(home.trust.read_text() + QUORUM)
        made = Story(tmp_path, evidence, [notary, court])
        made.deposit("common", "honest")
        shutil.copytree("honest", "forked")
        yield made


def test_the_fork_is_found_by_everybody(story: Story) -> None:
    evidence = story.evidence

    # Ada's deposit is in the history that both witnesses cosign.
    story.deposit("ada", "honest")
    ada = evidence("verify", "ada.asice", "ada.txt", *story.policy)
    assert ada.code == 0, ada.out
    story.serve("honest")
    monitor = ("monitor", "served", "--state", "monitor", "--once", *story.policy)
    assert evidence(*monitor).code == 0

    # Ben's is in the other: no witness cosigns it, so no court takes his certificate as proved.
    told = story.deposit("ben", "forked")
    assert "notary" in told
    assert "court" in told
    ben = evidence("verify", "ben.asice", "ben.txt", *story.policy, "--json")
    assert ben.code == 3
    open_steps = [one for one in ben.document["steps"] if one["verdict"] != "PASSED"]
    assert [(one["number"], one["reason"]) for one in open_steps] == [("8", "checkpoint.witnesses")]

    # Each witness keeps the evidence by itself.
    for witness in story.witnesses:
        (kept,) = witness.evidence
        story.convinces(kept)
        status = evidence("witness", "status", "--home", witness.home.folder, "--json")
        assert status.document["logs"][0]["forks"] == 1

    # The two lawyers meet.
    pair = ("misbehaviour", "prove", "ada.asice", "ben.asice", "--out", "met")
    assert evidence(*pair).code == 3, "no key is named, so no signature is verified"
    assert not Path("met").exists()
    assert evidence(*pair, "--vkey", story.vkey).code == 1
    story.convinces(Path("met"))

    # The operator shows the other history from now on: the monitor and Ada find out.
    story.deposit("carl", "forked")
    story.serve("forked")
    alarmed = evidence(*monitor)
    assert alarmed.code == 1
    assert "ALARM ledger.two-histories served" in alarmed.out
    (found,) = (story.folder / "monitor" / "evidence").iterdir()
    story.convinces(found)
    again = evidence(*monitor)
    assert (again.code, again.out) == (1, "")
    online = ("verify", "ada.asice", "--online", "--ledger", "served", *story.policy)
    assert evidence(*online).code == 1
    story.convinces(Path("ada.asice.misbehaviour"))

    # Ben's and Carl's history is one; what is common to both accuses nobody.
    ben_online = ("verify", "ben.asice", "--online", "--ledger", "served", *story.policy)
    assert evidence(*ben_online).code == 3
    assert not Path("ben.asice.misbehaviour").exists()
    common = ("verify", "common.asice", "--online", "--ledger", "served", *story.policy)
    assert evidence(*common).code == 0


def test_two_servers_of_two_histories_are_compared(story: Story) -> None:
    """Gossip: the monitor of two addresses, and one who learns from witnesses alone."""
    evidence = story.evidence
    story.deposit("ada", "honest")
    story.deposit("ben", "forked")
    with (
        Running(story.folder / "honest", seal=False) as honest,
        Running(story.folder / "forked", seal=False) as forked,
    ):
        both = ("monitor", honest.url, forked.url, "--state", "m", "--once", *story.policy)
        answer = evidence(*both, "--json")
        assert answer.code == 1
        verdicts = [one["verdict"] for one in answer.document["ledgers"]]
        assert verdicts == ["FAILED", "FAILED"]
        held = ("monitor", forked.url, "--state", "h", "--once", *story.policy, "--held")
        assert evidence(*held, "ada.asice").code == 1
        assert evidence("monitor", forked.url, "--state", "b", "--once", *story.policy).code == 0
        with_urls = Path("trust.toml").read_text()
        for one in story.witnesses:
            name = f'name = "{one.name}"\n'
            assert name in with_urls
            with_urls = with_urls.replace(name, f'{name}url = "{one.url}"\n')
        Path("witnessed.toml").write_text(with_urls)
        asked = ("monitor", forked.url, "--state", "w", "--once", "--policy", "witnessed.toml")
        answer = evidence(*asked, "--json")
        assert answer.code == 1
        assert "the witness" in answer.document["ledgers"][0]["alerts"][0]["says"]
        for state in ("m", "h", "w"):
            for file in (story.folder / state / "evidence").iterdir():
                story.convinces(file)


def test_an_honest_operator_with_the_same_means_is_never_accused(story: Story) -> None:
    evidence = story.evidence
    for name in ("ada", "ben", "carl"):
        story.deposit(name, "honest")
        story.serve("honest")
        monitor = ("monitor", "served", "--state", "monitor", "--once", *story.policy)
        assert evidence(*monitor, "--held", "common.asice").code == 0
    for name in ("common", "ada", "ben", "carl"):
        online = ("verify", f"{name}.asice", "--online", "--ledger", "served", *story.policy)
        assert evidence(*online).code == 0
        pair = ("misbehaviour", "prove", "ada.asice", f"{name}.asice", "--ledger", "served")
        assert evidence(*pair, "--out", "m").code == 3
    assert not any(witness.evidence for witness in story.witnesses)
    assert not list(story.folder.rglob("*.misbehaviour"))
    assert not os.path.lexists("m")
