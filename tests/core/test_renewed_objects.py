"""Renewed objects kept in groups are found as in one list, and damage to a group is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.record_groups import PLACES
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.renewed_objects import BLOCK, RenewedObjects, kept_of_renewed
from evidence_ledger.errors import LedgerCorrupt, UsageError

SHA512 = DIGESTS["sha512"]
SPARSE = [0, 1, 5, BLOCK - 1, BLOCK, 7 * BLOCK + 3, 2**32 - 1]
Groups = dict[tuple[int, int], bytes]


def hashes_of(count: int) -> list[bytes]:
    return [SHA512.of(b"%d" % number) for number in range(count)]


def kept(objects: list[int]) -> tuple[Groups, list[bytes]]:
    hashes = hashes_of(len(objects))
    found = kept_of_renewed(objects, b"".join(hashes), SHA512)
    return {one[:2]: one.data for one in found}, hashes


def opened(groups: Groups, hashes: list[bytes]) -> RenewedObjects:
    root = RecordTree(hashes, SHA512).root
    return RenewedObjects(lambda *at: groups.get(at), 64 * len(hashes), root, SHA512)


@given(st.sets(st.integers(0, 2**32 - 1), min_size=1, max_size=40).map(sorted))
def test_every_object_is_found_where_it_is_in_the_list(objects: list[int]) -> None:
    found = opened(*kept(objects))
    assert [found.leaf_of(place) for place in objects] == list(range(len(objects)))
    others = {place + 1 for place in objects} - set(objects)
    assert {found.leaf_of(place) for place in others} <= {None}


def test_the_path_of_an_object_is_that_of_the_whole_tree() -> None:
    groups, hashes = kept(list(range(0, 2100, 3)))
    found, whole = opened(groups, hashes), RecordTree(hashes, SHA512)
    for place in (0, 3, 900, 2097):
        leaf = found.leaf_of(place)
        assert leaf == place // 3
        assert found.tree.plain_path(leaf) == whole.plain_path(leaf)


def test_an_object_takes_one_group_of_places_and_one_of_each_level() -> None:
    groups, hashes = kept(list(range(70_000)))
    read: list[tuple[int, int]] = []

    def get(level: int, number: int) -> bytes | None:
        read.append((level, number))
        return groups.get((level, number))

    root = RecordTree(hashes, SHA512).root
    found = RenewedObjects(get, 64 * 70_000, root, SHA512)
    leaf = found.leaf_of(40_000)
    assert leaf == 40_000
    found.tree.plain_path(leaf)
    assert sorted(read) == [(PLACES, 40_000 // BLOCK), (0, 156), (1, 0), (2, 0)]


def test_a_group_of_places_has_264_bytes() -> None:
    groups, _ = kept(SPARSE)
    places = {number: data for (level, number), data in groups.items() if level == PLACES}
    assert sorted(places) == [0, 1, 7, (2**32 - 1) // BLOCK]
    assert places[0][:8] + places[0][-1:] == bytes(8) + b"\x23"
    assert places[1] == (4).to_bytes(8) + bytes(255) + b"\x01"


@pytest.mark.parametrize("data", [b"", bytes(263), bytes(265)])
def test_places_of_another_size_are_damaged(data: bytes) -> None:
    groups, hashes = kept(SPARSE)
    groups[PLACES, 0] = data
    with pytest.raises(LedgerCorrupt):
        opened(groups, hashes).leaf_of(0)


def test_a_place_beyond_the_hashes_is_damage() -> None:
    groups, hashes = kept(SPARSE)
    groups[PLACES, 1] = (99).to_bytes(8) + groups[PLACES, 1][8:]
    with pytest.raises(LedgerCorrupt):
        opened(groups, hashes).leaf_of(BLOCK)


@pytest.mark.parametrize("at", range(len(SPARSE)))
def test_one_altered_hash_is_another_root(at: int) -> None:
    groups, hashes = kept(SPARSE)
    data = groups[0, 0]
    groups[0, 0] = data[: 64 * at] + bytes(64) + data[64 * at + 64 :]
    with pytest.raises(LedgerCorrupt, match="not the one that was timestamped"):
        opened(groups, hashes)


@pytest.mark.parametrize("size", [0, 63, 65])
def test_hashes_of_no_whole_number_are_damage(size: int) -> None:
    groups, hashes = kept([3])
    with pytest.raises(LedgerCorrupt):
        RenewedObjects(lambda *at: groups.get(at), size, hashes[0], SHA512)


@pytest.mark.parametrize(
    ("objects", "hashes"),
    [([0], b""), ([0, 1], bytes(64)), ([1, 0], bytes(128)), ([1, 1], bytes(128)), ([], b"")],
)
def test_objects_out_of_order_or_without_a_hash_are_refused(
    objects: list[int], hashes: bytes
) -> None:
    with pytest.raises(UsageError):
        list(kept_of_renewed(objects, hashes, SHA512))
