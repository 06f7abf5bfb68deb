"""Records put together from parts are those that renewing finished records gives."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_ledger.core import evidence_record
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.evidence_record import encode_stamp
from evidence_ledger.core.record_draft import RecordDraft
from evidence_ledger.core.record_renewal import add_chain, add_timestamp, timestamp_leaf, tree_leaf
from evidence_ledger.core.record_tree import RecordTree
from tests.record_factory import DATA, NEIGHBOURS, SHA256, START, A, B, day, stamp

RENEWALS = st.lists(st.sampled_from(["timestamp", "sha512", "sha3_256", "sha256"]), max_size=4)


@settings(max_examples=15, deadline=None)
@given(RENEWALS, st.integers(0, 4))
def test_a_draft_is_the_renewed_record(renewals: list[str], place: int) -> None:
    leaves = [*NEIGHBOURS]
    leaves.insert(place, hashlib.sha256(DATA).digest())
    tree = RecordTree(leaves)
    first = stamp(tree.root, START, A)
    draft = RecordDraft(tree.plain_path(place), first)
    record = evidence_record.initial_record(tree.plain_path(place), first)
    for name in renewals:
        record = _renewed(draft, record, name)
    assert draft.encode() == record


def _renewed(draft: RecordDraft, record: bytes, name: str) -> bytes:
    """Renew both; the record, which checks what it is given."""
    parsed = evidence_record.parse(record)
    if name == "timestamp":
        digest = parsed.chains[-1].stamps[0].digest.known
        top = RecordTree([timestamp_leaf(parsed), bytes(digest.size)], digest)
        token = stamp(top.root, day(2028), B, digest)
        draft.add_timestamp(encode_stamp(digest, top.plain_path(0), token))
        return add_timestamp(record, token, top.plain_path(0))
    digest = DIGESTS[name]
    leaf = draft.leaf(digest.of(DATA), digest)
    assert leaf == tree_leaf(parsed, digest.of(DATA), digest)
    top = RecordTree([leaf, bytes(digest.size)], digest)
    token = stamp(top.root, day(2028), B, digest)
    draft.add_chain(digest, encode_stamp(digest, top.plain_path(0), token))
    return add_chain(record, digest.of(DATA), digest, token, top.plain_path(0))


def test_a_digest_is_listed_once() -> None:
    tree = RecordTree([SHA256.of(DATA), *NEIGHBOURS])
    draft = RecordDraft(tree.plain_path(0), stamp(tree.root, START, A))
    record = draft.encode()
    for _ in range(2):
        record = _renewed(draft, record, "sha512")
    digests = evidence_record.parse(draft.encode()).digests
    assert [one.name for one in digests] == ["sha256", "sha512"]
