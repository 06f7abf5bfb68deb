"""``evidence cosigner`` and ``evidence policy``, with witnesses on loopback."""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.note_signer import open_note_signer
from evidence_ledger.core.tlog_policy import TlogPolicy
from tests.cli.conftest import Run
from tests.small_log import make_key
from tests.witness_server import WitnessServer

POLICY = ("--policy", "ledger/trust.toml")
KEY = make_key("w.example").verifier.encode()


@pytest.fixture
def servers(desk: Path) -> Iterator[list[WitnessServer]]:
    home = Home(desk / "ledger")
    vkeys = [open_note_signer(path).vkey for path in (home.log_key, home.log_cosigner)]
    with (
        WitnessServer("court", SystemClock(), vkeys) as court,
        WitnessServer("bar", SystemClock(), vkeys) as bar,
    ):
        yield [court, bar]


def add(evidence: Run, server: WitnessServer, *more: str) -> None:
    keys = [word for key in server.witness.vkeys for word in ("--vkey", key)]
    answer = evidence("cosigner", "add", server.url, "--name", server.witness.name, *keys, *more)
    assert answer.code == 0, answer.err
    assert "Seals ask the witness" in answer.out


def require(desk: Path, quorum: str) -> None:
    """A quorum in the ledger's own trust policy."""
    path = desk / "ledger" / "trust.toml"
    path.write_text(f"{path.read_text()}\n{quorum}\n")


def test_a_deposit_is_cosigned_and_its_certificate_says_by_whom(
    desk: Path, evidence: Run, servers: list[WitnessServer]
) -> None:
    for one in servers:
        add(evidence, one)
    assert evidence("deposit", "case", "--out", "c.asice").code == 0
    require(desk, "[quorum]\nwitnesses = 2")
    answer = evidence("verify", "c.asice", "case", *POLICY, "--json")
    assert answer.code == 0, answer.out
    facts = answer.document["facts"]
    assert [one["name"] for one in facts["witnesses"]] == ["court", "court", "bar", "bar"] or [
        one["name"] for one in facts["witnesses"]
    ] == ["bar", "bar", "court", "court"]
    assert all(one["time"] and not one["operator_run"] for one in facts["witnesses"])
    assert "cosigned" in evidence("show", "0").out
    assert evidence("audit").code == 0
    for one in servers:
        assert len(one.bodies) == 1


def test_a_quorum_that_is_not_met_is_indeterminate_until_the_cosignature_comes(
    desk: Path, evidence: Run, servers: list[WitnessServer]
) -> None:
    court, bar = servers
    for one in servers:
        add(evidence, one)
    require(desk, '[[group]]\nname = "both"\nmembers = ["court", "bar"]\n[quorum]\ngroup = "both"')
    bar.status = 503
    deposited = evidence("deposit", "case", "--out", "c.asice")
    assert deposited.code == 0
    assert "No cosignature from one witness: bar wants to be asked later" in deposited.err
    checked = evidence("verify", "c.asice", "case", *POLICY, "--json")
    assert checked.code == 3
    (step,) = [one for one in checked.document["steps"] if one["number"] == "8"]
    assert step["reason"] == "checkpoint.witnesses"
    assert "1 of 2 in the group both" in step["says"]
    assert "Cosigned by court" in step["says"]
    assert "pending    the witness bar" in evidence("show", "0").out
    assert "pending: the witness bar" in evidence("list").out
    bar.status = None
    sealed = evidence("seal")
    assert "The earlier seal 0:" in sealed.out
    assert evidence("export", "0", "--out", "again.asice").code == 0
    assert evidence("verify", "again.asice", "case", *POLICY).code == 0
    assert evidence("audit").code == 0
    assert court.witness.asked == [0]


def test_a_witness_that_saw_another_history_is_told_of_loudly(
    evidence: Run, servers: list[WitnessServer]
) -> None:
    add(evidence, servers[0])
    servers[0].status = 422
    answer = evidence("deposit", "case", "--out", "c.asice")
    assert answer.code == 0
    answer = evidence("seal", "--json")
    assert answer.document["completed"][0]["failures"][0]["code"] == "witness.refused"
    assert "says that the ledger did not only grow" in answer.err
    assert "Was an old backup restored?" in answer.err


def test_the_short_signature_alone_is_sent_where_asked_for(
    evidence: Run, servers: list[WitnessServer]
) -> None:
    add(evidence, servers[0], "--ed25519-only")
    assert evidence("deposit", "case", "--out", "c.asice").code == 0
    assert len(servers[0].bodies[0]) < 1024
    assert evidence("seal", "--json").document["completed"] == []


@pytest.mark.usefixtures("desk")
def test_a_fresh_ledger_asks_nobody(evidence: Run) -> None:
    document = evidence("cosigner", "list", "--json").document
    assert document == {
        "deadline": 10,
        "witnesses": [],
        "groups": [],
        "quorum": {"witnesses": 0, "independent": 0, "group": None},
    }
    assert "No witness is asked." in evidence("cosigner", "list").out


