"""Revocation where it is used: in timestamps, in signers, in whole certificates, in policies."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from evidence_ledger.core import der, trust_policy
from evidence_ledger.core import der_writer as w
from evidence_ledger.core.cms import parse_signed_data
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.revocation_values import RevocationData, embedded_data
from evidence_ledger.core.signer_trust import check_signer_trust
from evidence_ledger.core.supplement import Supplement
from evidence_ledger.core.timestamp_verification import check_token, verify_timestamp
from evidence_ledger.errors import FormatError, Refused, Undecided
from tests.asked import asked
from tests.revocation_factory import DAY, Gone, answer, crl
from tests.token_factory import AUTHORITY, DATA, RIGHT, ROOT, token
from tests.workbench import CA, DEPOSITOR, Workbench, found, written
from tests.x509_factory import NOW, issue

PASSED, INDETERMINATE, FAILED = Verdict.PASSED, Verdict.INDETERMINATE, Verdict.FAILED
REASON = x509.ReasonFlags
DIGESTS = {"sha256": hashlib.sha256(DATA).digest()}
WHEN = NOW + 2 * DAY
BEFORE = crl(ROOT, Gone(AUTHORITY, NOW - DAY, REASON.superseded))
FINE = crl(ROOT)


def report_of(data: bytes, **more: object) -> Report:
    """The report on a token."""
    return verify_timestamp(data, *asked(DIGESTS, roots=[ROOT.der], at=WHEN, **more))  # type: ignore[arg-type]  # the options of verify_timestamp


def has_step(report: Report) -> bool:
    return any(one.number == "10" for one in report.steps)


def test_without_data_there_is_no_step() -> None:
    report = report_of(token())
    assert report.verdict is PASSED
    assert not has_step(report)
    assert report.facts["revocation"] is None


def test_demanded_and_absent() -> None:
    report = report_of(token(), revocation_demanded=[ROOT.der])
    assert found(report, "10") == (INDETERMINATE, "revocation.missing")
    assert report.verdict is INDETERMINATE
    other = issue("Other", authority=True).der
    assert report_of(token(), revocation_demanded=[other]).verdict is PASSED


@pytest.mark.parametrize("given", [{"crls": [FINE]}, {"ocsps": [answer(AUTHORITY, ROOT)]}])
def test_demanded_and_given(given: dict[str, object]) -> None:
    report = report_of(token(), revocation_demanded=[ROOT.der], **given)
    assert report.verdict is PASSED
    assert report.facts["revocation"] == {"asked": 1, "known": 1, "revoked_later": False}


def test_revoked_before_fails() -> None:
    assert found(report_of(token(), crls=[BEFORE]), "10") == (FAILED, "revocation.revoked")
    with pytest.raises(Refused):
        check_token(
            token(),
            *asked(DIGESTS, roots=[ROOT.der], at=WHEN, crls=[BEFORE]),
        )


def test_compromised_later_needs_an_older_proof() -> None:
    lost = crl(ROOT, Gone(AUTHORITY, NOW + DAY, REASON.key_compromise))
    report = report_of(token(), crls=[lost])
    assert found(report, "10") == (INDETERMINATE, "revocation.compromised")
    covered = report_of(token(), crls=[lost], covered_at=NOW + timedelta(hours=1))
    assert covered.verdict is PASSED
    assert report_of(token(), crls=[lost], covered_at=NOW + DAY).verdict is INDETERMINATE


def values(*, lists: bytes = b"", responses: bytes = b"") -> bytes:
    """The unsigned attribute revocation-values."""
    inner = b"".join(
        w.explicit(number, w.sequence(data))
        for number, data in ((0, lists), (1, responses))
        if data
    )
    name = w.oid("1.2.840.113549.1.9.16.2.24")
    return w.sequence(name, w.set_of([w.sequence(inner)]))


def basic(response: bytes) -> bytes:
    """The BasicOCSPResponse in a response."""
    outer = der.parse(response, "test").fields("test")
    outer.next()
    inner = outer.next().only("test", der.context(0)).fields("test")
    inner.next()
    return inner.next().octets("test")


GONE = answer(AUTHORITY, ROOT, gone=Gone(AUTHORITY, NOW - DAY, REASON.superseded))
EMBEDDED = {
    "a list beside the certificates": RIGHT.but(crls=BEFORE),
    "a response beside the certificates": RIGHT.but(
        crls=w.tlv(0xA1, w.oid("1.3.6.1.5.5.7.16.2") + GONE)
    ),
    "a list in an attribute": RIGHT.but(unsigned=values(lists=BEFORE)),
    "a response in an attribute": RIGHT.but(unsigned=values(responses=basic(GONE))),
}


@pytest.mark.parametrize("case", EMBEDDED)
def test_what_the_token_carries_counts(case: str) -> None:
    report = report_of(token(EMBEDDED[case]))
    assert found(report, "10") == (FAILED, "revocation.revoked")


JUNK = {
    "an unknown kind": w.tlv(0xA1, w.oid("1.2.3") + w.null()),
    "cut off": w.tlv(0xA1, b"\x06\x03"),
}


@pytest.mark.parametrize("case", JUNK)
def test_what_can_not_be_read_is_left_out(case: str) -> None:
    data = token(RIGHT.but(crls=JUNK[case]))
    assert embedded_data(parse_signed_data(data)) == RevocationData()
    assert report_of(data).verdict is PASSED
    odd = w.sequence(w.oid("1.2.840.113549.1.9.16.2.24"), w.set_of([w.octet_string(b"")]))
    assert report_of(token(RIGHT.but(unsigned=odd))).verdict is PASSED


def test_junk_beside_the_token_is_not_believed_nor_fatal() -> None:
    report = report_of(token(), crls=[b"junk"], ocsps=[b"junk"])
    assert report.verdict is PASSED
    assert report.facts["revocation"] == {"asked": 1, "known": 0, "revoked_later": False}


# --- signers


def policy(revocation: str = "demanded") -> trust_policy.TrustPolicy:
    roots = f"roots = '''\n{CA.pem.decode()}'''\n"
    return trust_policy.parse(f'v = 1\n[[signer]]\nrevocation = "{revocation}"\n{roots}')


def signer(*data: bytes, demanded: bool = True) -> str:
    rule = policy("demanded" if demanded else "as-available")
    return check_signer_trust(DEPOSITOR.der, Supplement.of([CA.der], data), rule, NOW)


def test_a_signer_that_was_not_revoked() -> None:
    assert "leads to a root" in signer(crl(CA))
    assert "leads to a root" in signer(demanded=False)
    assert "leads to a root" in signer(crl(CA, Gone(DEPOSITOR, NOW + DAY, REASON.key_compromise)))


SIGNERS = {
    "nothing known": ((), "revocation.missing"),
    "revoked before": ((crl(CA, Gone(DEPOSITOR, NOW - DAY, REASON.superseded)),), "signer.revoked"),
    "lost before": (
        (crl(CA, Gone(DEPOSITOR, NOW + DAY, REASON.key_compromise, NOW - DAY)),),
        "revocation.compromised",
    ),
}


@pytest.mark.parametrize("case", SIGNERS)
def test_a_signer_that_is_undecided(case: str) -> None:
    data, reason = SIGNERS[case]
    with pytest.raises(Undecided) as caught:
        signer(*data)
    assert caught.value.reason == reason


# --- policies


def test_the_policy_tells_whose_revocation_it_demands() -> None:
    text = (
        f'v = 1\n[[timestamp_authority]]\nname = "A"\nrevocation = "demanded"\nroots = """\n'
        f'{ROOT.pem.decode()}"""\n[[timestamp_authority]]\nname = "B"\nroots = """\n'
        f'{CA.pem.decode()}"""\n'
    )
    assert trust_policy.parse(text).revocation_demanded == {ROOT.der}
    assert policy().signers.revocation_demanded == {CA.der}
    assert policy("as-available").signers.revocation_demanded == frozenset()


