"""The Merkle tree: other people's cases, a naive tree of the RFC, and hostile proofs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import merkle
from evidence_ledger.errors import Refused, UsageError

LEAVES = [merkle.leaf_hash(b"%d" % n) for n in range(600)]
SIZES = st.integers(1, 600)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH as RFC 9162, section 2.1.1, writes it down."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = naive_root(leaves[:split]), naive_root(leaves[split:])
    return sha256(b"\x01" + left + right).digest()


def node(level: int, index: int) -> bytes:
    return naive_root(LEAVES[index << level : (index + 1) << level])


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _judge(case: dict[str, Any]) -> None:
    proof = [_bytes(one) for one in case["proof"] or []]
    if "leafIdx" in case:
        leaf, root = _bytes(case["leafHash"]), _bytes(case["root"])
        merkle.verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
    else:
        old, new = _bytes(case["root1"]), _bytes(case["root2"])
        merkle.verify_consistency(case["size1"], old, case["size2"], new, proof)


def test_accepts_exactly_the_good_ones_of_other_peoples_cases(corpus: Path) -> None:
    files = sorted((corpus / "merkle").rglob("*.json"))
    assert len(files) == 196
    for file in files:
        case = json.loads(file.read_text())
        try:
            _judge(case)
        except Refused:
            assert case["wantErr"], f"refused {file}"
        else:
            assert not case["wantErr"], f"accepted {file}"


def test_known_roots() -> None:
    assert merkle.root_hash([]) == merkle.EMPTY_ROOT == sha256(b"").digest()
    assert merkle.leaf_hash(b"") == sha256(b"\x00").digest()
    assert (
        merkle.node_hash(b"a" * 32, b"b" * 32) == sha256(b"\x01" + b"a" * 32 + b"b" * 32).digest()
    )


@given(st.integers(0, 600))
def test_root_is_that_of_the_rfc(size: int) -> None:
    assert merkle.root_hash(LEAVES[:size]) == naive_root(LEAVES[:size])


@given(SIZES, st.data())
def test_every_inclusion_proof_is_accepted_at_its_place_alone(size: int, data: Any) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    root = naive_root(LEAVES[:size])
    proof = merkle.inclusion_proof(LEAVES[:size], index)
    merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    if other != index:
        with pytest.raises(Refused):
            merkle.verify_inclusion(LEAVES[index], other, size, proof, root)


@given(SIZES, st.data())
def test_every_consistency_proof_is_accepted_for_its_sizes_alone(size: int, data: Any) -> None:
    old = data.draw(st.integers(1, size))
    root, old_root = naive_root(LEAVES[:size]), naive_root(LEAVES[:old])
    proof = merkle.consistency_proof(LEAVES[:size], old)
    merkle.verify_consistency(old, old_root, size, root, proof)
    for wrong_old, wrong_new in ((old_root[::-1], root), (old_root, root[::-1])):
        with pytest.raises(Refused):
            merkle.verify_consistency(old, wrong_old, size, wrong_new, proof)
    with pytest.raises(Refused):
        merkle.verify_consistency(old, old_root, size, root, [*proof, root])


@given(SIZES, st.data())
def test_any_bit_of_an_inclusion_proof_matters(size: int, data: Any) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = naive_root(LEAVES[:size])
    parts = [LEAVES[index], root, *merkle.inclusion_proof(LEAVES[:size], index)]
    which = data.draw(st.integers(0, len(parts) - 1))
    at, bit = data.draw(st.integers(0, 31)), data.draw(st.integers(0, 7))
    flipped = bytearray(parts[which])
    flipped[at] ^= 1 << bit
    parts[which] = bytes(flipped)
    with pytest.raises(Refused):
        merkle.verify_inclusion(parts[0], index, size, parts[2:], parts[1])


@given(SIZES, st.data())
def test_stored_nodes_fold_into_the_same_proofs(size: int, data: Any) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    included = [merkle.fold([node(*at) for at in nodes]) for nodes in _inclusion(index, size)]
    consistent = [merkle.fold([node(*at) for at in nodes]) for nodes in _consistency(old, size)]
    assert included == merkle.inclusion_proof(LEAVES[:size], index)
    assert consistent == merkle.consistency_proof(LEAVES[:size], old)
    assert merkle.fold([node(*at) for at in merkle.root_nodes(size)]) == naive_root(LEAVES[:size])


def _inclusion(index: int, size: int) -> list[list[merkle.Node]]:
    return merkle.inclusion_nodes(index, size)


def _consistency(old: int, size: int) -> list[list[merkle.Node]]:
    return merkle.consistency_nodes(old, size)


def test_the_largest_tree_has_proofs_of_64_hashes() -> None:
    size = merkle.LARGEST_SIZE
    assert len(merkle.inclusion_nodes(0, size)) == 64
    root = LEAVES[0]
    for sibling in LEAVES[1:65]:
        root = merkle.node_hash(root, sibling)
    merkle.verify_inclusion(LEAVES[0], 0, size, LEAVES[1:65], root)


ROOT = naive_root(LEAVES[:7])
PROOF = merkle.inclusion_proof(LEAVES[:7], 2)
GROWTH = merkle.consistency_proof(LEAVES[:7], 3)
OLD = naive_root(LEAVES[:3])

HOSTILE: dict[str, tuple[str, Callable[[], None]]] = {
    "a negative index": (
        "merkle.range",
        lambda: merkle.verify_inclusion(LEAVES[2], -1, 7, PROOF, ROOT),
    ),
    "an index that is the size": (
        "merkle.no-such-leaf",
        lambda: merkle.verify_inclusion(LEAVES[2], 7, 7, PROOF, ROOT),
    ),
    "an index above the size": (
        "merkle.range",
        lambda: merkle.verify_inclusion(LEAVES[2], 8, 7, PROOF, ROOT),
    ),
    "an entry of an empty tree": (
        "merkle.no-such-leaf",
        lambda: merkle.verify_inclusion(LEAVES[2], 0, 0, [], merkle.EMPTY_ROOT),
    ),
    "a size above 64 bits": (
        "merkle.range",
        lambda: merkle.verify_inclusion(LEAVES[2], 2, 2**64, PROOF, ROOT),
    ),
    "an index that is a boolean": (
        "merkle.not-an-integer",
        lambda: merkle.verify_inclusion(LEAVES[2], True, 7, PROOF, ROOT),
    ),
    "a proof with a hash too few": (
        "merkle.proof-length",
        lambda: merkle.verify_inclusion(LEAVES[2], 2, 7, PROOF[:-1], ROOT),
    ),
    "a proof with a hash too many": (
        "merkle.proof-length",
        lambda: merkle.verify_inclusion(LEAVES[2], 2, 7, [*PROOF, ROOT], ROOT),
    ),
    "hashes that only joined have the right length": (
        "merkle.hash-length",
        lambda: merkle.verify_inclusion(
            LEAVES[2], 2, 7, [PROOF[0] + PROOF[1][:1], PROOF[1][1:], PROOF[2]], ROOT
        ),
    ),
    "a leaf hash of 31 bytes": (
        "merkle.hash-length",
        lambda: merkle.verify_inclusion(LEAVES[2][1:], 2, 7, PROOF, ROOT),
    ),
    "an inner node passed off as a leaf": (
        "merkle.proof-length",
        lambda: merkle.verify_inclusion(
            merkle.node_hash(LEAVES[2], LEAVES[3]), 1, 7, PROOF[1:], ROOT
        ),
    ),
    "the wrong root": (
        "merkle.inclusion",
        lambda: merkle.verify_inclusion(LEAVES[2], 2, 7, PROOF, OLD),
    ),
    "consistency with the empty tree": (
        "merkle.empty-old-tree",
        lambda: merkle.verify_consistency(0, merkle.EMPTY_ROOT, 7, ROOT, []),
    ),
    "a tree that shrank": (
        "merkle.range",
        lambda: merkle.verify_consistency(7, ROOT, 3, OLD, GROWTH),
    ),
    "two histories of one size": (
        "merkle.two-roots",
        lambda: merkle.verify_consistency(7, ROOT, 7, OLD, []),
    ),
    "a proof between equal sizes": (
        "merkle.proof-length",
        lambda: merkle.verify_consistency(7, ROOT, 7, ROOT, GROWTH),
    ),
    "another old root": (
        "merkle.consistency-old",
        lambda: merkle.verify_consistency(3, ROOT, 7, ROOT, GROWTH),
    ),
    "another new root": (
        "merkle.consistency-new",
        lambda: merkle.verify_consistency(3, OLD, 7, OLD, GROWTH),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(name: str) -> None:
    code, verify = HOSTILE[name]
    with pytest.raises(Refused) as refused:
        verify()
    assert refused.value.reason == code


@pytest.mark.parametrize(
    "call",
    [
        lambda: merkle.inclusion_proof(LEAVES[:7], 7),
        lambda: merkle.inclusion_nodes(-1, 7),
        lambda: merkle.consistency_proof(LEAVES[:7], 0),
        lambda: merkle.consistency_nodes(8, 7),
        lambda: merkle.root_hash([b"short"]),
    ],
)
def test_provers_refuse_what_makes_no_sense(call: Callable[[], object]) -> None:
    with pytest.raises(UsageError):
        call()
