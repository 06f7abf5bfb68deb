"""Marks: derived downwards, bound to number and ledger, and saying nothing to others."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.matter import LENGTH, MatterKey, secret_key
from evidence_ledger.errors import FormatError
from tests.golden import vectors

KEYS = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(0, 300)


def test_the_golden_marks() -> None:
    top = secret_key(vectors.numbered(16))
    for line in vectors.read("marks.txt").decode().splitlines():
        number, key, mark = line.split("  ")
        one = top.earlier(int(number))
        assert (one.value.hex(), one.mark("local/3f9c1a7e").hex()) == (key, mark)


@given(KEYS, NUMBERS)
def test_a_mark_is_what_the_page_says(value: bytes, number: int) -> None:
    text = b"evidence-ledger/mark/v1\n" + number.to_bytes(8, "big") + b"local/7"
    expected = hmac.new(value, text, hashlib.sha256).digest()
    assert MatterKey(number, value).mark("local/7") == expected


@given(KEYS, NUMBERS, st.data())
def test_a_key_gives_all_earlier_ones(value: bytes, number: int, data: st.DataObject) -> None:
    middle = data.draw(st.integers(0, number))
    first = data.draw(st.integers(0, middle))
    key = MatterKey(number, value)
    assert key.earlier(middle).earlier(first) == key.earlier(first)
    assert key.marks("a")[: middle + 1] == key.earlier(middle).marks("a")
    assert key.marks("a")[middle] == key.earlier(middle).mark("a")


def test_a_key_gives_no_later_one() -> None:
    key = secret_key(bytes(32)).earlier(7)
    for number in (8, LENGTH, -1):
        with pytest.raises(FormatError) as caught:
            key.earlier(number)
        assert caught.value.reason == "matter.number"


def test_a_key_counts_from_its_own_number_alone() -> None:
    """A key passed off as that of an earlier entry, to hide those before, gives other marks."""
    key = secret_key(bytes(32)).earlier(3)
    shifted = MatterKey(2, key.value)
    assert not set(shifted.marks("a")) & set(key.marks("a"))


def test_two_ledgers_have_nothing_in_common() -> None:
    key = secret_key(bytes(32)).earlier(9)
    assert not set(key.marks("one")) & set(key.marks("two"))


@pytest.mark.parametrize(("number", "size"), [(-1, 32), (LENGTH + 1, 32), (0, 31), (0, 33)])
def test_no_other_keys(number: int, size: int) -> None:
    with pytest.raises(FormatError):
        MatterKey(number, bytes(size))


def test_a_key_is_not_shown() -> None:
    assert "\\x07" not in repr(secret_key(b"\x07" * 32))
