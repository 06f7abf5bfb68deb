"""Evidence records over decades: what passes, and what a missing or late renewal is worth."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import evidence_record as er
from evidence_ledger.core.oid import LOCAL_POLICY
from evidence_ledger.core.record_coverage import RecordedObject, digests_needed
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.record_verification import RecordTrust, check_record, verify_record
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided
from tests.record_factory import (
    DATA,
    NEIGHBOURS,
    SHA3,
    SHA256,
    SHA512,
    START,
    A,
    B,
    C,
    D,
    day,
    given,
    initial,
    rebuilt,
    renewed,
    renewed_together,
    stamp,
    trust,
)
from tests.x509_factory import TIMESTAMPS, Holder, issue

CORPUS_OBJECTS: dict[str, Callable[[Path], bytes]] = {
    "1_0_Initial.er": lambda _: b"123456",
    "1_1_Renew_Unsorted.er": lambda _: b"123456",
    "BIN-1_ER.ers": lambda folder: (folder / "BIN-1.bin").read_bytes(),
    "BIN-1_ER_malformed.ers": lambda folder: (folder / "BIN-1.bin").read_bytes(),
    "er-asn1-simple.ers": lambda _: b"1",
    "er-asn1-simple-invalid.ers": lambda _: b"1",
    "er-asn1-full-renewal-two-ats-chain.ers": lambda _: b"\x03",
}
TWO = [
    RecordedObject("one", {"sha256": base64.b64decode(text)})
    for text in (
        "nOLX01D5QYQHQ58MoR3MEquffNsV+ezF7Kk1SCYCuHI=",
        "7sxNM1LA6WX9iHle39GmDFrAmzwRAMBS67auC9NDKyY=",
    )
]


def verdicts(report: Report) -> dict[str, tuple[Verdict, str | None]]:
    return {step.number: (step.verdict, step.reason) for step in report.steps}


def reasons(report: Report) -> set[str]:
    """Of the steps that did not pass, but not because of another."""
    found = {step.reason for step in report.steps if step.reason}
    return found - {"step.not-reached"}


def story() -> list[bytes]:
    """One record at each moment of its life: made by A, renewed by B, then by C with SHA-512."""
    lives = [initial()]
    lives.append(renewed(lives[-1], day(2028, 7)))
    lives.append(rebuilt([lives[-1]], [DATA], day(2033, 7), C)[0])
    lives.append(renewed(lives[-1], day(2034), C))
    return lives


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


# Groups and digests


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


# Attacks


def with_chains(record: bytes, *chains: bytes) -> bytes:
    listed = [w.sequence(w.oid(one.oid)) for one in er.parse(record).digests]
    return w.sequence(w.integer(1), w.sequence(*listed), w.sequence(*chains))


def stamps_of(record: bytes) -> list[list[bytes]]:
    return [[stamp.raw for stamp in chain.stamps] for chain in er.parse(record).chains]


def reordered_chains() -> bytes:
    record = story()[-1]
    return with_chains(record, *(chain.raw for chain in reversed(er.parse(record).chains)))


def reordered_stamps() -> bytes:
    record = renewed(initial(), day(2028, 7))
    return with_chains(record, w.sequence(*reversed(stamps_of(record)[0])))


def left_out_stamp() -> bytes:
    record = renewed(renewed(initial(), day(2028, 7)), day(2029))
    first, _, last = stamps_of(record)[0]
    return with_chains(record, w.sequence(first, last))


def left_out_chain() -> bytes:
    (record,) = rebuilt([rebuilt([initial()], [DATA], day(2028, 7))[0]], [DATA], day(2029), B, SHA3)
    first, _, last = er.parse(record).chains
    return with_chains(record, first.raw, last.raw)


def changed_digest_in_a_chain() -> bytes:
    record = initial()
    leaf = SHA512.of(er.parse(record).first.token)
    more = er.encode_stamp(SHA512, None, stamp(leaf, day(2028, 7), B, SHA512))
    listed = w.sequence(SHA256.identifier.encode(), SHA512.identifier.encode())
    chain = w.sequence(stamps_of(record)[0][0], more)
    return w.sequence(w.integer(1), listed, w.sequence(chain))


def unlisted_digest() -> bytes:
    (record,) = rebuilt([initial()], [DATA], day(2028, 7))
    listed = w.sequence(SHA256.identifier.encode())
    chains = w.sequence(*(chain.raw for chain in er.parse(record).chains))
    return w.sequence(w.integer(1), listed, chains)


def other_digest_than_the_token() -> bytes:
    """A tree by SHA3-256 under a token by SHA-256: the sizes agree."""
    token = stamp(SHA3.of(DATA), START)
    chain = w.sequence(er.encode_stamp(SHA3, ((SHA3.of(DATA),),), token))
    return w.sequence(w.integer(1), w.sequence(SHA3.identifier.encode()), w.sequence(chain))


def swapped_token() -> bytes:
    leaf = SHA256.of(DATA)
    return er.initial_record(((leaf,), (bytes(32),)), stamp(SHA256.of(b"other"), START))


def missing_list() -> bytes:
    record = er.parse(initial())
    assert record.first.lists is not None
    return er.initial_record(record.first.lists[:1], record.first.token)


def first_list_of_a_neighbour() -> bytes:
    tree = RecordTree([SHA256.of(DATA), *NEIGHBOURS])
    return er.initial_record(tree.plain_path(2), stamp(tree.root, START))


def renewal_of_another_record() -> bytes:
    other = renewed(initial(b"other"), day(2028, 7))
    return with_chains(other, w.sequence(stamps_of(initial())[0][0], stamps_of(other)[0][1]))


def rebuilt_for_another_object() -> bytes:
    return rebuilt([initial()], [b"other"], day(2028, 7))[0]


def renewal_by_an_earlier_time() -> bytes:
    return renewed(initial(moment=day(2028, 12)), day(2028, 7))


def forged_first_signature() -> bytes:
    leaf = SHA256.of(DATA)
    record = er.initial_record(((leaf,),), stamp(leaf, START, spoil_signature=True))
    return renewed(record, day(2028, 7))


def forged_renewal() -> bytes:
    return renewed(initial(), day(2028, 7), spoil_signature=True)


def future_renewal() -> bytes:
    return renewed(initial(), day(2033))


def truncated() -> bytes:
    return story()[-1][:-1]


ATTACKS: dict[Callable[[], bytes], str] = {
    reordered_chains: "record.object-not-covered",
    reordered_stamps: "record.object-not-covered",
    left_out_stamp: "record.renewal-not-covered",
    left_out_chain: "record.tree-not-covered",
    changed_digest_in_a_chain: "record.chain-digest",
    unlisted_digest: "record.digest-unlisted",
    other_digest_than_the_token: "record.token-digest",
    swapped_token: "record.imprint",
    missing_list: "record.imprint",
    first_list_of_a_neighbour: "record.object-not-covered",
    renewal_of_another_record: "record.renewal-not-covered",
    rebuilt_for_another_object: "record.tree-not-covered",
    renewal_by_an_earlier_time: "record.time-order",
    forged_first_signature: "cms.signature",
    forged_renewal: "cms.signature",
    truncated: "der.truncated",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_is_proved(attack: Callable[[], bytes]) -> None:
    record = attack()
    report = verify_record(record, given(), trust(day(2030)))
    assert report.verdict is Verdict.FAILED
    assert ATTACKS[attack] in reasons(report)
    assert "existed_not_later_than" not in report.facts
    with pytest.raises((Refused, FormatError)):
        check_record(record, given(), trust(day(2030)))


def test_a_renewal_of_a_time_to_come_proves_nothing_yet() -> None:
    report = verify_record(future_renewal(), given(), trust(day(2030)))
    assert report.verdict is Verdict.INDETERMINATE
    assert "timestamp.in-the-future" in reasons(report)
    assert "existed_not_later_than" not in report.facts


def test_an_unknown_authority_proves_nothing() -> None:
    stranger = issue("Stranger", purposes=TIMESTAMPS, start=day(2026), end=day(2040))
    for record in (initial(signer=stranger), renewed(initial(), day(2028, 7), stranger)):
        report = verify_record(record, given(), trust(day(2030)))
        assert report.verdict is Verdict.INDETERMINATE
        assert "chain.unknown-root" in reasons(report)


def test_a_renewal_nobody_trusts_covers_nothing() -> None:
    """A's token has expired; that a stranger stamped it in time is the stranger's word."""
    stranger = issue("Stranger", purposes=TIMESTAMPS, start=day(2026), end=day(2040))
    record = renewed(renewed(initial(), day(2028, 7), stranger), day(2030))
    report = verify_record(record, given(), trust(day(2031)))
    assert verdicts(report)["5.1"] == (Verdict.INDETERMINATE, "timestamp.certificate-expired")
    assert report.verdict is Verdict.INDETERMINATE


@examples(st.data())
def test_a_damaged_record_never_passes_with_other_facts(data: st.DataObject) -> None:
    record = bytearray(_STORY)
    place = data.draw(st.integers(0, len(record) - 1))
    record[place] ^= data.draw(st.integers(1, 255))
    report = verify_record(bytes(record), given(), trust(day(2035)))
    assert report.verdict is not Verdict.PASSED or report.facts == _FACTS


@examples(st.binary(max_size=200))
def test_random_bytes_are_no_record(data: bytes) -> None:
    assert verify_record(data, given(), trust(day(2035))).verdict is not Verdict.PASSED
    with pytest.raises(EvidenceError):
        check_record(data, given(), trust(day(2035)))


@examples(st.lists(st.sampled_from(["stamp", "together", "sha512", "sha3"]), max_size=6))
def test_any_row_of_renewals_in_time_passes(moves: list[str]) -> None:
    record, other = initial(), initial(b"other")
    moment = day(2028, 7)
    for move in moves:
        moment += timedelta(days=30)
        if move == "stamp":
            record, other = renewed(record, moment), renewed(other, moment)
        elif move == "together":
            record, other = _together(record, other, moment)
        else:
            digest = SHA512 if move == "sha512" else SHA3
            record, other = rebuilt([record, other], [DATA, b"other"], moment, B, digest)
    last = trust(B.certificate.not_valid_after_utc if moves else day(2029))
    assert verify_record(record, given(), last).verdict is Verdict.PASSED
    assert verify_record(other, given(b"other"), last).verdict is Verdict.PASSED
    assert verify_record(other, given(), last).verdict is Verdict.FAILED


def _together(record: bytes, other: bytes, moment: datetime) -> list[bytes]:
    return renewed_together([record, other], moment)


# Other producers' records


def embedded_roots(data: bytes) -> tuple[bytes, ...]:
    """The self-signed X.509 certificates in the tokens: what a checker would have by other ways."""
    found = set()
    for chain in er.parse(data).chains:
        for one in chain.stamps:
            try:
                certificates = read_token(one.token).signed.certificates
            except Undecided:
                continue
            parsed = map(parse_certificate, certificates)
            found |= {each.raw for each in parsed if each.subject == each.issuer}
    return tuple(found)


def judged(
    folder: Path, name: str, at: datetime, objects: list[RecordedObject] | None = None
) -> Report:
    data = (folder / "rfc4998" / name).read_bytes()
    if objects is None:
        objects = given(CORPUS_OBJECTS[name](folder / "rfc4998"))
    roots = () if "malformed" in name else embedded_roots(data)
    return verify_record(data, objects, RecordTrust(roots, at))


NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("BIN-1_ER.ers", datetime(2020, 1, 1, tzinfo=UTC)),
        ("er-asn1-simple.ers", datetime(2024, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_foreign_record_passes_while_its_authority_is_valid(
    corpus: Path, name: str, at: datetime
) -> None:
    report = judged(corpus, name, at)
    assert report.verdict is Verdict.PASSED, reasons(report)
    expired = judged(corpus, name, NOW)
    assert reasons(expired) == {"timestamp.certificate-expired"}


def test_a_foreign_renewed_record_of_two_objects_passes(corpus: Path) -> None:
    report = judged(corpus, "er-asn1-tst-renewal.ers", NOW, TWO)
    assert report.verdict is Verdict.PASSED
    assert report.facts["whole_group"] is True


@pytest.mark.parametrize(
    ("name", "objects", "reason"),
    [
        ("er-asn1-simple-invalid.ers", None, "record.object-not-covered"),
        ("BIN-1_ER_malformed.ers", None, "der.unexpected-tag"),
        ("er-asn1-tst-renewal-invalid.ers", TWO, "record.renewal-not-covered"),
    ],
)
def test_a_foreign_invalid_record_fails(
    corpus: Path, name: str, objects: list[RecordedObject] | None, reason: str
) -> None:
    report = judged(corpus, name, NOW, objects)
    assert (report.verdict, reasons(report)) == (Verdict.FAILED, {reason})


@pytest.mark.parametrize("name", ["1_0_Initial.er", "1_1_Renew_Unsorted.er"])
def test_a_foreign_record_by_sha224_is_read_but_too_weak(corpus: Path, name: str) -> None:
    report = judged(corpus, name, datetime(2024, 1, 1, tzinfo=UTC))
    hashes = [verdicts(report)[number][0] for number in "1234"]
    assert hashes == [Verdict.PASSED] * 4
    assert verdicts(report)["5.1"] == (Verdict.INDETERMINATE, "algorithm.weak-digest")
    assert report.verdict is Verdict.INDETERMINATE


def test_a_foreign_record_of_three_chains(corpus: Path) -> None:
    """The hashes are right. Its third chain came a year after the second's authority expired, and
    the root of the third's authority is not in it.
    """
    name = "er-asn1-full-renewal-two-ats-chain.ers"
    report = judged(corpus, name, NOW)
    hashes = [verdicts(report)[number][0] for number in "1234"]
    assert hashes == [Verdict.PASSED] * 4
    assert report.verdict is Verdict.INDETERMINATE
    assert reasons(report) == {"timestamp.certificate-expired", "chain.unknown-root"}


def test_the_first_two_chains_of_it_pass(corpus: Path) -> None:
    data = (corpus / "rfc4998" / "er-asn1-full-renewal-two-ats-chain.ers").read_bytes()
    two = with_chains(data, *(chain.raw for chain in er.parse(data).chains[:2]))
    then = RecordTrust(embedded_roots(data), datetime(2022, 9, 1, tzinfo=UTC))
    report = verify_record(two, given(b"\x03"), then)
    assert report.verdict is Verdict.PASSED, reasons(report)
    assert verify_record(two, given(b"\x04"), then).verdict is Verdict.FAILED


_STORY = story()[-1]
_FACTS = verify_record(_STORY, given(), trust(day(2035))).facts
