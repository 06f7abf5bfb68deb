"""The roll: one set, one root; what is proved of a mark is so."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.roll import (
    DEEPEST,
    EMPTY,
    Enrolled,
    Roll,
    RollPath,
    key_of,
    verify_absent,
    verify_enrolled,
)
from evidence_ledger.errors import Refused

MARKS = st.lists(st.binary(min_size=32, max_size=32), max_size=40, unique=True)


def roll_of(marks: Sequence[bytes]) -> Roll:
    roll = Roll()
    for index, mark in enumerate(marks):
        roll.add(mark, index)
    return roll


def by_the_page(marks: Sequence[tuple[bytes, int]], depth: int = 0) -> bytes:
    """The root as docs/format/completeness.md defines it, without any tree in memory."""
    if not marks:
        return hashlib.sha256().digest()
    if len(marks) == 1:
        ((mark, index),) = marks
        key = hashlib.sha256(mark).digest()
        return hashlib.sha256(b"\x00" + key + index.to_bytes(8, "big")).digest()
    sides: tuple[list[tuple[bytes, int]], list[tuple[bytes, int]]] = ([], [])
    for mark, index in marks:
        bits = f"{int.from_bytes(hashlib.sha256(mark).digest(), 'big'):0256b}"
        sides[int(bits[depth])].append((mark, index))
    left, right = (by_the_page(side, depth + 1) for side in sides)
    return hashlib.sha256(b"\x01" + left + right).digest()


@given(MARKS, st.randoms(use_true_random=False))
def test_one_set_has_one_root(marks: list[bytes], random: object) -> None:
    pairs = [(mark, index) for index, mark in enumerate(marks)]
    random.shuffle(pairs)  # type: ignore[attr-defined]  # hypothesis has no name for the type
    roll = Roll()
    for mark, index in pairs:
        roll.add(mark, index)
        roll.root()
    assert roll.root() == by_the_page(pairs)
    assert roll.size == len(marks)


@given(MARKS, st.binary(min_size=32, max_size=32))
def test_every_mark_is_proved_and_every_other_is_not(marks: list[bytes], other: bytes) -> None:
    roll = roll_of(marks)
    root = roll.root()
    for index, mark in enumerate(marks):
        path = roll.path(mark)
        assert path.end == Enrolled(key_of(mark), index)
        verify_enrolled(mark, index, path.hashes, root)
        with pytest.raises(Refused):
            verify_enrolled(mark, index + 1, path.hashes, root)
        with pytest.raises(Refused) as caught:
            verify_absent(mark, path, root)
        assert caught.value.reason == "roll.present"
    if other not in marks:
        path = roll.path(other)
        verify_absent(other, path, root)
        with pytest.raises(Refused):
            verify_enrolled(other, 0, path.hashes, root)


@given(MARKS.filter(len), st.data())
def test_no_lie_about_a_mark_is_believed(marks: list[bytes], data: st.DataObject) -> None:
    """Whatever is put together from true hashes: a mark that is there is never shown absent."""
    roll = roll_of(marks)
    root, mark = roll.root(), data.draw(st.sampled_from(marks))
    known = [EMPTY, root, *(h for one in marks for h in roll.path(one).hashes)]
    hashes = (
        data.draw(st.lists(st.sampled_from(known), max_size=12))
        if data.draw(st.booleans())
        else list(roll.path(mark).hashes[: data.draw(st.integers(0, 12))])
    )
    ends = [None, *(roll.path(one).end for one in marks)]
    with pytest.raises(Refused):
        verify_absent(mark, RollPath(tuple(hashes), data.draw(st.sampled_from(ends))), root)


def near(mark: bytes, bits: int) -> bytes:
    """A mark whose key begins like that of ``mark``."""
    number = 0
    while True:
        number += 1
        other = number.to_bytes(32, "big")
        apart = int.from_bytes(key_of(mark), "big") ^ int.from_bytes(key_of(other), "big")
        if DEEPEST - apart.bit_length() >= bits:
            return other


def test_a_neighbour_from_elsewhere_proves_no_absence() -> None:
    """The end of another way down, with the right hashes beside it, is not under this mark."""
    mark = bytes(32)
    close, far = near(mark, 6), near(bytes(31) + b"\x01", 6)
    roll = roll_of([mark, close, far])
    path = roll.path(far)
    with pytest.raises(Refused) as caught:
        verify_absent(mark, path, roll.root())
    assert caught.value.reason in ("roll.present", "roll.not-absent")


def test_a_mark_stands_once() -> None:
    roll = roll_of([b"a" * 32, b"b" * 32])
    with pytest.raises(Refused) as caught:
        roll.add(b"b" * 32, 7)
    assert caught.value.reason == "roll.mark-twice"


def test_the_empty_roll_holds_nothing() -> None:
    roll = Roll()
    assert roll.root() == EMPTY
    verify_absent(bytes(32), roll.path(bytes(32)), EMPTY)


def test_no_way_is_longer_than_a_key() -> None:
    path = RollPath((EMPTY,) * (DEEPEST + 1), None)
    with pytest.raises(Refused) as caught:
        verify_absent(bytes(32), path, EMPTY)
    assert caught.value.reason == "roll.path-length"


def test_a_changed_hash_proves_nothing() -> None:
    roll = roll_of([bytes([n]) * 32 for n in range(9)])
    path = roll.path(bytes([3]) * 32)
    for place, one in enumerate(path.hashes):
        hashes = list(path.hashes)
        hashes[place] = bytes([one[0] ^ 1]) + one[1:]
        with pytest.raises(Refused):
            verify_enrolled(bytes([3]) * 32, 3, hashes, roll.root())
    other = roll.path(b"x" * 32)
    with pytest.raises(Refused):
        verify_absent(b"x" * 32, replace(other, hashes=other.hashes[:-1]), roll.root())
