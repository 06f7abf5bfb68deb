"""Marks: derived downwards, bound to number and ledger, and saying nothing to others."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.matter import LENGTH, MatterKeys, NextMark, keys_of, mark_of
from evidence_ledger.errors import FormatError
from tests.golden import vectors

KEYS = keys_of(b"\x07" * 32, "local/7")
HASHES = st.binary(min_size=32, max_size=32)


def test_the_golden_marks() -> None:
    keys = keys_of(vectors.numbered(16), "local/3f9c1a7e")
    for line in vectors.read("marks.txt").decode().splitlines():
        number, opening, mark, link = line.split("  ")
        at = int(number)
        found = keys.openings[at], keys.marks[at], keys.links[at]
        assert tuple(one.hex() for one in found) == (opening, mark, link)


def by_the_page(secret: bytes, ledger: str) -> list[tuple[bytes, bytes, bytes]]:
    """Opening, link and mark of every number, the highest first, as the page about rolls says."""
    top = b"evidence-ledger/matter/v1\n" + ledger.encode()
    key = hmac.new(secret, top, hashlib.sha256).digest()
    found = []
    for number in range(8192, -1, -1):
        text = b"evidence-ledger/mark/v1\n" + number.to_bytes(8, "big")
        both = hmac.new(key, text, hashlib.sha512).digest()
        mark = hashlib.sha256(both[:32]).digest()
        found.append((both[:32], both[32:], mark))
        key = hashlib.sha256(b"evidence-ledger/matter-key/v1\n" + both[32:] + mark).digest()
    return found


def test_keys_are_what_the_page_says() -> None:
    expected = by_the_page(b"\x07" * 32, "local/7")[::-1]
    assert list(zip(KEYS.openings, KEYS.links, KEYS.marks, strict=True)) == expected
    assert len(KEYS.marks) == LENGTH + 1


@given(st.integers(0, 300))
def test_a_mark_and_its_link_give_those_before_and_none_after(number: int) -> None:
    assert KEYS.following(number).marks() == KEYS.marks[: number + 1]


def test_a_mark_follows_from_its_opening() -> None:
    assert [mark_of(one) for one in KEYS.openings] == KEYS.marks


def test_what_is_shown_gives_no_opening_of_the_next() -> None:
    """Whoever is shown that a mark is free can't take it: its opening is in nothing shown."""
    shown = KEYS.following(3)
    for value in (shown.link, shown.mark, hashlib.sha256(shown.link).digest()):
        assert mark_of(value) != shown.mark
    assert KEYS.openings[3] not in (shown.link, shown.mark)


@given(st.integers(1, 40), st.integers(0, 40))
def test_a_mark_counts_from_its_own_number_alone(number: int, other: int) -> None:
    """Passed off as that of another number, to hide those before it, it gives other marks."""
    true = KEYS.following(number)
    if other != number:
        *before, last = NextMark(other, true.mark, true.link).marks()
        assert last == true.mark
        assert not set(before) & set(KEYS.marks)


@given(HASHES, HASHES)
def test_another_link_or_mark_gives_other_marks(link: bytes, mark: bytes) -> None:
    true = KEYS.following(2)
    for one in (NextMark(2, true.mark, link), NextMark(2, mark, true.link)):
        assert one == true or not set(one.marks()[:2]) & set(KEYS.marks)


def test_two_ledgers_and_two_matters_have_nothing_in_common() -> None:
    for other in (keys_of(b"\x07" * 32, "local/8"), keys_of(b"\x08" * 32, "local/7")):
        assert not set(KEYS.marks) & set(other.marks)
        assert not set(KEYS.openings) & set(other.openings)


@pytest.mark.parametrize(
    ("number", "mark", "link"), [(-1, 32, 32), (LENGTH + 1, 32, 32), (0, 31, 32), (0, 32, 33)]
)
def test_no_other_marks(number: int, mark: int, link: int) -> None:
    with pytest.raises(FormatError) as caught:
        NextMark(number, bytes(mark), bytes(link))
    assert caught.value.reason == "matter.link"


def test_no_other_secrets() -> None:
    with pytest.raises(FormatError) as caught:
        keys_of(bytes(31), "a")
    assert caught.value.reason == "matter.secret"


def test_no_key_is_shown() -> None:
    assert repr(KEYS) == "MatterKeys(ledger='local/7')"
    assert repr(KEYS.links[1]) not in repr(KEYS.following(1))
    assert isinstance(KEYS, MatterKeys)
