"""The hash tree of an archive timestamp (RFC 4998, section 4.2): one timestamp over many objects.

                     root                       node = H(smaller ‖ larger)
                 ┌────┴────┐                    an odd node moves up as it is
                 n         d
              ┌──┴──┐                           reduced for a:  [a] [b] [c] [d]
              n     c                           reduced for the file c = SHA-256 of (digest, salt
           ┌──┴──┐                              in binary order):  [digest] [salt] [n] [d]
           a     b

A leaf is the SHA-256 of a data object, or, for a file, that hash blinded with a salt. A partial
hash list is a list of hashes; going through the lists, the hash found so far joins the next list,
and the list in binary ascending order is hashed. A first list of one hash is that hash (a data
group of one object, section 4.2). It is alone there, lest its neighbour be taken for another
object of its group.

H is SHA-256 in a seal. A renewal's tree has the digest that the renewal asks for.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial

from evidence_ledger.core.algorithm import DIGESTS, Digest
from evidence_ledger.errors import UsageError

SHA256 = DIGESTS["sha256"]
SALT_DOMAIN = b"evidence-ledger/record-salt/v1\n"

PartialLists = tuple[tuple[bytes, ...], ...]

_Hash = Callable[[bytes], "hashlib._Hash"]


def record_salt(claim_salt: bytes) -> bytes:
    """The salt that blinds a file's leaf, from the salt of the file's claim (32 bytes)."""
    return hashlib.sha256(SALT_DOMAIN + claim_salt).digest()


def blinded(digest: bytes, salt: bytes) -> bytes:
    """The leaf of a file: its SHA-256 and the record salt, in binary order, hashed (32 bytes)."""
    return _node(hashlib.sha256, digest, salt)


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over ``leaves`` (32 bytes each). Raises UsageError where there are none."""
    return RecordTree(leaves).root


class ReducibleTree(ABC):
    """A tree of which paths are asked for, wherever its hashes are.

    Methods raise UsageError for an index outside.
    """

    __slots__ = ()

    @abstractmethod
    def leaf(self, index: int) -> bytes:
        """The hash of an object."""

    @abstractmethod
    def siblings(self, index: int) -> list[bytes]:
        """What a leaf meets on its way to the root, lowest first."""

    def plain_path(self, index: int) -> PartialLists:
        """Partial hash lists for an object whose hash is the leaf, which is first and alone.

        Beside a neighbour's hash it would look like one of a group of objects (section 4.2).
        """
        met = self.siblings(index)
        return ((self.leaf(index),), *((hash_,) for hash_ in met))

    def file_path(self, index: int, digest: bytes, salt: bytes) -> PartialLists:
        """Partial hash lists for a file: its SHA-256 alone, the record salt, then the way up.

        Raises UsageError where digest and salt do not give the leaf.
        """
        met = self.siblings(index)
        if blinded(digest, salt) != self.leaf(index):
            raise UsageError(f"Leaf {index} of the hash tree is not this file's.")
        return ((digest,), (salt,), *((hash_,) for hash_ in met))


class RecordTree(ReducibleTree):
    """All levels of one tree, built once; paths are read from them in log time.

    Raises UsageError for no leaves, a leaf that has not the digest's size, an index outside, or a
    digest that this machine lacks.
    """

    __slots__ = ("_levels", "digest")

    def __init__(self, leaves: Sequence[bytes], digest: Digest = SHA256) -> None:
        level = list(leaves)
        if not level or set(map(len, level)) != {digest.size}:
            raise UsageError(f"A hash tree needs leaves, and {digest.size} bytes for each.")
        self.digest = digest
        node = partial(_node, _hash_of(digest))
        self._levels = [level]
        while len(level) > 1:
            odd = level[-1:] if len(level) % 2 else []
            level = [*map(node, level[0::2], level[1::2]), *odd]
            self._levels.append(level)

    @property
    def root(self) -> bytes:
        """What a timestamp authority is asked to sign."""
        return self._levels[-1][0]

    def leaf(self, index: int) -> bytes:
        """See ReducibleTree."""
        if not 0 <= index < len(self._levels[0]):
            raise UsageError(f"The hash tree has no leaf {index}.")
        return self._levels[0][index]

    def siblings(self, index: int) -> list[bytes]:
        """See ReducibleTree."""
        self.leaf(index)
        met = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                met.append(level[index ^ 1])
            index >>= 1
        return met


def _hash_of(digest: Digest) -> _Hash:
    try:
        hashlib.new(digest.name)
    except ValueError as error:
        raise UsageError(f"This machine's OpenSSL has no {digest.name}.") from error
    known: _Hash | None = getattr(hashlib, digest.name, None)
    return known or partial(hashlib.new, digest.name)


def _node(hash_: _Hash, one: bytes, other: bytes) -> bytes:
    return hash_(one + other if one <= other else other + one).digest()
