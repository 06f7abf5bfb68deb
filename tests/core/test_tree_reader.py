"""Proofs from tiles and edge against proofs from all leaves."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import merkle
from evidence_ledger.core.edge import Edge, FullTile
from evidence_ledger.core.tree_reader import TreeReader
from evidence_ledger.errors import LedgerCorrupt, UsageError

SIZE = 66_000
LEAVES = [hashlib.sha256(b"%d" % number).digest() for number in range(SIZE)]
EDGE = Edge()
TILES = {(tile.level, tile.index): tile for tile in EDGE.push_many(LEAVES)}


def tile_of(level: int, index: int) -> FullTile | None:
    return TILES.get((level, index))


READER = TreeReader(tile_of, EDGE)


@given(st.integers(0, 5000))
def test_the_root_of_any_earlier_size(size: int) -> None:
    assert READER.root(size) == merkle.root_hash(LEAVES[:size])


@pytest.mark.parametrize("size", [0, 1, 256, 65_535, 65_536, 65_537, SIZE])
def test_the_root_where_levels_begin(size: int) -> None:
    assert READER.root(size) == merkle.root_hash(LEAVES[:size])


@given(st.integers(1, 3000), st.data())
def test_inclusion_proofs_are_those_from_all_leaves(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    assert READER.inclusion_proof(index, size) == merkle.inclusion_proof(LEAVES[:size], index)


@given(st.integers(1, 3000), st.data())
def test_consistency_proofs_are_those_from_all_leaves(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    assert READER.consistency_proof(old, size) == merkle.consistency_proof(LEAVES[:size], old)


@given(st.integers(0, SIZE - 1))
def test_proofs_at_the_present_size_verify(index: int) -> None:
    proof = READER.inclusion_proof(index, SIZE)
    merkle.verify_inclusion(LEAVES[index], index, SIZE, proof, EDGE.root())


def test_a_larger_size_than_the_tree_is_refused() -> None:
    for ask in (
        lambda: READER.root(SIZE + 1),
        lambda: READER.root(-1),
        lambda: READER.inclusion_proof(0, SIZE + 1),
        lambda: READER.inclusion_proof(10, 10),
        lambda: READER.consistency_proof(1, SIZE + 1),
        lambda: READER.consistency_proof(0, 10),
    ):
        with pytest.raises(UsageError):
            ask()


def test_a_missing_tile_is_named() -> None:
    reader = TreeReader(lambda _level, _index: None, EDGE)
    with pytest.raises(LedgerCorrupt, match="Tile 3 of level 0"):
        reader.inclusion_proof(800, SIZE)


def test_a_proof_reads_at_most_three_tiles_and_each_once() -> None:
    read: list[tuple[int, int]] = []

    def counted(level: int, index: int) -> FullTile | None:
        read.append((level, index))
        return tile_of(level, index)

    reader = TreeReader(counted, EDGE)
    reader.inclusion_proof(12_345, SIZE)
    reader.inclusion_proof(12_346, SIZE)
    assert len(read) == len(set(read)) <= 3


def test_many_proofs_keep_a_bounded_number_of_tiles() -> None:
    reader = TreeReader(tile_of, EDGE)
    for index in range(0, SIZE, 256):
        reader.inclusion_proof(index, SIZE)
    assert len(reader._kept) <= 64
