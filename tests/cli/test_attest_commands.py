"""``evidence attest``, ``order`` and ``hand-over`` in a ledger of one's own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from evidence_ledger.adapters.outbox import Outbox
from evidence_ledger.core.canonical import Json
from evidence_ledger.errors import NoSuchEntry
from evidence_ledger_cli import statement_entry
from tests.cli.conftest import Answer, Run
from tests.cli.test_register_commands import FIRM, done, write
from tests.x509_factory import issue

NOTARY, COURT = issue("Notary"), issue("Court")
TRUST = "ledger/trust.toml"


@pytest.fixture
def deposited(desk: Path, evidence: Run) -> Path:
    """Entry 0 is the lease, in ``lease.asice``; a notary's key is in ``notary.pem``."""
    made = evidence("deposit", "case/lease.txt", "--out", "lease.asice")
    assert made.code == 0, made.err
    write(NOTARY, "notary.pem")
    write(COURT, "court.pem")
    trusting = Path(TRUST).read_text() + "\n".join(
        f'[[signer]]\ncertificates = ["{hashlib.sha256(one.der).hexdigest()}"]\n'
        for one in (NOTARY, COURT)
    )
    Path("trust.toml").write_text(trusting)
    return desk


def attest(evidence: Run, *more: str) -> Answer:
    return evidence("attest", "lease.asice", "--policy", "trust.toml", "--key", "notary.pem", *more)


def entered(answer: Answer) -> dict[str, Any]:
    assert answer.code == 0, answer.err
    document = answer.document
    found = document.get("attestation", document)
    assert isinstance(found, dict)
    return found


def shown(evidence: Run, index: int) -> dict[str, Any]:
    return evidence("show", str(index), "--json").document


def test_a_notary_attests_what_it_checked(deposited: Path, evidence: Run) -> None:
    del deposited
    told = attest(evidence, "case/lease.txt", "--out", "a.asice", "--note", "in person")
    assert told.code == 0, told.err
    assert "PASSED" in told.out
    assert "You have attested entry 0: PASSED." in told.out
    report = evidence("verify", "a.asice", "--policy", "trust.toml", "--json").document
    assert report["verdict"] == "PASSED", report
    claims = report["facts"]["claims"]
    data = Path("lease.asice").read_bytes()
    assert claims["attestation/verdict"] == "PASSED"
    assert claims["attestation/note"] == "in person"
    assert claims["attestation/files"] == {"paths": ["file/0"], "presented": 1}
    assert claims["attestation/certificate"] == {
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
    }
    policy = hashlib.sha256(Path("trust.toml").read_bytes()).hexdigest()
    assert claims["attestation/policy"]["sha256"] == policy
    steps = claims["attestation/steps"]
    assert list(steps) == sorted(map(str, range(1, 13)))
    assert steps["6"] == {"name": "Inclusion", "verdict": "PASSED"}
    assert evidence("audit").code == 0


def test_a_tampered_certificate_is_not_attested(deposited: Path, evidence: Run) -> None:
    data = bytearray((deposited / "lease.asice").read_bytes())
    at = data.index(b'"kind":"deposit"') + 2
    data[at] ^= 1
    (deposited / "lease.asice").write_bytes(data)
    refused = attest(evidence)
    assert refused.code == 1
    assert "Nothing was attested" in refused.err
    assert attest(evidence, "--although-indeterminate", "--json").document["attestation"] is None
    assert len(evidence("list", "--json").document["entries"]) == 2


def test_an_altered_file_is_not_attested(deposited: Path, evidence: Run) -> None:
    (deposited / "case" / "lease.txt").write_text("another lease")
    assert attest(evidence, "case/lease.txt").code == 1
    assert len(evidence("list", "--json").document["entries"]) == 2


def test_what_is_undecided_is_attested_only_when_the_notary_says_so(
    deposited: Path, evidence: Run
) -> None:
    (deposited / "stranger.txt").write_text("never deposited")
    write(FIRM, "firm.pem")
    evidence("deposit", "stranger.txt", "--key", "firm.pem", "--out", "lease2.asice")
    args = ("attest", "lease2.asice", "--policy", "trust.toml", "--key", "notary.pem")
    refused = evidence(*args)
    assert refused.code == 3
    assert "--although-indeterminate" in refused.err
    made = entered(evidence(*args, "--although-indeterminate", "--json"))
    claims = shown(evidence, made["index"])["claims"]
    assert claims["attestation/verdict"] == "INDETERMINATE"
    assert claims["attestation/steps"]["10"]["verdict"] == "INDETERMINATE"
    assert claims["attestation/steps"]["10"]["reason"]


