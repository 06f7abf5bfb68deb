"""A tree kept in groups gives the paths of the whole tree, and refuses groups that are not its."""

from __future__ import annotations

import hashlib

import pytest

from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.record_groups import Group, GroupedTree, groups_of
from evidence_ledger.core.record_tree import RecordTree, blinded
from evidence_ledger.errors import LedgerCorrupt, UsageError

SIZES = (1, 2, 3, 255, 256, 257, 511, 512, 513, 1000, 65_536, 65_537, 66_049)


def leaves_of(count: int) -> list[bytes]:
    return [hashlib.sha256(b"%d" % number).digest() for number in range(count)]


def kept(leaves: list[bytes]) -> dict[tuple[int, int], bytes]:
    return {one[:2]: one.data for one in groups_of(leaves)}


@pytest.mark.parametrize("count", SIZES)
def test_every_path_is_that_of_the_whole_tree(count: int) -> None:
    leaves = leaves_of(count)
    whole, groups = RecordTree(leaves), kept(leaves)
    tree = GroupedTree(count, lambda level, number: groups.get((level, number)))
    assert tree.root == whole.root
    step = max(1, count // 300)
    for index in {*range(0, count, step), *range(max(0, count - 3), count)}:
        assert tree.leaf(index) == leaves[index]
        assert tree.plain_path(index) == whole.plain_path(index)


def test_a_files_path_is_that_of_the_whole_tree() -> None:
    leaves = leaves_of(600)
    leaves[300] = blinded(leaves[0], leaves[1])
    groups = kept(leaves)
    tree = GroupedTree(600, lambda level, number: groups.get((level, number)))
    assert tree.file_path(300, leaves[0], leaves[1]) == RecordTree(leaves).file_path(
        300, leaves[0], leaves[1]
    )
    with pytest.raises(UsageError):
        tree.file_path(301, leaves[0], leaves[1])


def test_a_path_takes_one_group_of_each_level() -> None:
    groups, read = kept(leaves_of(66_049)), []

    def get(level: int, number: int) -> bytes | None:
        read.append((level, number))
        return groups.get((level, number))

    GroupedTree(66_049, get).plain_path(40_000)
    assert sorted(read) == [(0, 156), (1, 0), (2, 0)]


@pytest.mark.parametrize("index", [-1, 600])
def test_there_is_no_leaf_outside(index: int) -> None:
    tree = GroupedTree(600, lambda *_: b"")
    with pytest.raises(UsageError, match="no leaf"):
        tree.siblings(index)


@pytest.mark.parametrize("place", [(0, 1), (1, 0)])
@pytest.mark.parametrize("damage", ["gone", "cut", "longer", "another", "half a hash"])
def test_a_damaged_group_gives_no_path(place: tuple[int, int], damage: str) -> None:
    groups = kept(leaves_of(600))
    old = groups[place]
    groups[place] = {
        "gone": b"",
        "cut": old[:-32],
        "longer": old + bytes(32),
        "another": old[:32] + bytes(32) + old[64:],
        "half a hash": old[:-16],
    }[damage]
    tree = GroupedTree(600, lambda level, number: groups.get((level, number)))
    with pytest.raises(LedgerCorrupt):
        tree.plain_path(300)


@pytest.mark.parametrize("name", ["sha512", "sha3_256"])
def test_another_digest_has_its_own_tree(name: str) -> None:
    digest = DIGESTS[name]
    leaves = [digest.of(b"%d" % number) for number in range(600)]
    groups = {one[:2]: one.data for one in groups_of(leaves, digest)}
    tree = GroupedTree(600, lambda level, number: groups.get((level, number)), digest)
    assert tree.plain_path(300) == RecordTree(leaves, digest).plain_path(300)


@pytest.mark.parametrize("count", [4, 600])
def test_a_neighbour_altered_in_the_highest_group_has_another_root(count: int) -> None:
    leaves = leaves_of(count)
    groups, root = kept(leaves), RecordTree(leaves).root
    highest = max(groups)
    GroupedTree(count, lambda level, number: groups.get((level, number))).require_root(root)
    groups[highest] = groups[highest][:-32] + bytes(32)
    tree = GroupedTree(count, lambda level, number: groups.get((level, number)))
    assert tree.plain_path(0), "the groups agree with one another"
    with pytest.raises(LedgerCorrupt):
        tree.require_root(root)


def test_no_leaves_make_no_groups() -> None:
    with pytest.raises(UsageError):
        list(groups_of([]))
    with pytest.raises(UsageError):
        list(groups_of([bytes(31)]))
    assert list(groups_of([bytes(32)])) == [Group(0, 0, bytes(32))]
