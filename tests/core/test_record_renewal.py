"""Renewals: what is written leads where it must, and nothing that never verifies is written."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import evidence_record as er
from evidence_ledger.core.algorithm import Digest
from evidence_ledger.core.record_coverage import Kind, RecordedObject, covering_tokens
from evidence_ledger.core.record_renewal import (
    add_chain,
    add_timestamp,
    renewal_digest,
    timestamp_leaf,
    tree_leaf,
)
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.errors import FormatError, Refused, UsageError
from tests.record_factory import (
    DATA,
    SHA3,
    SHA256,
    SHA512,
    B,
    C,
    day,
    initial,
    rebuilt,
    renewed,
    renewed_together,
    stamp,
)


def kinds(record: bytes, data: bytes = DATA) -> list[tuple[Kind, str]]:
    tokens = covering_tokens(er.parse(record), [RecordedObject("object", data=data)])
    return [(token.kind, token.digest) for token in tokens]


def test_a_timestamp_renewal_is_over_the_token_before() -> None:
    first = er.parse(initial())
    assert timestamp_leaf(first) == hashlib.sha256(first.first.token).digest()
    record = renewed(initial(), day(2028, 7))
    assert kinds(record) == [(Kind.INITIAL, "sha256"), (Kind.TIMESTAMP_RENEWAL, "sha256")]
    assert er.parse(record).chains[0].stamps[1].lists is None


def test_a_hash_tree_renewal_is_over_the_object_and_all_chains() -> None:
    before = initial()
    chains = w.sequence(*(chain.raw for chain in er.parse(before).chains))
    joined = hashlib.sha512(DATA).digest() + hashlib.sha512(chains).digest()
    leaf = tree_leaf(er.parse(before), hashlib.sha512(DATA).digest(), SHA512)
    assert leaf == hashlib.sha512(joined).digest()
    assert before.endswith(chains)
    (record,) = rebuilt([before], [DATA], day(2028, 7))
    assert er.parse(record).chains[1].stamps[0].lists == ((leaf,),)
    assert [digest.name for digest in er.parse(record).digests] == ["sha256", "sha512"]
    assert renewal_digest(er.parse(record)) == SHA512


def test_a_long_life() -> None:
    record = renewed(renewed(initial(), day(2028, 7)), day(2033), B)
    (record,) = rebuilt([record], [DATA], day(2033, 7), C)
    record = renewed(record, day(2034), C)
    (record,) = rebuilt([record], [DATA], day(2035), C, SHA3)
    assert kinds(record) == [
        (Kind.INITIAL, "sha256"),
        (Kind.TIMESTAMP_RENEWAL, "sha256"),
        (Kind.TIMESTAMP_RENEWAL, "sha256"),
        (Kind.TREE_RENEWAL, "sha512"),
        (Kind.TIMESTAMP_RENEWAL, "sha512"),
        (Kind.TREE_RENEWAL, "sha3_256"),
    ]


def test_what_was_there_stays_byte_for_byte() -> None:
    before = renewed(initial(), day(2028, 7))
    (after,) = rebuilt([before], [DATA], day(2029))
    assert er.parse(after).chains[0].raw == er.parse(before).chains[0].raw
    attributes = w.implicit(0, w.sequence(w.sequence(w.oid("1.2.3"), w.set_of([w.null()]))))
    inside = er.parse(initial())
    marked = w.sequence(
        w.integer(1),
        w.sequence(w.sequence(w.oid(SHA256.oid), w.null())),
        attributes,
        w.sequence(inside.chains[0].raw),
    )
    kept = er.parse(renewed(marked, day(2028, 7)))
    assert kept.crypto_infos == attributes
    assert kept.first.raw == inside.first.raw


@examples(st.integers(1, 12), st.sampled_from([SHA256, SHA512, SHA3]))
def test_one_token_renews_many(count: int, digest: Digest) -> None:
    objects = [bytes([number]) for number in range(count)]
    records = renewed_together([initial(data) for data in objects], day(2028, 7))
    if digest is not SHA256:
        records = rebuilt(records, objects, day(2029), B, digest)
    for record, data in zip(records, objects, strict=True):
        assert kinds(record, data)[0] == (Kind.INITIAL, "sha256")
        with pytest.raises(Refused):
            kinds(record, b"another")


def test_a_renewal_shows_no_neighbours_object() -> None:
    records = rebuilt([initial(b"one"), initial(b"two")], [b"one", b"two"], day(2028, 7))
    for other in (hashlib.sha256(b"two").digest(), hashlib.sha512(b"two").digest()):
        assert other not in records[0]


def test_a_token_over_something_else_is_not_written() -> None:
    record = initial()
    for wrong in (bytes(32), hashlib.sha256(record).digest()):
        with pytest.raises(UsageError):
            add_timestamp(record, stamp(wrong, day(2028)))
        with pytest.raises(UsageError):
            add_chain(record, SHA512.of(DATA), SHA512, stamp(wrong, day(2028)))
        with pytest.raises(UsageError):
            add_chain(record, SHA3.of(DATA), SHA3, stamp(wrong, day(2028), B, SHA3))


def test_a_timestamp_renewal_keeps_the_digest() -> None:
    record = initial()
    leaf = SHA512.of(er.parse(record).first.token)
    with pytest.raises(UsageError):
        add_timestamp(record, stamp(leaf, day(2028), B, SHA512))


def test_lists_of_another_record_are_not_written() -> None:
    records = [er.parse(initial(data)) for data in (b"1", b"2")]
    tree = RecordTree([timestamp_leaf(record) for record in records])
    with pytest.raises(UsageError):
        add_timestamp(initial(b"1"), stamp(tree.root, day(2028), B), tree.plain_path(1))


def test_a_digest_of_another_size_is_not_written() -> None:
    with pytest.raises(UsageError):
        tree_leaf(er.parse(initial()), SHA256.of(DATA), SHA512)


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"no record"])
def test_what_is_no_record_is_not_renewed(data: bytes) -> None:
    with pytest.raises(FormatError):
        add_timestamp(data, stamp(bytes(32), day(2028)))
