"""Whether two lists hold the same fingerprints, in whatever order each comes.

The elements' keyed hashes are added up. Whoever does not know the key, which is drawn for one
comparison, can't find other elements with the same sum but by a guess in 2**128.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

MODULUS: Final = 2**128
KEY_SIZE: Final = 32

# Entry, position, digest's name, digest in hex.
Indexed = tuple[int, int, str, str]


def total(key: bytes, elements: Iterable[Indexed]) -> int:
    """The sum. Raises TypeError or ValueError for what is no element."""
    blake2b, number = hashlib.blake2b, int.from_bytes
    texts = [f"{entry:d} {at:d} {name} {digest}" for entry, at, name, digest in elements]
    hashes = [blake2b(text.encode(), digest_size=16, key=key).digest() for text in texts]
    return sum([number(one, "big") for one in hashes]) % MODULUS
