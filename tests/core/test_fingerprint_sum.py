"""A sum over fingerprints: the same in any order and in any parts, and another for any other."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import fingerprint_sum
from evidence_ledger.core.fingerprint_sum import MODULUS, FingerprintSum, Indexed, column_total

KEY = bytes(range(32))
NUMBERS = st.integers(0, 3) | st.integers(-(2**63), 2**63 - 1)
ELEMENTS: st.SearchStrategy[Indexed] = st.one_of(
    [
        st.tuples(
            st.sampled_from([bytes(size), b"\1" * size]) | st.binary(min_size=size, max_size=size),
            st.just(name),
            NUMBERS,
            NUMBERS,
        )
        for name, size in (("sha256", 32), ("sm3", 32), ("sha512", 64))
    ]
)


def total(elements: Sequence[Indexed], key: bytes = KEY) -> int:
    found = FingerprintSum(key)
    found.add(elements)
    return found.total


def alone(element: Indexed) -> int:
    """CBC-MAC by the book, of the algorithm and size, the two numbers and the digest."""
    digest, name, entry, position = element
    first = hashlib.sha256(f"{name} {len(digest)}".encode()).digest()[:16]
    numbers = entry.to_bytes(8, "little", signed=True) + position.to_bytes(8, "little", signed=True)
    encrypt = Cipher(AES256(KEY), modes.CBC(bytes(16))).encryptor().update
    return int.from_bytes(encrypt(first + numbers + digest)[-16:], "little")


@given(st.lists(ELEMENTS, max_size=9))
def test_it_is_the_sum_of_the_codes_of_all(elements: list[Indexed]) -> None:
    assert total(elements) == sum(map(alone, elements)) % MODULUS


@given(st.lists(ELEMENTS, max_size=9), st.lists(ELEMENTS, max_size=9))
def test_only_the_same_elements_have_the_same_sum(
    some: list[Indexed], others: list[Indexed]
) -> None:
    assert (total(some) == total(others)) == (Counter(some) == Counter(others))
    assert total(some) == total(some[::-1])


@given(st.lists(ELEMENTS, max_size=9), st.integers(0, 9))
def test_parts_give_the_same_sum(elements: list[Indexed], cut: int) -> None:
    found = FingerprintSum(KEY)
    part = found.empty()
    part.add(elements[cut:])
    found.add(elements[:cut])
    found.include(part)
    assert found.total == total(elements)
    assert (total(elements[:cut]) + total(elements[cut:])) % MODULUS == found.total


@given(ELEMENTS, st.integers(0, 3), st.data())
def test_any_other_value_gives_another_sum(
    element: Indexed, column: int, data: st.DataObject
) -> None:
    other = list(element)
    other[column] = data.draw(ELEMENTS)[column]
    assert (total([tuple(other)]) == total([element])) == (tuple(other) == element)  # type: ignore[list-item]  # of the same types


def test_another_key_gives_another_sum() -> None:
    element = (bytes(32), "sha256", 5, 0)
    assert total([element]) != total([element], bytes(32))


def test_many_elements_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint_sum, "_WAITING", 4)
    found, elements = FingerprintSum(KEY), [(bytes(32), "sha256", at, 0) for at in range(10)]
    for one in elements:
        found.add([one])
        assert len(found._waiting) < 4
    assert found.total == total(elements)


@pytest.mark.parametrize(
    "element",
    [
        (bytes(32), "a", "5", 0),
        (bytes(32), "a", None, 0),
        (bytes(32), "a", 5, None),
        (bytes(32), "a", 5, 0.5),
        (bytes(32), "a", 2**63, 0),
        (bytes(32), "\ud800", 5, 0),
        (bytes(31), "a", 5, 0),
        ("text", "a", 5, 0),
        (None, "a", 5, 0),
        (bytes(32), ["a"], 5, 0),
    ],
)
def test_what_is_no_element_has_no_sum(element: Any) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        total([element])


def test_digests_of_one_kind_have_one_size() -> None:
    """Else bytes could move from one to the next."""
    with pytest.raises(ValueError, match="one size"):
        total([(bytes(16), "a", 5, 0), (bytes(48), "a", 5, 0)])


@pytest.mark.parametrize(
    ("entries", "positions", "digests"),
    [([1, 2], [0], bytes(64)), ([1], [0, 0], bytes(32)), ([1, 2, 3], [0, 0, 0], bytes(64))],
)
def test_columns_are_equally_long(entries: list[int], positions: list[int], digests: bytes) -> None:
    with pytest.raises(ValueError, match="one size"):
        column_total(KEY, "sha256", entries, positions, digests)


def test_nothing_adds_up_to_nothing() -> None:
    assert total([]) == column_total(KEY, "sha256", [], [], b"") == 0
