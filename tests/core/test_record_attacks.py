"""Evidence records under attack: each is refused for its own reason, and no damage passes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import evidence_record as er
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.record_verification import check_record, verify_record
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import EvidenceError, FormatError, Refused
from tests.record_factory import (
    DATA,
    NEIGHBOURS,
    SHA3,
    SHA256,
    SHA512,
    START,
    B,
    day,
    given,
    initial,
    reasons,
    rebuilt,
    renewed,
    stamp,
    story,
    trust,
    verdicts,
    with_chains,
)
from tests.x509_factory import TIMESTAMPS, issue


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


STORY = story()[-1]
FACTS = verify_record(STORY, given(), trust(day(2035))).facts


@examples(st.data())
def test_a_damaged_record_never_passes_with_other_facts(data: st.DataObject) -> None:
    record = bytearray(STORY)
    place = data.draw(st.integers(0, len(record) - 1))
    record[place] ^= data.draw(st.integers(1, 255))
    report = verify_record(bytes(record), given(), trust(day(2035)))
    assert report.verdict is not Verdict.PASSED or report.facts == FACTS


@examples(st.binary(max_size=200))
def test_random_bytes_are_no_record(data: bytes) -> None:
    assert verify_record(data, given(), trust(day(2035))).verdict is not Verdict.PASSED
    with pytest.raises(EvidenceError):
        check_record(data, given(), trust(day(2035)))
