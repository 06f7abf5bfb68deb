"""After an erasure every command says the truth of what is gone and of what stays: a ledger with
three sealed deposits of one case, of which the second is erased."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Kept, Run

POLICY = ("--policy", "ledger/trust.toml")
CASE = "4 O 1/26"
GONE, LATER = 3, 6


@pytest.fixture
def erased(desk: Path, evidence: Run, kept: Kept) -> int:
    """The erasure's entry. Certificates are in ``a.asice`` to ``c.asice``; of what was erased there
    are its record, its timestamp and its proof too."""
    return kept.once(desk, lambda: make(evidence))


def make(evidence: Run) -> int:
    for name in "abc":
        Path(f"{name}.txt").write_text(f"text {name}")
        usual = ("deposit", f"{name}.txt", "--direct", "--case", CASE)
        assert evidence(*usual, "--out", f"{name}.asice").code == 0
    for form in ("ers", "tst"):
        assert export(evidence, GONE, form, f"b.{form}").code == 0
    with zipfile.ZipFile("b.asice") as whole:
        Path("b.entry").write_bytes(whole.read("entry.json"))
        Path("b.proof").write_bytes(whole.read("proof.tlog-proof"))
    done = evidence("erase", GONE, "--reason", "Art. 17 GDPR", "--yes", "--json")
    assert done.code == 0, done.err
    return int(done.document["index"])


def export(evidence: Run, index: int, form: str, out: str) -> Answer:
    only = () if form == "asice" else ("--only", "file/0")
    data = ("--data", "b.txt") if form == "asic-s" else ()
    return evidence("export", index, "--as", form, *only, *data, "--out", out)


def verdicts(answer: Answer) -> dict[str, str]:
    assert "Traceback" not in answer.err
    return {one["number"]: one["verdict"] for one in answer.document["steps"]}


@pytest.mark.usefixtures("erased")
@pytest.mark.parametrize("form", ["asice", "asic-s", "tst", "tsr", "ers"])
def test_no_form_of_it_is_exported(evidence: Run, form: str) -> None:
    answer = export(evidence, GONE, form, "new")
    assert (answer.code, Path("new").exists()) == (36, False)
    assert "The statement of entry 3 was erased." in answer.err
    assert "handed out before stay valid" in answer.err
    assert export(evidence, LATER, form.replace("asic-s", "ers"), "other").code == 0


@pytest.mark.usefixtures("erased")
def test_what_was_handed_out_before_proves_what_it_did(evidence: Run, desk: Path) -> None:
    for name in "abc":
        checked = evidence("verify", f"{name}.asice", f"{name}.txt", *POLICY, "--json")
        assert checked.code == 0, checked.out
    assert evidence("verify", "b.asice", "c.txt", *POLICY).code == 1
    roots = Path("roots.pem")
    roots.write_text((desk / "ledger/trust.toml").read_text().split("roots = '''")[1].split("'")[0])
    record = ("record", "verify", "b.ers", "--roots", roots)
    assert evidence(*record, "--data", "b.txt").code == 0
    assert evidence(*record, "--data", "c.txt").code == 1
    token = ("timestamp", "verify", "b.tst", "--roots", roots)
    assert evidence(*token, "--data", "b.txt").code == 0
    assert evidence(*token, "--data", "c.txt").code == 1


@pytest.mark.usefixtures("erased")
def test_its_public_proof_stands(evidence: Run) -> None:
    assert evidence("policy", "export", "ledger/trust.toml", "--out", "tlog-policy").code == 0
    proof = ("proof", "verify", "b.proof", "--policy", "tlog-policy", "--leaf")
    assert evidence(*proof, "b.entry").code == 0
    assert evidence(*proof, "b.txt").code == 1


def test_seal_renewals_and_audit_go_on(erased: int, evidence: Run) -> None:
    assert evidence("seal").code == 0
    whole = evidence("audit", "--json")
    assert set(verdicts(whole).values()) == {"PASSED"}
    assert whole.document["facts"]["erased"] == 1
    assert evidence("show", erased, "--json").document["refs"] == [GONE]
    for digest, entry in (("sha512", "1 renewal by 1 timestamp"), ("sha3-256", "2 renewals by 2")):
        renewed = evidence("renew", "--digest", digest)
        assert renewed.code == 0, renewed.err
        assert "or they were erased" in renewed.err
        assert export(evidence, GONE, "ers", "new.ers").code == 36
        audited = evidence("audit")
        assert (audited.code, entry in audited.out) == (0, True)
    assert evidence("export", LATER, "--out", "renewed.asice").code == 0
    assert evidence("verify", "renewed.asice", "c.txt", *POLICY).code == 0


def test_look_ups_say_that_it_is_gone_and_who_erased_it(erased: int, evidence: Run) -> None:
    assert evidence("find", "b.txt").code == 29
    assert evidence("find", "c.txt").code == 0
    shown = evidence("show", GONE)
    assert "erased     yes" in shown.out
    assert f"erased by entry {erased}" in shown.out
    assert "b.txt" not in shown.out
    granted = evidence("register", "grant", GONE, "ab" * 32)
    assert (granted.code, "claims of entry 3 were erased" in granted.err) == (111, True)
    listed = evidence("list").out.splitlines()
    assert [line for line in listed if "   erased" in line] == [listed[GONE]]


@pytest.mark.usefixtures("erased")
def test_statements_about_it_are_entered_still(evidence: Run) -> None:
    attested = evidence("attest", "b.asice", "b.txt", *POLICY, "--out", "at.asice")
    assert attested.code == 0, attested.err
    assert evidence("verify", "at.asice", "b.asice", *POLICY).code == 0
    assert evidence("order", GONE, "--out", "order.asice").code == 0
    assert evidence("audit").code == 0


@pytest.mark.usefixtures("erased")
def test_a_case_names_it_and_whoever_checks_learns_where_to_get_it(evidence: Run) -> None:
    done = evidence("matter", "certify", CASE, "--out", "all.asice")
    assert done.code == 0
    assert "Erased: 3. No certificate of it is made any more" in done.err
    whole = evidence("verify", "all.asice", "a.asice", "b.asice", "c.asice", *POLICY)
    assert whole.code == 0, whole.out
    without = evidence("verify", "all.asice", "a.asice", "c.asice", *POLICY)
    assert without.code == 1
    says = " ".join(without.out.split())
    assert "Of an entry that was erased, whoever got its certificate before has it." in says


@pytest.mark.usefixtures("erased")
def test_the_same_file_is_deposited_again(evidence: Run) -> None:
    again = evidence("deposit", "b.txt", "--out", "again.asice", "--json")
    assert again.code == 0
    assert again.document["index"] > LATER
    assert evidence("verify", "again.asice", "b.txt", *POLICY).code == 0
    assert evidence("find", "b.txt").code == 0