def test_a_certificate_of_another_ledger_is_refused(
    deposited: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_HOME", str(deposited / "other"))
    assert evidence("init").code == 0
    refused = attest(evidence)
    assert refused.code == 2
    assert "is of the ledger" in refused.err
    assert evidence("list", "--json").document["entries"] == []


def test_a_policy_is_needed_and_is_a_policy(deposited: Path, evidence: Run) -> None:
    del deposited
    assert evidence("attest", "lease.asice").code == 2
    assert evidence("attest", "lease.asice", "--policy", "case/lease.txt").code > 3
    assert evidence("attest", "nothing.asice", "--policy", "trust.toml").code > 3
    free = attest(evidence, "--out", "lease.asice")
    assert "is there already" in free.err
    assert attest(evidence, "--claim", "attestation/verdict=FAILED").code == 2


def test_an_interrupted_attestation_gets_the_same_entry(
    deposited: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    del deposited

    def fails(*_: object) -> object:
        raise OSError("the machine stops here")

    with monkeypatch.context() as broken:
        broken.setattr(statement_entry, "sealed", fails)
        assert attest(evidence, "--note", "n").code == 70
    entries = evidence("list", "--json").document["entries"]
    assert entries[-1]["kind"] == "attestation"
    again = entered(attest(evidence, "--note", "n", "--json"))
    assert (again["index"], again["repeated"]) == (entries[-1]["index"], True)
    assert entered(attest(evidence, "--note", "other", "--json"))["index"] > again["index"]


def test_the_outbox_is_empty_when_the_certificate_is_written(
    deposited: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[str] = []
    drop = Outbox.drop

    def noted(self: Outbox, key: str) -> None:
        dropped.append(key)
        drop(self, key)

    monkeypatch.setattr(Outbox, "drop", noted)
    entered(attest(evidence, "--json"))
    assert len(dropped) == 1
    assert list((deposited / "ledger" / "outbox").iterdir()) == []


# order, hand-over


def test_a_court_orders_an_investigation(deposited: Path, evidence: Run) -> None:
    del deposited
    order = ("order", "0", "--key", "court.pem", "--case", "4 O 1/26", "--note", "§ 142 ZPO")
    made = entered(evidence(*order, "--out", "order.asice", "--json"))
    assert (made["kind"], made["about"]) == ("order", [0])
    claims: dict[str, Json] = shown(evidence, made["index"])["claims"]
    assert claims == {"matter/case_number": "4 O 1/26", "order/note": "§ 142 ZPO"}
    assert evidence("verify", "order.asice", "--policy", "trust.toml").code == 0
    assert "An investigation of entry 0." in evidence("order", "0", "--key", "court.pem").out
    assert evidence("audit").code == 0


def test_evidence_is_handed_over(deposited: Path, evidence: Run) -> None:
    del deposited
    over = ("hand-over", "0", "--to", "court.pem", "--when", "2026-11-01T10:00:00Z")
    made = entered(evidence(*over, "--condition", "sealed", "--json"))
    claims = shown(evidence, made["index"])["claims"]
    assert claims == {
        "handover/to": {"sha256": hashlib.sha256(COURT.der).hexdigest(), "subject": "CN=Court"},
        "handover/at": "2026-11-01T10:00:00Z",
        "handover/condition": "sealed",
    }
    told = evidence("hand-over", "0", "--to", "ab" * 32)
    assert told.code == 0
    assert "entry 0 was handed over to abab" in told.out
    assert evidence("hand-over", "0").code == 2


@pytest.mark.parametrize(
    "indexes", [["0", "0"], [], ["77"], [str(at) for at in range(257)]], ids=len
)
def test_entries_that_can_not_be_named(deposited: Path, evidence: Run, indexes: list[str]) -> None:
    del deposited
    refused = evidence("order", *indexes, "--key", "court.pem", "--json")
    assert refused.code == (2 if indexes in ([], ["0", "0"]) else NoSuchEntry.exit_code)
    assert "error" in json.loads(refused.out)
    assert len(evidence("list", "--json").document["entries"]) == 2


def test_roles_in_a_closed_ledger(deposited: Path, evidence: Run) -> None:
    del deposited
    write(FIRM, "firm.pem")
    done(evidence, "enrol", "notary.pem", "--role", "notary")
    done(evidence, "enrol", "firm.pem", "--role", "depositor")
    done(evidence, "enrol", "court.pem", "--role", "court")
    done(evidence, "close")
    refused = evidence("attest", "lease.asice", "--policy", "trust.toml", "--key", "firm.pem")
    assert refused.code == 110
    assert "not for the role depositor" in refused.err
    assert evidence("order", "0", "--key", "notary.pem").code == 110
    assert attest(evidence).code == 0
    assert evidence("order", "0", "--key", "court.pem").code == 0
    assert evidence("hand-over", "0", "--to", "court.pem", "--key", "firm.pem").code == 0
    assert evidence("audit").code == 0


# What others see


def test_show_says_what_is_about_what(deposited: Path, evidence: Run) -> None:
    del deposited
    index = entered(attest(evidence, "--json"))["index"]
    evidence("order", "0", "--key", "court.pem")
    told = shown(evidence, 0)
    assert told["refs"] == []
    assert [(one["index"], one["kind"], one["subject"]) for one in told["named_by"]] == [
        (index, "attestation", "CN=Notary"),
        (index + 2, "order", "CN=Court"),
    ]
    assert told["named_by"][0]["signer"] == hashlib.sha256(NOTARY.der).hexdigest()
    assert shown(evidence, index)["refs"] == [0]
    lines = evidence("show", "0").out
    assert f"attested by entry {index}, " in lines
    assert ", CN=Notary" in lines
    assert "investigated by entry" in lines


def test_the_attestation_says_which_certificate_it_vouches_for(
    deposited: Path, evidence: Run
) -> None:
    entered(attest(evidence, "--json", "--out", "a.asice"))
    check = ("verify", "a.asice", "lease.asice", "--policy", "trust.toml", "--json")
    report = evidence(*check).document
    assert report["verdict"] == "PASSED", report
    assert "the one that was attested: of entry 0." in report["steps"][-2]["says"]
    leaf = shown(evidence, 0)["leaf_hash"]
    assert f"about entry 0, whose hash it names: {leaf}" in report["steps"][1]["says"]
    assert report["facts"]["refs"] == [{"index": 0, "leaf": leaf}]
    evidence("export", "0", "--out", "again.asice")
    Path("lease.asice").write_bytes(Path("again.asice").read_bytes() + b"x")
    other = evidence(*check)
    assert other.code == 3
    reasons = [one["reason"] for one in other.document["steps"]]
    assert "attestation.other-file" in reasons
    evidence("export", "1", "--out", "none.asice")
    assert (deposited / "a.asice").exists()


def test_a_certificate_that_hides_the_claim_decides_nothing(deposited: Path, evidence: Run) -> None:
    del deposited
    index = entered(attest(evidence, "--json"))["index"]
    evidence("export", str(index), "--only", "attestation/verdict", "--out", "hidden.asice")
    check = evidence("verify", "hidden.asice", "lease.asice", "--policy", "trust.toml", "--json")
    assert check.code == 3
    assert "attestation.not-shown" in [one["reason"] for one in check.document["steps"]]


def test_the_readme_inside_checks_an_attestation_with_public_tools(
    deposited: Path, evidence: Run
) -> None:
    entered(attest(evidence, "--json", "--out", "certificate.asice"))
    folder = deposited / "tools"
    folder.mkdir()
    (deposited / "certificate.asice").rename(folder / "certificate.asice")
    (folder / "attested.asice").write_bytes(Path("lease.asice").read_bytes())
    (folder / "contract.pdf").write_bytes(b"")
    (folder / "roots.pem").write_bytes((deposited / "ledger/authority/root.pem").read_bytes())
    with zipfile.ZipFile(folder / "certificate.asice") as archive:
        text = archive.read("README.txt").decode()
    assert "It is about entry 0, whose hash it names" in text
    steps = text[text.index("1. Unpack") :]
    script = "".join(line[4:] + "\n" for line in steps.splitlines() if line.startswith("    "))
    ran = subprocess.run(["sh"], input=script, cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "ok: it is about this" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "ok: 3 times"
    (folder / "attested.asice").write_bytes(b"another")
    shutil.rmtree(folder / "certificate")
    assert subprocess.run(["sh"], input=script, cwd=folder, text=True).returncode != 0
