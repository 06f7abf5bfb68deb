"""``evidence register``: who may do what in a ledger of one's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding

from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.key_files import open_signer
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.assembly import open_ledger
from evidence_ledger.core.administration import LARGEST_LIST
from tests.cli.conftest import Answer, Run
from tests.revocation_factory import Gone, crl
from tests.x509_factory import NOW, Holder, issue

FIRM = issue("Kanzlei")
CA = issue("CA of lawyers", authority=True)
LAWYER = issue("Lawyer", CA)


def write(holder: Holder, name: str, *issuers: Holder) -> str:
    """A key file; its X.509 certificate comes first."""
    key = holder.key.private_bytes(
        Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    Path(name).write_bytes(holder.pem + b"".join(one.pem for one in issuers) + key)
    return name


@pytest.fixture
def firm(desk: Path) -> str:
    del desk
    return write(FIRM, "firm.pem")


def digest(holder: Holder) -> str:
    return hashlib.sha256(holder.der).hexdigest()


def deposit(evidence: Run, *more: str) -> Answer:
    return evidence("deposit", "case/lease.txt", *more)


def done(evidence: Run, *arguments: str) -> Answer:
    answer = evidence("register", *arguments)
    assert answer.code == 0, answer.err
    return answer


def test_a_ledger_is_closed_and_opened(evidence: Run, firm: str) -> None:
    assert done(evidence, "show").out.startswith("open to all")
    enrolled = done(evidence, "enrol", firm)
    assert "CN=Kanzlei is enrolled as depositor." in enrolled.out
    assert "entry 0" in enrolled.out
    closed = done(evidence, "close")
    assert "Only those" in closed.out
    assert "hint" not in closed.err
    refused = deposit(evidence, "--out", "own.asice")
    assert (refused.code, refused.out) == (110, "")
    assert "is not enrolled here" in refused.err
    assert "evidence register enrol" in refused.err
    assert deposit(evidence, "--key", firm, "--out", "firm.asice").code == 0
    assert done(evidence, "show").out.startswith("closed")
    done(evidence, "open")
    assert deposit(evidence, "--out", "own.asice").code == 0
    audit = evidence("audit", "--json").document
    assert audit["verdict"] == "PASSED"
    assert "3 acts of administration" in audit["steps"][10]["says"]


def test_json_says_what_was_entered(evidence: Run, firm: str) -> None:
    answer = done(evidence, "enrol", firm, "--role", "notary", "--role", "court", "--json")
    act = {"act": "enrol", "roles": ["court", "notary"], "signer": digest(FIRM)}
    assert answer.document == {"index": 0, "administration": act}
    told = done(evidence, "show", "--json").document
    assert {"signer": digest(FIRM), "roles": ["court", "notary"]} in told["signers"]
    assert [one["roles"] for one in told["signers"] if one["signer"] != digest(FIRM)] == [
        ["operator"]
    ]
    assert told["closed"] is False
    assert len(done(evidence, "show", "--at", "0", "--json").document["signers"]) == 1
    shown = evidence("show", "0", "--json").document
    assert (shown["kind"], shown["administration"]) == ("administration", act)
    assert "administration act" in evidence("show", "0").out


def test_a_name_is_a_claim_beside_the_entry(evidence: Run, firm: str) -> None:
    done(evidence, "enrol", firm, "--name", "Kanzlei Müller")
    assert evidence("show", "0", "--json").document["claims"] == {"register/name": "Kanzlei Müller"}


def test_roles_and_revocation(evidence: Run, firm: str) -> None:
    done(evidence, "enrol", firm)
    done(evidence, "roles", firm, "--role", "auditor")
    done(evidence, "close")
    refused = deposit(evidence, "--key", firm)
    assert refused.code == 110
    assert "auditor" in refused.err
    done(evidence, "revoke", digest(FIRM))
    told = done(evidence, "show", "--json").document
    assert told["revoked"] == [digest(FIRM)]
    assert "no operator" not in deposit(evidence, "--key", firm).err


def test_an_open_ledger_takes_nothing_from_the_revoked(evidence: Run, firm: str) -> None:
    assert deposit(evidence, "--key", firm, "--out", "1.asice").code == 0
    done(evidence, "revoke", firm)
    refused = deposit(evidence, "--key", firm, "--case", "2", "--out", "2.asice")
    assert refused.code == 110
    assert "not enrolled any more" in refused.err
    assert deposit(evidence, "--case", "3", "--out", "3.asice").code == 0
    assert evidence("audit").code == 0


def test_a_ca_vouches_until_its_list_says_otherwise(evidence: Run, desk: Path) -> None:
    del desk
    Path("ca.pem").write_bytes(CA.pem)
    lawyer = write(LAWYER, "lawyer.pem", CA)
    done(evidence, "enrol", "ca.pem", "--ca")
    done(evidence, "close")
    assert deposit(evidence, "--key", lawyer, "--out", "1.asice").code == 0
    Path("gone.crl").write_bytes(crl(CA, Gone(LAWYER, NOW), issued=NOW))
    assert "counts now" in done(evidence, "crl", "gone.crl").out
    refused = deposit(evidence, "--key", lawyer, "--case", "2", "--out", "2.asice")
    assert refused.code == 110
    assert "revoked" in refused.err
    assert "CA CN=CA of lawyers" in done(evidence, "show").out
    done(evidence, "revoke", "ca.pem", "--ca")
    assert done(evidence, "show", "--json").document["issuers"] == []
    assert evidence("audit").code == 0


def test_a_ca_is_bound_to_names(evidence: Run, desk: Path) -> None:
    del desk
    Path("ca.pem").write_bytes(CA.pem)
    done(evidence, "enrol", "ca.pem", "--ca", "--permit", "mail:firm.example")
    done(evidence, "close")
    refused = deposit(evidence, "--key", write(LAWYER, "lawyer.pem", CA))
    assert refused.code == 110
    assert "may not vouch" in refused.err
    assert "within mail:firm.example" in done(evidence, "show").out


def test_a_ca_is_bound_to_subjects(evidence: Run, desk: Path) -> None:
    del desk
    Path("ca.pem").write_bytes(CA.pem)
    lawyer = write(LAWYER, "lawyer.pem", CA)
    done(evidence, "enrol", "ca.pem", "--ca", "--permit", "dir:CN=Nobody")
    done(evidence, "close")
    assert deposit(evidence, "--key", lawyer).code == 110
    subject = LAWYER.certificate.subject.rfc4514_string()
    done(evidence, "enrol", "ca.pem", "--ca", "--permit", f"dir:{subject}")
    assert deposit(evidence, "--key", lawyer).code == 0
    refused = evidence("register", "enrol", "ca.pem", "--ca", "--permit", "host:firm.example")
    assert refused.code == 2
    assert "uri:.firm.example" in refused.err
    assert "dir:O=Chamber,C=DE" in refused.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["enrol", "firm.pem", "--permit", "mail:firm.example"],
        ["enrol", "firm.pem", "--demand-revocation"],
        ["enrol", "firm.pem", "--ca", "--permit", "firm.example"],
        ["enrol", "firm.pem", "--ca", "--role", "operator"],
        ["enrol", "firm.pem", "--role", "king"],
        ["revoke", "ledger/keys/operator.pem"],
        ["close", "--password-file", "firm.pem"],
        ["grant", "0", "firm.pem", "--withdraw", "--only", "file/0"],
        ["rotate", "ledger/keys/operator.pem"],
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    evidence: Run, firm: str, arguments: Sequence[str]
) -> None:
    del firm
    answer = evidence("register", *arguments)
    assert answer.code == 2, answer.err
    assert evidence("list", "--json").document["entries"] == []


def test_another_operator_acts_and_a_depositor_does_not(evidence: Run, firm: str) -> None:
    other = write(LAWYER, "lawyer.pem")
    assert evidence("register", "enrol", other, "--key", firm).code == 110
    done(evidence, "enrol", firm, "--role", "operator")
    done(evidence, "enrol", other, "--key", firm)


def test_acts_that_fail_are_told(evidence: Run, firm: str) -> None:
    done(evidence, "enrol", firm)
    answer = evidence("register", "enrol", firm, "--json")
    assert (answer.code, answer.document["error"]["code"]) == (111, "register.enrolled")
    Path("large.crl").write_bytes(b"\x30" + bytes(LARGEST_LIST))
    assert evidence("register", "crl", "large.crl").code == 2
    Path("none.crl").write_bytes(b"-----BEGIN X509 CRL-----")
    assert evidence("register", "crl", "none.crl").code == 4


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["roles", "firm.pem", "--role", "court"], "register.unknown"),
        (["revoke", "firm.pem", "--ca"], "register.unknown-issuer"),
        (["grant", "0", "firm.pem"], "grant.no-claims"),
    ],
)
def test_what_makes_no_sense_here_proves_no_defect(
    evidence: Run, firm: str, arguments: Sequence[str], code: str
) -> None:
    del firm
    done(evidence, "enrol", write(LAWYER, "lawyer.pem"))
    answer = evidence("register", *arguments, "--json")
    assert (answer.code, answer.document["error"]["code"]) == (111, code)
    assert len(evidence("list", "--json").document["entries"]) == 1


def test_what_is_so_already_is_not_entered(evidence: Run, firm: str) -> None:
    assert "Already open" in done(evidence, "open").out
    done(evidence, "enrol", firm, "--role", "court", "--role", "notary")
    same = done(evidence, "roles", firm, "--role", "notary", "--role", "court")
    assert "CN=Kanzlei is already court, notary." in same.out
    done(evidence, "close")
    again = done(evidence, "close")
    assert ("Already closed" in again.out, again.err) == (True, "")
    told = done(evidence, "close", "--json").document
    assert told == {"index": None, "administration": {"act": "settings", "closed": True}}
    assert len(evidence("list", "--json").document["entries"]) == 2
    done(evidence, "roles", firm, "--role", "court")
    done(evidence, "open")
    assert len(evidence("list", "--json").document["entries"]) == 4


def test_a_grant_that_counts_already_is_not_entered(evidence: Run, firm: str) -> None:
    assert deposit(evidence, "--case", "4 O 1/26").code == 0
    count = len(evidence("list", "--json").document["entries"])
    assert "nothing was entered" in done(evidence, "grant", "0", firm, "--withdraw").out
    done(evidence, "grant", "0", firm)
    assert "may already read" in done(evidence, "grant", "0", firm).out
    assert done(evidence, "grant", "0", firm, "--json").document["index"] is None
    assert len(evidence("list", "--json").document["entries"]) == count + 1
    for what in (["--only", "file/0"], [], ["--withdraw"], []):
        assert done(evidence, "grant", "0", firm, *what, "--json").document["index"] is not None
    assert len(evidence("list", "--json").document["entries"]) == count + 5
    assert evidence("register", "grant", "0", firm, "--key", firm).code == 110


def test_a_depositor_grants_and_withdraws(evidence: Run, firm: str) -> None:
    assert deposit(evidence, "--case", "4 O 1/26").code == 0
    done(evidence, "grant", "0", firm, "--only", "matter/case_number")
    told = done(evidence, "grant", "0", firm, "--withdraw", "--json").document
    assert told["grant"] == {"claims": [], "signer": digest(FIRM)}
    shown = evidence("show", "3", "--json").document
    assert (shown["kind"], shown["grant"]) == ("grant", {"claims": [1], "signer": digest(FIRM)})
    assert evidence("register", "grant", "0", firm, "--only", "matter/nothing").code == 2
    assert evidence("register", "grant", "0", firm, "--key", firm).code == 110
    assert evidence("register", "grant", "9", firm).code == 29


def test_the_operators_key_rotates(evidence: Run, firm: str, desk: Path) -> None:
    home = Home(desk / "ledger")
    assert "Nobody may deposit now" in done(evidence, "close").err
    before = hashlib.sha256(open_signer(home.operator).chain[0]).hexdigest()
    answer = done(evidence, "rotate", firm)
    assert "is the key from now on" in answer.out
    assert open_signer(home.operator).chain[0] == FIRM.der
    assert home.operator.stat().st_mode & 0o777 == 0o600
    assert bytes.fromhex(digest(FIRM)) in read_trust(home.trust).signers.certificates
    assert evidence("seal").code == 0
    told = done(evidence, "show", "--json").document
    assert told["signers"] == [{"signer": digest(FIRM), "roles": ["operator"]}]
    assert told["revoked"] == [before]
    assert told["rotated"] == [{"signer": before, "following": digest(FIRM), "entry": 1}]
    assert f"{before}  rotated to {digest(FIRM)}, entry 1" in done(evidence, "show").out
    refused = evidence("register", "revoke", before)
    assert refused.code == 111
    assert digest(FIRM) in refused.err
    assert evidence("audit").code == 0
    done(evidence, "open")
    assert evidence("register", "rotate", firm).code == 2


def test_a_rotation_that_was_interrupted_goes_on(evidence: Run, firm: str, desk: Path) -> None:
    home = Home(desk / "ledger")
    old = home.operator.read_bytes()
    done(evidence, "rotate", firm)
    home.operator.write_bytes(old)
    assert done(evidence, "rotate", firm, "--json").document["index"] is None
    assert open_signer(home.operator).chain[0] == FIRM.der
    place = open_ledger(home)
    assert place.ledger.store.head().size == 1
    place.close()


def test_a_depositors_key_rotates(evidence: Run, firm: str) -> None:
    following = write(LAWYER, "next.pem")
    done(evidence, "enrol", firm)
    done(evidence, "close")
    done(evidence, "rotate", following, "--key", firm)
    assert deposit(evidence, "--key", firm).code == 110
    assert deposit(evidence, "--key", following).code == 0
