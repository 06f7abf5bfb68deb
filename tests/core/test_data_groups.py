"""Records of several objects, of several digests, and joined in either way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import evidence_record as er
from evidence_ledger.core.record_coverage import RecordedObject, digests_needed
from evidence_ledger.core.record_verification import verify_record
from evidence_ledger.core.report import Verdict
from tests.record_factory import (
    DATA,
    SHA256,
    SHA512,
    START,
    B,
    day,
    given,
    initial,
    reasons,
    rebuilt,
    stamp,
    story,
    trust,
    verdicts,
)


def group(*objects: bytes) -> bytes:
    hashes = tuple(sorted(SHA256.of(one) for one in objects))
    root = SHA256.of(b"".join(hashes))
    return er.initial_record((hashes,), stamp(root, START))


def test_a_group_covers_all_of_its_objects() -> None:
    record = group(b"document", b"signature")
    whole = verify_record(record, given(b"document", b"signature"), trust(day(2028)))
    part = verify_record(record, given(b"document"), trust(day(2028)))
    assert (whole.verdict, whole.facts["whole_group"]) == (Verdict.PASSED, True)
    assert (part.verdict, part.facts["whole_group"]) == (Verdict.PASSED, False)
    other = verify_record(record, given(b"document", b"other"), trust(day(2028)))
    assert reasons(other) == {"record.object-not-covered"}


def test_a_group_renewed_with_another_digest_covers_all_of_its_objects() -> None:
    before = er.parse(group(b"document", b"signature"))
    chains = w.sequence(*(chain.raw for chain in before.chains))
    hashes = tuple(
        sorted(SHA512.of(SHA512.of(one) + SHA512.of(chains)) for one in (b"document", b"signature"))
    )
    token = stamp(SHA512.of(b"".join(hashes)), day(2028, 7), B, SHA512)
    chain = w.sequence(er.encode_stamp(SHA512, (hashes,), token))
    record = w.sequence(
        w.integer(1),
        w.sequence(SHA256.identifier.encode(), SHA512.identifier.encode()),
        w.sequence(before.chains[0].raw, chain),
    )
    assert verify_record(record, given(b"document", b"signature"), trust(day(2030))).verdict is (
        Verdict.PASSED
    )
    assert verify_record(record, given(b"document"), trust(day(2030))).verdict is Verdict.PASSED
    wrong = verify_record(record, given(b"document", b"other"), trust(day(2030)))
    assert verdicts(wrong)["4"] == (Verdict.FAILED, "record.tree-not-covered")


def test_a_digest_that_is_missing_is_asked_for() -> None:
    (record,) = rebuilt([initial()], [DATA], day(2028, 7))
    assert digests_needed(er.parse(record)) == ("sha256", "sha512")
    half = [RecordedObject("file", {"sha256": SHA256.of(DATA)})]
    report = verify_record(record, half, trust(day(2030)))
    assert verdicts(report)["4"] == (Verdict.INDETERMINATE, "record.digest-missing")
    both = [RecordedObject("file", {"sha256": SHA256.of(DATA), "sha512": SHA512.of(DATA)})]
    assert verify_record(record, both, trust(day(2030))).verdict is Verdict.PASSED


def test_without_an_object_nothing_is_proved() -> None:
    report = verify_record(story()[-1], [], trust(day(2035)))
    assert report.verdict is Verdict.INDETERMINATE
    assert reasons(report) == {"record.no-object"}
    assert "existed_not_later_than" not in report.facts


def hash_of_chains(record: bytes) -> bytes:
    return SHA512.of(w.sequence(*(chain.raw for chain in er.parse(record).chains)))


def sorted_renewal(record: bytes) -> bytes:
    """A hash-tree renewal whose hashes are sorted before they are joined (figure 4)."""
    leaf = SHA512.of(b"".join(sorted([SHA512.of(DATA), hash_of_chains(record)])))
    chain = w.sequence(er.encode_stamp(SHA512, None, stamp(leaf, day(2028, 7), B, SHA512)))
    return w.sequence(
        w.integer(1),
        w.sequence(SHA256.identifier.encode(), SHA512.identifier.encode()),
        w.sequence(*(one.raw for one in er.parse(record).chains), chain),
    )


@pytest.mark.parametrize("data_first", [True, False])
def test_both_ways_of_joining_are_read(data_first: bool) -> None:
    records = (initial(moment=START + timedelta(seconds=number)) for number in range(1000))
    record = next(one for one in records if (SHA512.of(DATA) < hash_of_chains(one)) == data_first)
    report = verify_record(sorted_renewal(record), given(), trust(day(2030)))
    assert report.verdict is Verdict.PASSED


def test_a_lone_hash_that_was_hashed_once_more_is_read() -> None:
    leaf = SHA256.of(DATA)
    again = er.initial_record(((leaf,),), stamp(SHA256.of(leaf), START))
    assert verify_record(again, given(), trust(day(2028))).verdict is Verdict.PASSED