def test_groups_and_the_quorum_are_kept_and_listed(
    desk: Path, evidence: Run, servers: list[WitnessServer]
) -> None:
    add(evidence, servers[0])
    add(evidence, servers[1], "--operator-run")
    assert "all of them" in evidence("cosigner", "list").out
    assert evidence("cosigner", "group", "any", "court", "bar", "--required", "1").code == 0
    assert evidence("cosigner", "quorum", "--group", "any").code == 0
    text = evidence("cosigner", "list").out
    assert "run by the operator" in text
    assert "group any        1 of court, bar" in text
    assert "cosignatures of any." in text
    assert evidence("cosigner", "remove", "bar").code == 2
    assert evidence("cosigner", "group", "any", "--remove").code == 2
    assert evidence("cosigner", "quorum", "--independent", "2").code == 30
    assert evidence("cosigner", "quorum", "--witnesses", "2", "--independent", "1").code == 0
    assert "2 of them, 1 not run by the operator" in evidence("cosigner", "list").out
    assert evidence("cosigner", "group", "any", "--remove").code == 0
    assert evidence("cosigner", "remove", "bar").code == 0
    document = evidence("cosigner", "list", "--json").document
    assert document["quorum"] == {"witnesses": 1, "independent": 1, "group": None}
    assert [one["retired"] for one in document["witnesses"]] == [False, True]
    assert evidence("cosigner", "quorum", "--all").code == 0
    trusted = tomllib.loads((desk / "ledger" / "trust.toml").read_text())["witness"]
    assert [one.get("operator_run", False) for one in trusted] == [False, False, True, True]


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "https://w.example/"), 2),
        (("add", "ftp://w.example/", "--vkey", KEY), 30),
        (("add", "https://w.example/?x", "--vkey", KEY), 30),
        (("add", "https://w.example/", "--vkey", "nothing"), 4),
        (
            ("add", "https://w.example/", "--vkey", make_key("l", 1).verifier.encode()),  # type: ignore[arg-type]  # 1 is Ed25519
            30,
        ),
        (("remove", "nobody"), 2),
        (("group", "g"), 2),
        (("group", "g", "nobody"), 4),
        (("group", "g", "--remove"), 2),
        (("quorum",), 2),
        (("quorum", "--all", "--witnesses", "1"), 2),
        (("quorum", "--witnesses", "1"), 30),
        (("quorum", "--group", "nobody"), 4),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(
    desk: Path, evidence: Run, arguments: tuple[str, ...], code: int
) -> None:
    assert evidence("cosigner", *arguments).code == code
    assert not (desk / "ledger" / "witnesses.toml").exists()


def test_the_ledger_s_own_key_is_no_witness(desk: Path, evidence: Run) -> None:
    own = open_note_signer(Home(desk / "ledger").log_cosigner).vkey
    answer = evidence("cosigner", "add", "https://w.example/", "--vkey", own)
    assert answer.code == 2
    assert "never its witness" in answer.err


def test_keys_come_from_a_file_too(desk: Path, evidence: Run) -> None:
    (desk / "keys").write_text(f"{KEY}\n\n")
    assert evidence("cosigner", "add", "https://w.example/", "--vkeys", "keys").code == 0
    (one,) = evidence("cosigner", "list", "--json").document["witnesses"]
    assert (one["name"], one["vkeys"]) == ("w.example", [KEY])
    again = evidence("cosigner", "add", "https://w.example/", "--vkeys", "keys")
    assert again.code == 2
    other = evidence("cosigner", "add", "https://x.example/", "--vkeys", "keys")
    assert other.code == 30


# --- evidence policy


def test_a_policy_goes_out_and_comes_back(
    desk: Path, evidence: Run, servers: list[WitnessServer]
) -> None:
    for one in servers:
        add(evidence, one)
    require(desk, "[quorum]\nwitnesses = 2")
    assert evidence("deposit", "case", "--out", "c.asice").code == 0
    out = evidence("policy", "export", "ledger/trust.toml", "--out", "court.tlog-policy")
    assert out.code == 0, out.err
    data = (desk / "court.tlog-policy").read_bytes()
    assert TlogPolicy.parse(data).encode() == data
    back = evidence("policy", "import", "court.tlog-policy", "--out", "back.toml", "--json")
    assert back.document == {"out": "back.toml", "logs": 2, "witnesses": 4}
    again = evidence("policy", "export", "back.toml", "--out", "again.tlog-policy", "--json")
    assert again.code == 0
    assert (desk / "again.tlog-policy").read_bytes() == data
    checked = evidence("verify", "c.asice", "--policy", "back.toml", "--json").document
    (step,) = [one for one in checked["steps"] if one["number"] == "8"]
    assert step["verdict"] == "PASSED"
    assert evidence("policy", "export", "back.toml", "--out", "again.tlog-policy").code == 14


def test_our_proof_passes_under_the_exported_policy(
    desk: Path, evidence: Run, servers: list[WitnessServer]
) -> None:
    for one in servers:
        add(evidence, one)
    require(desk, "[quorum]\nwitnesses = 2")
    assert evidence("deposit", "case", "--out", "c.asice").code == 0
    with zipfile.ZipFile(desk / "c.asice") as container:
        for name in ("proof.tlog-proof", "entry.json"):
            (desk / name).write_bytes(container.read(name))
    assert evidence("policy", "export", "ledger/trust.toml", "--out", "p").code == 0
    arguments = ("proof.tlog-proof", "--leaf", "entry.json", "--policy", "p", "--json")
    answer = evidence("proof", "verify", *arguments)
    assert answer.code == 0, answer.out
    assert len(answer.document["facts"]["witnesses"]) == 4
