"""A forking operator against the commands: what convicts, what is written, what is never said."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger_server.static_copy import write_copy
from tests.cli.conftest import Answer, Kept, Run
from tests.forked_log import Branch
from tests.golden.vectors import FOLDER
from tests.small_log import LOG, LOG_ML_DSA, make_key, spoilt

POLICY = ("--policy", "ledger/trust.toml")


@pytest.fixture
def forked(desk: Path, evidence: Run, kept: Kept) -> Path:
    """Certificates ``a.asice`` and ``b.asice`` of two histories, served in folders of these names.

    Both go on from one deposit; ``b`` goes on longer.
    """
    kept.once(desk, lambda: fork(desk, evidence))
    return desk


def fork(desk: Path, evidence: Run) -> None:
    deposit(desk, evidence, "common", "ledger")
    shutil.copytree(desk / "ledger", desk / "fork")
    deposit(desk, evidence, "a", "ledger")
    deposit(desk, evidence, "b", "fork")
    deposit(desk, evidence, "later", "fork")
    write_copy(desk / "ledger", desk / "a")
    write_copy(desk / "fork", desk / "b")


def deposit(desk: Path, evidence: Run, name: str, home: str) -> None:
    (desk / f"{name}.txt").write_text(name)
    answer = evidence("deposit", f"{name}.txt", "--home", home, "--out", f"{name}.asice")
    assert answer.code == 0, answer.err


def vkey() -> str:
    """The ledger's Ed25519 key, which is all that a third party needs."""
    return read_trust(Path("ledger/trust.toml")).logs[0].keys[0].encode()


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(("other", "kind"), [("later", "same-size"), ("latest", "node")])
def test_two_certificates_convict_offline(evidence: Run, other: str, kind: str) -> None:
    deposit(Path(), evidence, "mine", "ledger")
    deposit(Path(), evidence, "latest", "fork")
    made = evidence("misbehaviour", "prove", "mine.asice", f"{other}.asice", "--out", "m", *POLICY)
    assert made.code == 1
    assert "FAILED   The operator signed two histories." in made.out
    checked = evidence("verify", "m", "--vkey", vkey(), "--json")
    assert checked.code == 1
    facts = checked.document["facts"]
    assert (facts["two_histories"], facts["proof"]) == (True, kind)
    assert checked.document["steps"][4]["reason"] == "ledger.two-histories"
    assert evidence("verify", "m", *POLICY).code == 1


@pytest.mark.usefixtures("forked")
def test_without_a_key_nobody_is_accused(evidence: Run) -> None:
    evidence("misbehaviour", "prove", "a.asice", "b.asice", "--out", "m", *POLICY)
    answer = evidence("verify", "m")
    assert answer.code == 3
    assert "This file proves nothing against the ledger." in answer.out
    golden = FOLDER.joinpath("misbehaviour.vkey").read_text().strip()
    assert evidence("verify", "m", "--vkey", golden).code == 3


@pytest.mark.usefixtures("forked")
def test_a_certificate_and_a_served_checkpoint_convict_through_the_tree(evidence: Run) -> None:
    pair = ("misbehaviour", "prove", "a/checkpoint", "b/checkpoint", "--out", "m", *POLICY)
    assert evidence(*pair).code == 3
    assert not Path("m").exists()
    answer = evidence(*pair, "--ledger", "b", "--json")
    assert answer.code == 1
    assert answer.document["facts"]["proof"] == "prefix"
    again = evidence(*pair, "--ledger", "b")
    assert again.code == 14


@pytest.mark.usefixtures("forked")
def test_one_history_gives_no_evidence(evidence: Run) -> None:
    for pair in (("common.asice", "a.asice"), ("b.asice", "later.asice"), ("a.asice", "a.asice")):
        answer = evidence("misbehaviour", "prove", *pair, "--ledger", "b", "--out", "m", *POLICY)
        assert answer.code == 3
        assert not Path("m").exists()


@pytest.mark.usefixtures("forked")
def test_online_a_ledger_that_grew_stands_by_its_certificates(evidence: Run) -> None:
    for name, log in (("common", "a"), ("common", "b"), ("b", "b"), ("later", "b")):
        answer = evidence("verify", f"{name}.asice", "--online", "--ledger", log, *POLICY, "--json")
        assert answer.code == 0, answer.out
        assert answer.document["steps"][-1]["name"] == "Ledger today"
        assert answer.document["facts"]["two_histories"] is False
    assert not list(Path().glob("*.misbehaviour"))


