"""Whether two lists hold the same fingerprints, in whatever order each comes.

The elements' hashes, each with a secret key before it, are added up. Whoever does not know the
key, which is drawn for one comparison, can't find other elements with the same sum but by a guess
in 2**256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

MODULUS: Final = 2**256
KEY_SIZE: Final = 32

# Entry, position, digest's name, digest in hex.
Indexed = tuple[int, int, str, str]


def total(key: bytes, elements: Iterable[Indexed]) -> int:
    """The sum. Raises TypeError or ValueError for what is no element."""
    sha256, number, secret = hashlib.sha256, int.from_bytes, key.hex()
    texts = [f"{secret} {entry:d} {at:d} {name} {digest}" for entry, at, name, digest in elements]
    return sum([number(sha256(text.encode()).digest(), "big") for text in texts]) % MODULUS