POLICIES = {
    "misspelt": ('[[signer]]\nrevocation = "demand"\n', "policy.revocation"),
    "no root": ('[[signer]]\nrevocation = "demanded"\n', "policy.revocation-without-roots"),
    "pinned": (
        '[[signer]]\nrevocation = "demanded"\n'
        f'certificates = ["{bytes(32).hex()}"]\nroots = """\n{CA.pem.decode()}"""\n',
        "policy.revocation-without-roots",
    ),
}


@pytest.mark.parametrize("case", POLICIES)
def test_a_policy_that_makes_no_sense(case: str) -> None:
    text, reason = POLICIES[case]
    with pytest.raises(FormatError) as caught:
        trust_policy.parse(f"v = 1\n{text}")
    assert caught.value.reason == reason


# --- whole certificates


def test_a_certificate_with_revocation_data(bench: Workbench) -> None:
    index = bench.deposit()
    bench.ledger.seal()
    parts = bench.issue(index)
    asked = bench.policy().replace("[[signer]]", '[[signer]]\nrevocation = "demanded"')
    bench.clock.move(days=2)
    assert found(bench.check(written(parts), policy=asked), "10") == (
        INDETERMINATE,
        "revocation.missing",
    )
    fine = replace(parts, revocation={"0001.crl": crl(CA)})
    assert bench.check(written(fine), policy=asked).verdict is PASSED
    gone = replace(parts, revocation={"0001.crl": crl(CA, Gone(DEPOSITOR, NOW - DAY))})
    report = bench.check(written(gone))
    assert found(report, "10") == (INDETERMINATE, "signer.revoked")
    assert report.verdict is INDETERMINATE


def test_an_authority_that_the_policy_asks_about(bench: Workbench) -> None:
    index = bench.deposit()
    bench.ledger.seal()
    name = 'name = "Alpha"\n'
    asked = bench.policy().replace(name, f'{name}revocation = "demanded"\n')
    report = bench.check(written(bench.issue(index)), policy=asked)
    assert found(report, "9.1") == (INDETERMINATE, "revocation.missing")
    assert report.verdict is INDETERMINATE