@pytest.mark.usefixtures("forked")
def test_online_the_other_history_convicts_and_the_evidence_is_written(evidence: Run) -> None:
    answer = evidence("verify", "a.asice", "--online", "--ledger", "b", *POLICY, "--json")
    assert answer.code == 1
    assert answer.document["steps"][-1]["reason"] == "ledger.two-histories"
    assert evidence("verify", "a.asice.misbehaviour", "--vkey", vkey()).code == 1
    before = Path("a.asice.misbehaviour").read_bytes()
    again = evidence("verify", "a.asice", "--online", "--ledger", "b", *POLICY)
    assert again.code == 1
    assert "left as it is" in again.err
    assert Path("a.asice.misbehaviour").read_bytes() == before
    named = ("--evidence", "court.file")
    assert evidence("verify", "b.asice", "--online", "--ledger", "a", *POLICY, *named).code == 1
    assert evidence("verify", "court.file", *POLICY).code == 1


@pytest.mark.usefixtures("forked")
def test_online_an_older_state_decides_nothing(evidence: Run) -> None:
    shutil.copytree("b", "old")
    deposit(Path(), evidence, "newest", "fork")
    answer = evidence("verify", "newest.asice", "--online", "--ledger", "old", *POLICY, "--json")
    assert answer.code == 3
    assert answer.document["steps"][-1]["reason"] == "online.behind"


@pytest.mark.usefixtures("forked")
def test_online_a_damaged_copy_accuses_nobody(evidence: Run) -> None:
    online = ("verify", "common.asice", "--online", "--ledger", "b", *POLICY, "--json")

    def reason() -> tuple[int, str]:
        answer = evidence(*online)
        return answer.code, answer.document["steps"][-1]["reason"]

    tile = next(Path("b/tile/0").rglob("*.p/*"))
    whole = tile.read_bytes()
    tile.write_bytes(bytes(32) + whole[32:])
    assert reason() == (3, "online.root")
    tile.write_bytes(whole[:-1])
    assert reason() == (3, "online.tile")
    tile.unlink()
    assert reason() == (3, "log.unreachable")
    note = Path("b/checkpoint").read_bytes()
    Path("b/checkpoint").write_bytes(note.replace(b"\n5\n", b"\n6\n"))
    assert reason() == (3, "note.bad-signature")
    Path("b/checkpoint").write_bytes(b"log in first")
    assert reason() == (3, "note.no-blank-line")
    assert not list(Path().glob("*.misbehaviour"))


@pytest.mark.usefixtures("forked")
def test_online_needs_a_certificate_that_the_ledger_signed(evidence: Run) -> None:
    answer = evidence("verify", "a.asice", "--online", "--ledger", "b", "--json")
    assert answer.code == 3
    assert answer.document["steps"][-1]["reason"] == "step.not-reached"


@pytest.mark.usefixtures("forked")
def test_online_asks_where_the_policy_says(evidence: Run) -> None:
    answer = evidence("verify", "a.asice", "--online", *POLICY)
    assert answer.code == 2
    assert "--ledger URL" in answer.err
    text = Path("ledger/trust.toml").read_text()
    Path("trust.toml").write_text(text.replace("[[log]]\n", '[[log]]\nurl = "b"\n'))
    assert evidence("verify", "a.asice", "--online", "--policy", "trust.toml").code == 1


@pytest.mark.usefixtures("forked")
def test_options_that_do_not_fit_are_told(evidence: Run) -> None:
    assert evidence("verify", "a.asice", "--vkey", vkey()).code == 2
    assert evidence("verify", "a.asice", "--ledger", "b", *POLICY).code == 2
    evidence("verify", "a.asice", "--online", "--ledger", "b", *POLICY)
    alone = ("verify", "a.asice.misbehaviour", "--vkey", vkey())
    assert evidence(*alone).code == 1
    assert evidence(*alone, "case").code == 2
    assert evidence(*alone, "--online").code == 2


@pytest.mark.usefixtures("forked")
def test_another_ledgers_checkpoint_is_no_contradiction(evidence: Run) -> None:
    assert evidence("init", "--home", "other").code == 0
    deposit(Path(), evidence, "x", "other")
    pair = ("misbehaviour", "prove", "a.asice", "x.asice", "--out", "m", *POLICY, "--json")
    answer = evidence(*pair)
    assert (answer.code, answer.document["error"]["code"]) == (3, "misbehaviour.two-ledgers")


@pytest.mark.usefixtures("forked")
def test_what_is_no_certificate_can_t_be_proved_from(evidence: Run) -> None:
    Path("junk").write_bytes(b"junk")
    assert evidence("misbehaviour", "prove", "junk", "a.asice", "--out", "m").code == 4
    with zipfile.ZipFile("empty.asice", "w") as empty:
        empty.writestr("x", "y")
    assert evidence("misbehaviour", "prove", "empty.asice", "a.asice", "--out", "m").code == 4


