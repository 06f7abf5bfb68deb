"""Evidence records over decades: what passes, and what a missing or late renewal is worth."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from evidence_ledger.core import der_writer as w
from evidence_ledger.core.oid import LOCAL_POLICY
from evidence_ledger.core.record_verification import check_record, verify_record
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import Undecided
from tests.record_factory import (
    DATA,
    SHA3,
    SHA512,
    START,
    A,
    B,
    C,
    D,
    day,
    given,
    initial,
    reasons,
    rebuilt,
    renewed,
    renewed_together,
    story,
    trust,
    verdicts,
)
from tests.x509_factory import Holder


def test_each_age_has_its_record() -> None:
    ends = [day(2029), day(2034), day(2040), day(2040)]
    for record, end in zip(story(), ends, strict=True):
        found = check_record(record, given(), trust(end - timedelta(days=1)))
        assert found.first.moment == START
        assert found.weakens_on == end
        report = verify_record(record, given(), trust(end - timedelta(days=1)))
        assert report.verdict is Verdict.PASSED
        assert report.facts["existed_not_later_than"] == "2027-06-01T12:00:00.000000Z"
        late = verify_record(record, given(), trust(end + timedelta(days=1)))
        assert late.verdict is Verdict.INDETERMINATE
        assert reasons(late) == {"timestamp.certificate-expired"}


def test_a_report_tells_every_step() -> None:
    report = verify_record(story()[-1], given(), trust(day(2035)))
    numbers = ["1", "2", "3", "4", "5.1", "5.2", "5.3", "5.4", "5", "6"]
    assert [step.number for step in report.steps] == numbers
    assert all(step.clause and step.explain for step in report.steps)
    assert report.steps[-1].says == "This proof weakens on 2040-06-01 unless renewed."
    stamps = report.facts["timestamps"]
    assert isinstance(stamps, list)
    assert [one["kind"] for one in stamps] == [
        "initial",
        "timestamp renewal",
        "hash-tree renewal",
        "timestamp renewal",
    ]


def test_a_renewal_that_came_too_late() -> None:
    record = renewed(initial(), day(2030))
    report = verify_record(record, given(), trust(day(2031)))
    assert report.verdict is Verdict.INDETERMINATE
    assert verdicts(report)["5.1"] == (Verdict.INDETERMINATE, "record.renewed-late")
    with pytest.raises(Undecided) as refusal:
        check_record(record, given(), trust(day(2031)))
    assert refusal.value.reason == "record.renewed-late"
    assert verify_record(record, given(), trust(day(2030))).verdict is Verdict.INDETERMINATE


def test_a_renewal_whose_latest_time_is_too_late() -> None:
    """The renewal's own time may be off by its accuracy: the later end counts."""
    end = A.certificate.not_valid_after_utc
    for accuracy, verdict in ((1, Verdict.PASSED), (3, Verdict.INDETERMINATE)):
        moment = end - timedelta(seconds=2)
        record = renewed(initial(), moment, accuracy=w.sequence(w.integer(accuracy)))
        assert verify_record(record, given(), trust(day(2030))).verdict is verdict


def test_a_renewal_left_out() -> None:
    """From A straight to C: nothing proves the first token between 2029 and 2033."""
    (record,) = rebuilt([initial()], [DATA], day(2033, 7), C)
    report = verify_record(record, given(), trust(day(2035)))
    assert reasons(report) == {"record.renewed-late"}
    assert report.verdict is Verdict.INDETERMINATE


def test_a_renewal_cut_away() -> None:
    """The newest chains taken off again: what is left has expired, and says so."""
    lives = story()
    for record in lives[:2]:
        report = verify_record(record, given(), trust(day(2035)))
        assert report.verdict is Verdict.INDETERMINATE
        assert reasons(report) == {"timestamp.certificate-expired"}


@pytest.mark.parametrize(
    ("end", "signer", "found"),
    [
        (date(2033, 7, 1), D, set()),
        (date(2033, 6, 30), D, {"algorithm.ended"}),
        (date(2033, 7, 1), C, {"algorithm.ended"}),
    ],
    ids=["in time", "late", "the new token is by the old digest"],
)
def test_a_digest_that_ended_is_renewed_in_time(end: date, signer: Holder, found: set[str]) -> None:
    (record,) = rebuilt([story()[1]], [DATA], day(2033, 7), signer)
    report = verify_record(record, given(), trust(day(2035), ends={"sha256": end}))
    assert reasons(report) == found
    assert (report.verdict is Verdict.PASSED) == (not found)


def test_a_digest_that_ended_without_a_hash_tree_renewal() -> None:
    record = renewed(initial(), day(2028, 7))
    for moment, verdict in (
        (day(2030), Verdict.PASSED),
        (day(2031, 7), Verdict.INDETERMINATE),
    ):
        judged = trust(moment, ends={"sha256": date(2031, 6, 30)})
        assert verify_record(record, given(), judged).verdict is verdict
    found = check_record(record, given(), trust(day(2030), ends={"sha256": date(2031, 6, 30)}))
    assert f"{found.weakens_on:%Y-%m-%d %H}" == "2031-06-30 23"


def test_a_signature_scheme_that_ended_before_its_renewal() -> None:
    record = renewed(initial(), day(2028, 7))
    judged = trust(day(2029), ends={"ecdsa-sha256": date(2028, 6, 30)})
    with pytest.raises(Undecided) as refusal:
        check_record(record, given(), judged)
    assert refusal.value.reason == "algorithm.ended"


def test_what_the_proof_leans_on() -> None:
    """A token that stands by itself needs none of its renewals."""
    record = renewed(initial(), day(2028, 7), policy=LOCAL_POLICY)
    early = check_record(record, given(), trust(day(2029) - timedelta(days=1)))
    late = check_record(record, given(), trust(day(2030)))
    assert (len(early.relied), early.own_clock) == (1, False)
    assert (len(late.relied), late.own_clock) == (2, True)


@examples(st.lists(st.sampled_from(["stamp", "together", "sha512", "sha3"]), max_size=6))
def test_any_row_of_renewals_in_time_passes(moves: list[str]) -> None:
    record, other = initial(), initial(b"other")
    moment = day(2028, 7)
    for move in moves:
        moment += timedelta(days=30)
        if move == "stamp":
            record, other = renewed(record, moment), renewed(other, moment)
        elif move == "together":
            record, other = renewed_together([record, other], moment)
        else:
            digest = SHA512 if move == "sha512" else SHA3
            record, other = rebuilt([record, other], [DATA, b"other"], moment, B, digest)
    last = trust(B.certificate.not_valid_after_utc if moves else day(2029))
    assert verify_record(record, given(), last).verdict is Verdict.PASSED
    assert verify_record(other, given(b"other"), last).verdict is Verdict.PASSED
    assert verify_record(other, given(), last).verdict is Verdict.FAILED
