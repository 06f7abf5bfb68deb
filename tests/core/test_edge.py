"""The right edge against the plain tree."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.edge import Edge, FullTile, full_tile, partial_widths
from evidence_ledger.core.merkle import EMPTY_ROOT, root_hash
from evidence_ledger.errors import UsageError

LEAVES = [hashlib.sha256(b"%d" % number).digest() for number in range(70_000)]
SIZES = st.integers(0, 3000)


def edge_of(size: int) -> Edge:
    edge = Edge()
    edge.push_many(LEAVES[:size])
    return edge


def test_an_empty_edge_has_the_empty_root() -> None:
    assert (Edge().size, Edge().root(), Edge().partial_hashes()) == (0, EMPTY_ROOT, [])


@given(SIZES)
def test_the_root_is_that_of_the_plain_tree(size: int) -> None:
    assert edge_of(size).root() == root_hash(LEAVES[:size])


@pytest.mark.parametrize("size", [255, 256, 257, 65_535, 65_536, 65_537, 65_536 + 256])
def test_the_root_is_right_where_tiles_become_full(size: int) -> None:
    edge = edge_of(size)
    assert edge.root() == root_hash(LEAVES[:size])
    assert Edge.rebuild(size, edge.partial_hashes()).root() == edge.root()


@given(st.lists(st.integers(0, 600), max_size=8))
def test_leaves_in_any_batches_give_the_same_tiles_and_edge(batches: list[int]) -> None:
    edge, single, done = Edge(), Edge(), 0
    for count in batches:
        fresh = LEAVES[done : done + count]
        assert edge.push_many(fresh) == [tile for leaf in fresh for tile in single.push(leaf)]
        done += count
    assert (edge.size, edge.root()) == (done, root_hash(LEAVES[:done]))
    assert edge.partial_hashes() == single.partial_hashes()


def test_tiles_cascade_over_two_levels_with_one_leaf() -> None:
    full = edge_of(65_535).push(LEAVES[65_535])
    assert [(tile.level, tile.index) for tile in full] == [(0, 255), (1, 0)]
    assert full[0].hashes == b"".join(LEAVES[65_280:65_536])
    assert full[1].hashes[-32:] == full[0].root
    assert full[1].root == root_hash(LEAVES[:65_536])


@given(st.integers(0, 8), st.data())
def test_a_node_of_a_tile_is_the_root_over_its_leaves(height: int, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, (256 >> height) - 1))
    tile = full_tile(0, 0, b"".join(LEAVES[:256]))
    first = position << height
    assert tile.node(height, position) == root_hash(LEAVES[first : first + (1 << height)])


def test_a_tile_computed_at_once_is_the_tile_that_grew() -> None:
    assert Edge().push_many(LEAVES[:256]) == [full_tile(0, 0, b"".join(LEAVES[:256]))]


@given(SIZES, st.data())
def test_every_node_on_the_edge_is_the_root_over_its_leaves(size: int, data: st.DataObject) -> None:
    height = data.draw(st.integers(0, 11))
    level, within = divmod(height, 8)
    index = data.draw(st.integers(0, 20)) + (size >> (8 * (level + 1)) << (8 - within))
    edge, first, stop = edge_of(size), index << height, (index + 1) << height
    if stop <= size:
        assert edge.node(height, index) == root_hash(LEAVES[first:stop])
    else:
        with pytest.raises(UsageError):
            edge.node(height, index)


def test_a_node_inside_a_full_tile_is_not_on_the_edge() -> None:
    with pytest.raises(UsageError, match="not on the tree's edge"):
        edge_of(300).node(3, 0)


def test_a_tile_has_no_node_outside_itself() -> None:
    tile = full_tile(0, 0, bytes(8192))
    for height, position in [(9, 0), (-1, 0), (8, 1), (0, 256), (0, -1)]:
        with pytest.raises(UsageError):
            tile.node(height, position)


def test_a_tile_of_another_size_is_refused() -> None:
    with pytest.raises(UsageError, match="8192"):
        full_tile(0, 0, bytes(8191))


@given(st.integers(1, 2000), st.binary(min_size=1, max_size=33))
def test_an_edge_is_not_rebuilt_from_other_widths(size: int, surplus: bytes) -> None:
    rows = edge_of(size).partial_hashes()
    rows[-1] += surplus
    with pytest.raises(UsageError, match="not the edge of a tree"):
        Edge.rebuild(size, rows)


def test_a_copy_grows_alone() -> None:
    edge = edge_of(300)
    edge.copy().push(LEAVES[300])
    assert (edge.size, edge.root()) == (300, root_hash(LEAVES[:300]))


@given(st.integers(0, 2**40))
def test_partial_widths_add_up_to_the_size(size: int) -> None:
    widths = partial_widths(size)
    assert sum(width << (8 * level) for level, width in enumerate(widths)) == size


def test_full_tiles_compare_by_value() -> None:
    assert full_tile(0, 1, bytes(8192)) != full_tile(0, 2, bytes(8192))
    assert isinstance(full_tile(0, 1, bytes(8192)), FullTile)
