"""The quick look at plain claims finds what the careful reading finds, and refuses what it does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import admission
from evidence_ledger.core.chain import IndexedDigest
from evidence_ledger.core.claim import Claim, FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.errors import EvidenceError

names = st.one_of(st.text(min_size=1, max_size=12).map(str.encode), st.binary(min_size=1))


def fact(name: bytes, *, sm3: bool) -> FileFact:
    """What a deposit claims of a file."""
    digests = {Algorithm.SHA256: hashlib.sha256(name).digest()}
    if sm3:
        digests[Algorithm.SM3] = hashlib.sha256(name[::-1]).digest()
    return FileFact(name, Fingerprint(digests, len(name)))


def carefully(claims: Sequence[bytes]) -> tuple[list[IndexedDigest], list[bytes]]:
    """By the full parser alone."""
    files = list(admission.files_of(claims))
    leaves = [admission.record_leaf(claim, one) for _, claim, one in files]
    return list(admission.indexed(claims)), leaves


@given(st.lists(st.tuples(names, st.booleans()), max_size=6), st.booleans())
def test_both_ways_find_the_same(files: list[tuple[bytes, bool]], further: bool) -> None:
    claims = [
        Claim(f"file/{number}", bytes([number]) * 32, fact(name, sm3=sm3).to_json()).encode()
        for number, (name, sm3) in enumerate(files)
    ]
    if further:
        claims.append(Claim("matter/case_number", bytes(32), "1").encode())
    assert admission._filed(claims) == carefully(claims)


@given(st.permutations(range(4)), st.integers(0, 4))
def test_both_ways_refuse_the_same_order(order: list[int], repeated: int) -> None:
    paths = ["file/0", "file/1", "file/2", "matter/purpose"]
    chosen = [paths[at] for at in order] + paths[:repeated]
    claims = [Claim(path, bytes(32), fact(b"a", sm3=False).to_json()).encode() for path in chosen]
    assert outcome(admission._filed, claims) == outcome(carefully, claims)


def outcome(way: Callable[[Sequence[bytes]], object], claims: Sequence[bytes]) -> object:
    """What is found, or the reason of the refusal."""
    try:
        return way(claims)
    except EvidenceError as error:
        return error.reason
