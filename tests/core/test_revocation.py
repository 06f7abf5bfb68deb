"""What revocations mean for signatures: every rule in ``core.revocation`` and its borders."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509

from evidence_ledger.core.certificate_chain import Chain
from evidence_ledger.core.revocation import Revocations, check_revocation
from evidence_ledger.core.revocation_values import RevocationData, sorted_data
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import Refused, Undecided
from tests.revocation_factory import DAY, Gone, answer, crl, responder
from tests.x509_factory import NOW, YEAR, Holder, issue

Reason = x509.ReasonFlags
ROOT = issue("Judge root", authority=True)
SUB = issue("Judge sub", ROOT, authority=True)
LEAF = issue("Judge leaf", SUB)
SECOND = timedelta(seconds=1)
LATER = NOW + 30 * DAY
HARMLESS = (
    Reason.unspecified,
    Reason.affiliation_changed,
    Reason.superseded,
    Reason.cessation_of_operation,
)
HARMFUL = (
    Reason.key_compromise,
    Reason.ca_compromise,
    Reason.aa_compromise,
    Reason.privilege_withdrawn,
    None,
)


def chain(*holders: Holder) -> Chain:
    return Chain(tuple(parse_certificate(one.der) for one in holders or (LEAF, SUB, ROOT)))


def judged(
    *data: bytes,
    moment: datetime = NOW,
    existed: datetime = LATER,
    demanded: bool = True,
    of: Chain | None = None,
) -> Revocations:
    """The judgement of a signature made at ``moment``."""
    found = sorted_data(data)
    return check_revocation(of or chain(), found, moment, existed=existed, demanded=demanded)


def reason_of(*data: bytes, **more: object) -> str:
    """Why it is undecided."""
    with pytest.raises(Undecided) as caught:
        judged(*data, **more)  # type: ignore[arg-type]  # the same options
    return caught.value.reason


SUB_FINE = crl(ROOT)


def test_all_known() -> None:
    assert judged(crl(SUB), SUB_FINE) == Revocations(2, 2)
    assert judged(answer(LEAF, SUB), answer(SUB, ROOT)) == Revocations(2, 2)
    assert judged(crl(SUB), SUB_FINE).says == (
        "2 of 2 X.509 certificates are known not to be revoked."
    )


def test_nothing_at_hand() -> None:
    assert judged(demanded=False) == Revocations(2, 0)
    assert reason_of() == "revocation.missing"


def test_every_link_is_demanded_but_the_root() -> None:
    assert judged(SUB_FINE, demanded=False) == Revocations(2, 1)
    assert reason_of(SUB_FINE) == "revocation.missing"
    assert reason_of(crl(SUB)) == "revocation.missing"
    assert judged(of=chain(ROOT)) == Revocations(0, 0)


@pytest.mark.parametrize("reason", [*HARMLESS, *HARMFUL])
@pytest.mark.parametrize("moment", [NOW, NOW - DAY], ids=["then", "before"])
def test_revoked_before_is_refused(reason: Reason | None, moment: datetime) -> None:
    with pytest.raises(Refused) as caught:
        judged(crl(SUB, Gone(LEAF, moment, reason)), SUB_FINE, demanded=False)
    assert caught.value.reason == "revocation.revoked"


def test_an_intermediate_revoked_before_is_refused() -> None:
    with pytest.raises(Refused):
        judged(crl(SUB), crl(ROOT, Gone(SUB, NOW, Reason.superseded)), demanded=False)


@pytest.mark.parametrize("reason", HARMLESS)
def test_revoked_later_without_harm(reason: Reason) -> None:
    found = judged(crl(SUB, Gone(LEAF, NOW + SECOND, reason)), SUB_FINE)
    assert found == Revocations(2, 1, later=True)
    assert "later" in found.says


@pytest.mark.parametrize("reason", HARMFUL)
def test_revoked_later_with_harm(reason: Reason | None) -> None:
    data = crl(SUB, Gone(LEAF, NOW + 5 * DAY, reason))
    code = "revocation.compromised" if reason else "revocation.no-reason"
    assert reason_of(data, SUB_FINE, demanded=False) == code
    assert reason_of(data, SUB_FINE, existed=NOW + 5 * DAY) == code
    assert judged(data, SUB_FINE, existed=NOW + 5 * DAY - SECOND).later


def test_compromised_earlier_than_revoked() -> None:
    gone = Gone(LEAF, NOW + 5 * DAY, Reason.key_compromise, invalid_since=NOW + 2 * DAY)
    data = crl(SUB, gone)
    assert reason_of(data, SUB_FINE, existed=NOW + 2 * DAY) == "revocation.compromised"
    assert judged(data, SUB_FINE, existed=NOW + 2 * DAY - SECOND).later


def test_a_hold_and_its_end() -> None:
    hold = crl(SUB, Gone(LEAF, NOW - DAY, Reason.certificate_hold))
    assert reason_of(hold, SUB_FINE, demanded=False) == "revocation.on-hold"
    lifted = crl(SUB, issued=NOW + 2 * DAY)
    assert judged(hold, lifted, SUB_FINE) == Revocations(2, 2)
    gone = crl(SUB, Gone(LEAF, NOW - DAY, Reason.key_compromise), issued=NOW + 2 * DAY)
    with pytest.raises(Refused):
        judged(hold, gone, SUB_FINE)


def test_an_old_hold_counts_while_nothing_newer_speaks() -> None:
    hold = crl(
        SUB, Gone(LEAF, NOW - 3 * DAY, Reason.certificate_hold), issued=NOW - 2 * DAY, until=NOW
    )
    assert reason_of(hold, SUB_FINE, demanded=False) == "revocation.on-hold"


def test_a_final_revocation_is_not_taken_back() -> None:
    gone = crl(SUB, Gone(LEAF, NOW - DAY, Reason.superseded), issued=NOW - SECOND)
    with pytest.raises(Refused):
        judged(gone, crl(SUB, issued=NOW + 2 * DAY), answer(LEAF, SUB), SUB_FINE)


def test_revoked_by_an_old_list() -> None:
    gone = Gone(LEAF, NOW - 60 * DAY, Reason.superseded)
    old = crl(SUB, gone, issued=NOW - 50 * DAY, until=NOW - 40 * DAY)
    with pytest.raises(Refused):
        judged(old, demanded=False)


FRESH = {
    "issued later": (NOW + DAY, NOW + 2 * DAY, True),
    "issued then": (NOW, NOW + DAY, True),
    "in force": (NOW - DAY, NOW + SECOND, True),
    "in force to the second": (NOW - DAY, NOW, True),
    "over": (NOW - 2 * DAY, NOW - SECOND, False),
}


@pytest.mark.parametrize("case", FRESH)
def test_freshness(case: str) -> None:
    issued, until, fresh = FRESH[case]
    for data in (
        crl(SUB, issued=issued, until=until),
        answer(LEAF, SUB, issued=issued, until=until),
    ):
        known = judged(data, SUB_FINE, demanded=False).known
        assert known == (2 if fresh else 1)


def test_a_response_without_an_end_counts_for_what_was_before_it() -> None:
    assert judged(answer(LEAF, SUB, until=None), SUB_FINE).known == 2
    old = answer(LEAF, SUB, issued=NOW - SECOND, until=None)
    assert judged(old, SUB_FINE, demanded=False).known == 1


USELESS = {
    "unknown to the responder": answer(LEAF, SUB, unknown=True),
    "by a stranger": answer(LEAF, SUB, impostor=issue("Judge sub", authority=True)),
    "by the root's responder": answer(LEAF, SUB, by=responder(ROOT)),
    "a list by a stranger's key": crl(SUB, signer=issue("Another", authority=True)),
    "a list for authorities": crl(
        SUB,
        extra=[(x509.IssuingDistributionPoint(None, None, False, True, None, False, False), True)],
    ),
    "a delta": crl(SUB, extra=[(x509.DeltaCRLIndicator(1), True)]),
    "a list for others": crl(
        SUB,
        extra=[
            (
                x509.IssuingDistributionPoint(
                    [x509.UniformResourceIdentifier("http://a.example")],
                    None,
                    False,
                    False,
                    None,
                    True,
                    False,
                ),
                True,
            )
        ],
    ),
    "issued after it expired": crl(SUB, issued=NOW + YEAR + DAY, until=NOW + 2 * YEAR),
}


@pytest.mark.parametrize("case", USELESS)
def test_useless(case: str) -> None:
    assert judged(USELESS[case], SUB_FINE, demanded=False).known == 1
    assert reason_of(USELESS[case], SUB_FINE) == "revocation.missing"


def test_a_forged_revocation_condemns_nobody() -> None:
    stranger = issue("Judge sub", authority=True)
    gone = Gone(LEAF, NOW - DAY, Reason.superseded)
    forged = (crl(SUB, gone, signer=stranger), answer(LEAF, SUB, gone=gone, impostor=stranger))
    assert judged(*forged, demanded=False) == Revocations(2, 0)


def test_the_reason_why_a_source_is_useless_is_told() -> None:
    with pytest.raises(Undecided) as caught:
        judged(crl(SUB, extra=[(x509.DeltaCRLIndicator(1), True)]), SUB_FINE)
    assert "not known. Revocation lists that only tell changes" in caught.value.message


def test_a_responder_that_was_revoked_itself() -> None:
    speaker = responder(SUB)
    spoken = answer(LEAF, SUB, by=speaker)
    assert judged(spoken, SUB_FINE).known == 2
    # A list of the same issuer, too old to speak for the leaf, names the responder.
    gone = Gone(speaker, NOW - 5 * DAY, Reason.key_compromise)
    old = crl(SUB, gone, issued=NOW - 4 * DAY, until=NOW - 3 * DAY)
    assert reason_of(spoken, old, SUB_FINE) == "revocation.missing"


def test_sources_are_told_apart() -> None:
    data = (crl(SUB), answer(LEAF, SUB), b"\x30\x00", b"", b"neither")
    assert sorted_data(data) == RevocationData(data[:1], data[1:2])
