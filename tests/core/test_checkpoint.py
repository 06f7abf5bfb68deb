"""Checkpoints: the one form, and everything else refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.merkle import EMPTY_ROOT
from evidence_ledger.errors import FormatError

GOOD = b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
WORDS = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), min_size=1, max_size=30
)
CHECKPOINTS = st.builds(
    Checkpoint,
    WORDS,
    st.integers(1, 2**64 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(WORDS, max_size=3).map(tuple),
)


def test_the_specifications_example() -> None:
    found = Checkpoint.parse(GOOD)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    assert found.root.hex().startswith("0ac5186a")
    assert found.extensions == ()
    assert found.encode() == GOOD


@given(CHECKPOINTS)
def test_what_is_written_is_read(checkpoint: Checkpoint) -> None:
    assert Checkpoint.parse(checkpoint.encode()) == checkpoint


@given(CHECKPOINTS, st.data())
def test_what_is_read_has_no_other_form(checkpoint: Checkpoint, data: st.DataObject) -> None:
    changed = bytearray(checkpoint.encode())
    at = data.draw(st.integers(0, len(changed) - 1))
    changed[at] = data.draw(st.integers(0, 255))
    try:
        found = Checkpoint.parse(bytes(changed))
    except FormatError:
        return
    assert found.encode() == bytes(changed)


def test_an_empty_log() -> None:
    empty = Checkpoint("example.com/log", 0, EMPTY_ROOT)
    assert Checkpoint.parse(empty.encode()) == empty


SIZE, ROOT = b"20852163", b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

HOSTILE = {
    "nothing": ("checkpoint.lines", b""),
    "two lines": ("checkpoint.lines", b"a\n1\n"),
    "no newline at the end": ("checkpoint.lines", GOOD[:-1]),
    "no origin": ("checkpoint.empty-line", GOOD.removeprefix(b"example.com/behind-the-sofa")),
    "an empty extension line": ("checkpoint.empty-line", GOOD + b"\n"),
    "a size with a leading zero": ("decimal.malformed", GOOD.replace(SIZE, b"020852163")),
    "a size with a sign": ("decimal.malformed", GOOD.replace(SIZE, b"+1")),
    "a size in Arabic digits": ("decimal.malformed", GOOD.replace(SIZE, "١".encode())),
    "a size with an underscore": ("decimal.malformed", GOOD.replace(SIZE, b"1_0")),
    "a size above 64 bits": ("decimal.malformed", GOOD.replace(SIZE, b"18446744073709551616")),
    "a root of 31 bytes": ("checkpoint.root-length", GOOD.replace(ROOT, b"A" * 40 + b"AA==")),
    "a root that is not base64": ("base64.malformed", GOOD.replace(ROOT, b"*" * 44)),
    "a root with unused bits set": ("base64.not-canonical", GOOD.replace(b"2I=", b"2J=")),
    "an empty tree with a root": ("checkpoint.empty-tree-root", GOOD.replace(SIZE, b"0")),
    "bytes that are not UTF-8": ("checkpoint.not-utf8", b"\xff" + GOOD),
    "an endless extension": ("checkpoint.too-large", GOOD + b"x" * 70000 + b"\n"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(name: str) -> None:
    code, data = HOSTILE[name]
    with pytest.raises(FormatError) as refused:
        Checkpoint.parse(data)
    assert refused.value.reason == code


def test_extension_lines_are_kept_or_refused() -> None:
    text = GOOD + b"more\n"
    assert Checkpoint.parse(text).extensions == ("more",)
    with pytest.raises(FormatError) as refused:
        Checkpoint.parse(text, extensions_allowed=False)
    assert refused.value.reason == "checkpoint.extension"


@pytest.mark.parametrize("origin", ["", "two\nlines"])
def test_an_impossible_origin_is_not_written(origin: str) -> None:
    with pytest.raises(FormatError):
        Checkpoint(origin, 1, bytes(32)).encode()
