"""Tile paths and entry bundles: the specification's examples, round trips, hostile forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.tile import (
    LARGEST_INDEX,
    TilePath,
    encode_bundle,
    full_tiles,
    level_paths,
    parse_bundle,
    partial_width,
)
from evidence_ledger.errors import FormatError, UsageError

PATHS = st.builds(
    TilePath,
    st.none() | st.integers(0, 63),
    st.one_of(st.integers(0, 2000), st.integers(0, LARGEST_INDEX)),
    st.integers(1, 256),
)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (TilePath(0, 1234067), "tile/0/x001/x234/067"),
        (TilePath(0, 0, 1), "tile/0/000.p/1"),
        (TilePath(63, 999, 255), "tile/63/999.p/255"),
        (TilePath(None, 1000), "tile/entries/x001/000"),
        (TilePath(1, 273, 112), "tile/1/273.p/112"),
    ],
)
def test_known_paths(path: TilePath, text: str) -> None:
    assert path.encode() == text
    assert TilePath.parse(text) == path


@given(PATHS)
def test_what_is_written_is_read(path: TilePath) -> None:
    assert TilePath.parse(path.encode()) == path


@given(PATHS, st.data())
def test_what_is_read_has_no_other_form(path: TilePath, data: st.DataObject) -> None:
    text = path.encode()
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.sampled_from("0129x/.p-e")) + text[at + 1 :]
    try:
        found = TilePath.parse(changed)
    except FormatError:
        return
    assert found.encode() == changed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "checkpoint",
        "/tile/0/000",
        "tile/0/000/",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/0",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/../000",
        "tile/0/٠٠٠",
        "tile/0/000\n",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/Entries/000",
    ],
)
def test_refuses_any_other_path(text: str) -> None:
    with pytest.raises(FormatError):
        TilePath.parse(text)


@pytest.mark.parametrize("path", [TilePath(0, -1), TilePath(64, 0), TilePath(0, 0, 0)])
def test_an_impossible_tile_has_no_path(path: TilePath) -> None:
    with pytest.raises(UsageError):
        path.encode()


def test_the_specifications_tree_of_70000() -> None:
    assert (full_tiles(0, 70000), partial_width(0, 70000)) == (273, 112)
    assert (full_tiles(1, 70000), partial_width(1, 70000)) == (1, 17)
    assert (full_tiles(2, 70000), partial_width(2, 70000)) == (0, 1)
    assert list(level_paths(2, 70000)) == [TilePath(2, 0, 1)]
    assert list(level_paths(1, 256)) == [TilePath(1, 0, 1)]
    assert [path.width for path in level_paths(None, 257)] == [256, 1]
    assert list(level_paths(0, 0)) == []


@given(st.integers(0, 70000), st.integers(0, 3))
def test_tiles_hold_each_hash_once(size: int, level: int) -> None:
    assert sum(path.width for path in level_paths(level, size)) == size >> 8 * level


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_is_read_as_written(entries: list[bytes]) -> None:
    assert parse_bundle(encode_bundle(entries), len(entries)) == entries


def test_the_longest_entry() -> None:
    assert parse_bundle(encode_bundle([bytes(65535)]), 1) == [bytes(65535)]
    with pytest.raises(UsageError):
        encode_bundle([bytes(65536)])
    with pytest.raises(UsageError):
        encode_bundle([])
    with pytest.raises(UsageError):
        encode_bundle([b""] * 257)


@pytest.mark.parametrize(
    ("data", "width", "code"),
    [
        (b"", 1, "tile.bundle-short"),
        (b"\x00", 1, "tile.bundle-short"),
        (b"\x00\x02a", 1, "tile.bundle-short"),
        (b"\x00\x01a", 2, "tile.bundle-short"),
        (b"\x00\x01a\x00", 1, "tile.bundle-long"),
        (b"\x00\x01a\x00\x01b", 1, "tile.bundle-long"),
    ],
)
def test_refuses_any_other_bundle(data: bytes, width: int, code: str) -> None:
    with pytest.raises(FormatError) as refused:
        parse_bundle(data, width)
    assert refused.value.reason == code
