"""Whether two lists hold the same fingerprints, in whatever order each comes.

Each element becomes 16 bytes by AES-CBC-MAC under a secret key, and these are added up (Clarke et
al., "Incremental Multiset Hash Functions", ASIACRYPT 2003). The key is drawn for one comparison and
never shown: whoever does not know it can't find other elements with the same sum but by a guess.
The first block tells an element's algorithm and size, thus no element begins another one.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES256

MODULUS: Final = 2**128
KEY_SIZE: Final = 32

Indexed = tuple[bytes, str, int, int]
"""Digest, its name, entry, position."""

Lanes: TypeAlias = "array[int] | memoryview"
"""64 bits of each element."""

_BLOCK: Final = 16
_WAITING: Final = 4096


def column_total(
    key: bytes, algorithm: str, entries: Sequence[int], positions: Sequence[int], digests: bytes
) -> int:
    """The sum over elements of one algorithm; ``digests`` are all of them, equally long.

    Raises TypeError, ValueError or OverflowError for what are no elements.
    """
    if not entries:
        return 0
    size = len(digests) // len(entries)
    if size * len(entries) != len(digests) or size % _BLOCK or len(positions) != len(entries):
        raise ValueError("fingerprints of one algorithm have one size, of whole blocks")
    # One key for one sum, never for a message: what ECB gives away nobody sees.
    encrypt = Cipher(AES256(key), modes.ECB()).encryptor().update  # noqa: S305  # the block cipher is wanted here, as CBC-MAC is built from it
    first = encrypt(hashlib.sha256(f"{algorithm} {size}".encode()).digest()[:_BLOCK])
    state = _next(encrypt, first * len(entries), array("q", entries), array("q", positions))
    lanes = memoryview(digests).cast("q")
    for at in range(0, size // 8, 2):
        state = _next(encrypt, state, lanes[at :: size // 8], lanes[at + 1 :: size // 8])
    halves = memoryview(state).cast("Q")
    return (sum(halves[::2]) + (sum(halves[1::2]) << 64)) % MODULUS


def _next(encrypt: Callable[[bytes], bytes], state: bytes, left: Lanes, right: Lanes) -> bytes:
    """The next block of every element: ``left`` and ``right`` are its halves."""
    blocks = bytearray(len(state))
    halves = memoryview(blocks).cast("q")
    halves[::2], halves[1::2] = memoryview(left), memoryview(right)
    mixed = int.from_bytes(state, "little") ^ int.from_bytes(blocks, "little")
    return encrypt(mixed.to_bytes(len(state), "little"))


class FingerprintSum:
    """A sum that elements of any algorithm are added to, in flat memory.

    Adding raises TypeError, ValueError or OverflowError for what is no element.
    """

    __slots__ = ("_key", "_total", "_waiting")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._total = 0
        self._waiting: list[Indexed] = []

    def empty(self) -> FingerprintSum:
        """A sum over nothing, with the same key."""
        return FingerprintSum(self._key)

    def add(self, elements: Iterable[Indexed]) -> None:
        """Add elements; a batch at a time is best."""
        self._waiting += elements
        if len(self._waiting) >= _WAITING:
            self._fold()

    def include(self, other: FingerprintSum) -> None:
        """Add what another sum with the same key holds."""
        self._total += other._total
        self.add(other._waiting)

    @property
    def total(self) -> int:
        """The sum over all elements so far."""
        self._fold()
        return self._total % MODULUS

    def _fold(self) -> None:
        alike: dict[str, list[Indexed]] = {}
        for one in self._waiting:
            alike.setdefault(one[1], []).append(one)
        self._waiting = []
        for algorithm, group in alike.items():
            digests, _, entries, positions = zip(*group, strict=True)
            if len({*map(len, digests)}) != 1:
                raise ValueError("fingerprints of one algorithm have one size")
            joined = b"".join(digests)
            self._total += column_total(self._key, algorithm, entries, positions, joined)
