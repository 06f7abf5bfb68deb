"""Dockets: one form, every other refused."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.docket import LARGEST, Docket, ListedEntry, parse
from evidence_ledger.core.matter import LENGTH, NextMark
from evidence_ledger.core.roll import Enrolled, RollPath
from evidence_ledger.errors import FormatError, NewerFormat
from tests.core.test_entry import ENTRIES
from tests.golden import vectors

HASHES = st.binary(min_size=32, max_size=32)
MANY = st.lists(HASHES, max_size=4).map(tuple)
LISTED = st.builds(ListedEntry, ENTRIES.map(lambda one: one.encode()), MANY, MANY)
ENDS = st.builds(RollPath, MANY, st.none() | st.builds(Enrolled, HASHES, st.integers(0, 2**53 - 1)))


@st.composite
def dockets(draw: st.DrawFn) -> Docket:
    entries = draw(st.lists(LISTED, min_size=1, max_size=3).map(tuple))
    following = NextMark(len(entries), draw(HASHES), draw(HASHES))
    return Docket(following, draw(ENDS), entries)


def test_the_golden_docket() -> None:
    assert vectors.DOCKET.encode() == vectors.read("docket.jsonl")
    assert parse(vectors.read("docket.jsonl")) == vectors.DOCKET


@given(dockets())
def test_a_docket_comes_back_from_its_bytes(docket: Docket) -> None:
    data = docket.encode()
    assert parse(data) == docket
    for line in data.splitlines():
        assert rfc8785.dumps(json.loads(line)) == line


@given(dockets(), st.data())
def test_another_byte_anywhere_is_another_docket_or_none(
    docket: Docket, draw: st.DataObject
) -> None:
    data = bytearray(docket.encode())
    data[draw.draw(st.integers(0, len(data) - 1))] ^= draw.draw(st.integers(1, 255))
    try:
        found = parse(bytes(data))
    except FormatError:
        return
    assert found != docket
    assert found.encode() == bytes(data)


def changed(line: int, change: Callable[[dict[str, Any]], object]) -> bytes:
    lines = vectors.read("docket.jsonl").splitlines()
    members = json.loads(lines[line])
    change(members)
    lines[line] = rfc8785.dumps(members)
    return b"".join(one + b"\n" for one in lines)


HEX = "00" * 32
CASES: list[tuple[str, int, Callable[[dict[str, Any]], object]]] = [
    ("docket.newer", 0, lambda m: m.update(v=2)),
    ("docket.newer", 0, lambda m: m.update(v=2, more=1)),
    ("docket.version", 0, lambda m: m.update(v=0)),
    ("docket.version", 0, lambda m: m.update(v=True)),
    ("docket.version", 0, lambda m: m.update(v="1")),
    ("docket.members", 0, lambda m: m.pop("link")),
    ("docket.members", 0, lambda m: m.update(more=1)),
    ("docket.members", 0, lambda m: m.update(end=[])),
    ("docket.members", 0, lambda m: m["end"].pop("other")),
    ("docket.members", 0, lambda m: m["end"].update(other={})),
    ("docket.count", 0, lambda m: m.update(count=0)),
    ("docket.count", 0, lambda m: m.update(count=1)),
    ("docket.count", 0, lambda m: m.update(count=True)),
    ("docket.count", 0, lambda m: m.update(count=LENGTH + 1)),
    ("docket.index", 0, lambda m: m["end"].update(other={"index": -1, "key": HEX})),
    ("docket.index", 0, lambda m: m["end"].update(other={"index": True, "key": HEX})),
    ("hex.malformed", 0, lambda m: m["end"].update(other={"index": 1, "key": HEX[1:]})),
    ("hex.malformed", 0, lambda m: m["end"].update(path=[HEX.upper() + "A"])),
    ("docket.hashes", 0, lambda m: m["end"].update(path=[HEX] * 257)),
    ("docket.hashes", 0, lambda m: m["end"].update(path={})),
    ("base64.malformed", 0, lambda m: m.update(link=1)),
    ("matter.link", 0, lambda m: m.update(link="AAAA")),
    ("hex.malformed", 0, lambda m: m.update(next="AAAA")),
    ("docket.members", 1, lambda m: m.pop("roll")),
    ("docket.members", 1, lambda m: m.update(more=1)),
    ("docket.hashes", 1, lambda m: m.update(inclusion=[HEX] * 65)),
    ("docket.hashes", 1, lambda m: m.update(roll=[HEX] * 257)),
    ("docket.hashes", 1, lambda m: m.update(roll=None)),
    ("hex.malformed", 2, lambda m: m.update(roll=[None])),
]


@pytest.mark.parametrize(("reason", "line", "change"), CASES)
def test_every_other_docket_is_refused(
    reason: str, line: int, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(FormatError) as caught:
        parse(changed(line, change))
    assert caught.value.reason == reason
    assert isinstance(caught.value, NewerFormat) is reason.endswith("newer")


def test_a_docket_of_nothing_but_newlines_takes_no_memory() -> None:
    data = b"\n" * (8 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError) as caught:
            parse(data)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert caught.value.reason == "docket.count"


GOLDEN = vectors.read("docket.jsonl")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(GOLDEN[:-1], id="last line without its end"),
        pytest.param(GOLDEN + b"\n", id="empty line"),
        pytest.param(GOLDEN.replace(b"\n", b"\r\n"), id="other line ends"),
        pytest.param(GOLDEN.splitlines(keepends=True)[0], id="no entries"),
        pytest.param(GOLDEN + GOLDEN.splitlines(keepends=True)[1], id="one entry too many"),
        pytest.param(b" " * (LARGEST + 1), id="too large"),
        pytest.param(b"[" * 1000 + b"\n", id="nested"),
        pytest.param(b" " + GOLDEN, id="leading space"),
        pytest.param(b"x" * (33 * 1024) + b"\n", id="a long line"),
    ],
)
def test_any_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        parse(data)
    assert not isinstance(caught.value, NewerFormat)


def test_the_link_is_not_shown() -> None:
    assert str(vectors.DOCKET.following.link) not in repr(vectors.DOCKET)
