"""The hash tree of a seal, against a plain reading of RFC 4998, section 4."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.record_tree import (
    PartialLists,
    RecordTree,
    blinded,
    record_salt,
    tree_root,
)
from evidence_ledger.errors import UsageError

HASHES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def climbed(lists: PartialLists, value: bytes) -> bytes:
    """RFC 4998, section 4.3, steps 2 to 4, with a first list of one used as it is."""
    assert value in lists[0]
    if len(lists[0]) > 1:
        value = sha256(b"".join(sorted(lists[0])))
    for group in lists[1:]:
        value = sha256(b"".join(sorted([*group, value])))
    return value


def test_the_tree_drawn_in_the_documentation() -> None:
    a, b, c, d = (sha256(name) for name in (b"a", b"b", b"c", b"d"))
    ab = sha256(min(a, b) + max(a, b))
    cd = sha256(min(c, d) + max(c, d))
    assert tree_root([a, b, c, d]) == sha256(min(ab, cd) + max(ab, cd))


def test_an_odd_leaf_moves_up_as_it_is() -> None:
    a, b, c = sha256(b"a"), sha256(b"b"), sha256(b"c")
    ab = sha256(min(a, b) + max(a, b))
    assert tree_root([a, b, c]) == sha256(min(ab, c) + max(ab, c))
    assert RecordTree([a, b, c]).plain_path(2) == ((c,), (ab,))


def test_golden_root_and_salt() -> None:
    leaves = [sha256(bytes([number])) for number in range(5)]
    root = "7af4cf109a1d2ac853684988c706e4a70d9c4fe97042fb7000cadb3fa06fbf97"
    salt = "6bca541085d72c720cf680ef7045b42d5a0074d5cc8481b5ec5aabb4f16ecbcf"
    assert tree_root(leaves).hex() == root
    assert record_salt(bytes(32)).hex() == salt


def test_one_leaf_is_the_root() -> None:
    leaf = sha256(b"only")
    assert tree_root([leaf]) == leaf
    assert RecordTree([leaf]).plain_path(0) == ((leaf,),)


@given(HASHES, st.data())
def test_every_plain_path_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = RecordTree(leaves)
    assert climbed(tree.plain_path(index), leaves[index]) == tree.root


@given(HASHES, st.data())
def test_every_file_path_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    digest, salt = sha256(b"file"), record_salt(bytes(32))
    leaves[index] = blinded(digest, salt)
    tree = RecordTree(leaves)
    lists = tree.file_path(index, digest, salt)
    assert lists[:2] == ((digest,), (salt,))
    assert climbed(lists, digest) == tree.root


@given(HASHES, st.data())
def test_a_changed_leaf_changes_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    bit = data.draw(st.integers(0, 255))
    before = tree_root(leaves)
    number = int.from_bytes(leaves[index], "big") ^ 1 << bit
    leaves[index] = number.to_bytes(32, "big")
    assert tree_root(leaves) != before


def test_a_neighbours_path_does_not_show_a_files_digest() -> None:
    digest, salt = sha256(b"short secret"), record_salt(b"\x07" * 32)
    tree = RecordTree([sha256(b"neighbour"), blinded(digest, salt)])
    shown = b"".join(b"".join(group) for group in tree.plain_path(0))
    assert digest not in shown
    assert salt not in shown


@pytest.mark.parametrize("leaves", [[], [b"short"], [bytes(32), bytes(31)]])
def test_leaves_that_are_none_are_refused(leaves: list[bytes]) -> None:
    with pytest.raises(UsageError):
        RecordTree(leaves)


@pytest.mark.parametrize("index", [-1, 3])
def test_an_index_outside_is_refused(index: int) -> None:
    tree = RecordTree([bytes(32)] * 3)
    with pytest.raises(UsageError):
        tree.plain_path(index)
    with pytest.raises(UsageError):
        tree.file_path(index, bytes(32), bytes(32))


def test_a_salt_of_another_file_is_refused() -> None:
    tree = RecordTree([blinded(sha256(b"file"), bytes(32))])
    with pytest.raises(UsageError):
        tree.file_path(0, sha256(b"file"), b"\x01" * 32)