@pytest.mark.usefixtures("desk")
def test_only_signatures_that_hold_are_written_and_the_others_are_told(evidence: Run) -> None:
    court = make_key("court.example")
    for name in ("a", "b"):
        data = Branch(2, name, signers=(LOG, LOG_ML_DSA, court)).note(5).encode()
        Path(name).write_bytes(spoilt(data, LOG_ML_DSA) if name == "a" else data)
    keys = [word for one in (LOG, LOG_ML_DSA) for word in ("--vkey", one.verifier.encode())]
    answer = evidence("misbehaviour", "prove", "a", "b", "--out", "m", *keys, "--json")
    assert answer.code == 1, answer.err
    left = answer.document["facts"]["left_out"]
    assert sorted(str(one["reason"]) for one in left) == ["None", "None", "note.bad-signature"]
    spoilt_key = f"{LOG_ML_DSA.name}+{LOG_ML_DSA.verifier.key_id.hex()}"
    assert f"Left out under the checkpoint of 5 entries: {spoilt_key}. " in answer.err
    assert answer.err.count("Left out") == 3
    found = Misbehaviour.parse(Path("m").read_bytes())
    assert sorted(len(one.signatures) for one in (found.first, found.second)) == [1, 2]
    assert evidence("verify", "m", *keys).code == 1


@pytest.mark.usefixtures("desk")
def test_nothing_is_written_that_no_named_key_signed(evidence: Run) -> None:
    for name in ("a", "b"):
        data = Branch(2, name, signers=(LOG,)).note(5).encode()
        Path(name).write_bytes(spoilt(data, LOG) if name == "a" else data)
    prove = ("misbehaviour", "prove", "a", "b", "--out", "m", "--json")
    for more, code in (
        ((), "misbehaviour.no-key"),
        (("--vkey", LOG.verifier.encode()), "misbehaviour.not-signed"),
    ):
        answer = evidence(*prove, *more)
        assert (answer.code, answer.document["error"]["code"]) == (3, code)
        assert not Path("m").exists()


def attest(evidence: Run, name: str, *more: str) -> Answer:
    return evidence("attest", f"{name}.asice", *POLICY, "--json", *more)


def entries(evidence: Run) -> int:
    return len(evidence("list", "--json").document["entries"])


@pytest.mark.usefixtures("forked")
def test_a_notary_attests_what_the_ledger_said_today(evidence: Run) -> None:
    asked = ("--online", "--ledger", "a")
    made = attest(evidence, "a", *asked, "--out", "attested.asice")
    assert made.code == 0, made.err
    assert made.document["report"]["steps"][-1]["name"] == "Ledger today"
    index = str(made.document["attestation"]["index"])
    steps = evidence("show", index, "--json").document["claims"]["attestation/steps"]
    assert steps["13"] == {"name": "Ledger today", "verdict": "PASSED"}


@pytest.mark.usefixtures("forked")
def test_of_two_histories_none_is_attested_and_the_evidence_is_written(evidence: Run) -> None:
    before = entries(evidence)
    refused = attest(evidence, "a", "--online", "--ledger", "b", "--although-indeterminate")
    assert refused.code == 1
    assert refused.document["attestation"] is None
    assert refused.document["report"]["facts"]["two_histories"] is True
    assert "Nothing was attested: a defect is proved." in refused.err
    assert evidence("verify", "a.asice.misbehaviour", "--vkey", vkey()).code == 1
    named = attest(evidence, "a", "--online", "--ledger", "b", "--evidence", "named")
    assert named.code == 1
    assert Path("named").read_bytes() == Path("a.asice.misbehaviour").read_bytes()
    assert entries(evidence) == before


@pytest.mark.usefixtures("forked")
def test_a_ledger_that_does_not_answer_is_attested_only_as_undecided(evidence: Run) -> None:
    Path("nothing").mkdir()
    silent = ("--online", "--ledger", "nothing")
    assert attest(evidence, "a", *silent).code == 3
    made = attest(evidence, "a", *silent, "--although-indeterminate", "--out", "c.asice")
    assert made.code == 0, made.err
    index = str(made.document["attestation"]["index"])
    claims = evidence("show", index, "--json").document["claims"]
    assert claims["attestation/verdict"] == "INDETERMINATE"
    assert claims["attestation/steps"]["13"]["reason"] == "log.unreachable"


@pytest.mark.usefixtures("forked")
def test_where_to_ask_must_be_said(evidence: Run) -> None:
    assert attest(evidence, "a", "--online").code == 2
    for more in (("--ledger", "a"), ("--evidence", "m")):
        answer = attest(evidence, "a", *more)
        assert answer.code == 2
        assert "--online" in answer.err
