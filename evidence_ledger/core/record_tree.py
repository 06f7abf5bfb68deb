"""The hash tree of a seal (RFC 4998, section 4.2): one timestamp over many objects.

                     root                       node = SHA-256(smaller ‖ larger)
                 ┌────┴────┐                    an odd node moves up as it is
                 n         d
              ┌──┴──┐                           reduced for a:  [a, b] [c] [d]
              n     c                           reduced for the file c = SHA-256 of (digest, salt
           ┌──┴──┐                              in binary order):  [digest] [salt] [n] [d]
           a     b

A leaf is the SHA-256 of a data object, or, for a file, that hash blinded with a salt. A partial
hash list is a list of hashes; going through the lists, the hash found so far joins the next list,
and the list in binary ascending order is hashed. A first list of one hash is that hash (a data
group of one object, section 4.2), so that a file's first list is its bare digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from evidence_ledger.errors import UsageError

HASH_SIZE = 32
SALT_DOMAIN = b"evidence-ledger/record-salt/v1\n"

PartialLists = tuple[tuple[bytes, ...], ...]


def record_salt(claim_salt: bytes) -> bytes:
    """The salt that blinds a file's leaf, from the salt of the file's claim (32 bytes)."""
    return hashlib.sha256(SALT_DOMAIN + claim_salt).digest()


def blinded(digest: bytes, salt: bytes) -> bytes:
    """The leaf of a file: its SHA-256 and the record salt, in binary order, hashed (32 bytes)."""
    return _node(digest, salt)


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over ``leaves`` (32 bytes each). Raises UsageError where there are none."""
    return RecordTree(leaves).root


def reduced_path(leaves: Sequence[bytes], index: int) -> PartialLists:
    """The partial hash lists for the plain object ``leaves[index]``. Raises UsageError."""
    return RecordTree(leaves).plain_path(index)


class RecordTree:
    """All levels of one seal's tree, built once; paths are read from them in log time.

    Raises UsageError for no leaves, a leaf that is not 32 bytes, or an index outside.
    """

    __slots__ = ("_levels",)

    def __init__(self, leaves: Sequence[bytes]) -> None:
        level = list(leaves)
        if not level or set(map(len, level)) != {HASH_SIZE}:
            raise UsageError("A seal's tree needs at least one leaf, and 32 bytes for each.")
        self._levels = [level]
        while len(level) > 1:
            level = _above(level)
            self._levels.append(level)

    @property
    def root(self) -> bytes:
        """What a timestamp authority is asked to sign (32 bytes)."""
        return self._levels[-1][0]

    def siblings(self, index: int) -> list[bytes]:
        """What a leaf meets on its way to the root, lowest first."""
        if not 0 <= index < len(self._levels[0]):
            raise UsageError(f"The seal's tree has no leaf {index}.")
        met = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                met.append(level[index ^ 1])
            index >>= 1
        return met

    def plain_path(self, index: int) -> PartialLists:
        """Partial hash lists for an object whose hash is the leaf."""
        met = self.siblings(index)
        leaf = self._levels[0][index]
        return (tuple(sorted((leaf, *met[:1]))), *((hash_,) for hash_ in met[1:]))

    def file_path(self, index: int, digest: bytes, salt: bytes) -> PartialLists:
        """Partial hash lists for a file: its digest alone, the record salt, then the way up.

        Raises UsageError where digest and salt do not give the leaf.
        """
        met = self.siblings(index)
        if blinded(digest, salt) != self._levels[0][index]:
            raise UsageError(f"Leaf {index} of the seal's tree is not this file's.")
        return ((digest,), (salt,), *((hash_,) for hash_ in met))


def _node(one: bytes, other: bytes) -> bytes:
    return hashlib.sha256(one + other if one <= other else other + one).digest()


def _above(level: list[bytes]) -> list[bytes]:
    odd = level[-1:] if len(level) % 2 else []
    return [*map(_node, level[0::2], level[1::2]), *odd]
