"""A record tree kept in groups of 256 hashes, so that a path takes one group of each level.

    level 2                  the roots of level 1's groups       at most 256: its root is the tree's
    level 1       the roots of level 0's groups       …
    level 0   256 leaves   256 leaves   …   the last leaves

The last group of a level may be short. An odd node moves up as it is, within a group as in the
whole tree, so that the root of a group is the node that the whole tree has there. The digest is
SHA-256 in a seal, and in a hash-tree renewal the renewal's.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from evidence_ledger.core.algorithm import Digest
from evidence_ledger.core.record_tree import SHA256, RecordTree, ReducibleTree
from evidence_ledger.errors import LedgerCorrupt, UsageError

HASH = 32
WIDTH = 256
HEIGHT = 8


PLACES = -1
"""The level of the groups that say where entries are in the leaves: 8 bytes for each entry."""


class Group(NamedTuple):
    """What is at ``WIDTH * number`` and on in a level, at most ``WIDTH``: hashes or places."""

    level: int
    number: int
    data: bytes


def kept_of(leaves: Sequence[bytes], places: Sequence[int]) -> Iterator[Group]:
    """All groups that are kept of a seal. Raises UsageError where a leaf is none."""
    for number, at in enumerate(range(0, len(places), WIDTH)):
        found = places[at : at + WIDTH]
        yield Group(PLACES, number, struct.pack(f">{len(found)}Q", *found))
    yield from groups_of(leaves)


def groups_of(leaves: Sequence[bytes], digest: Digest = SHA256) -> Iterator[Group]:
    """All groups of the tree over ``leaves``, from the lowest level up; the last has its root.

    Raises UsageError where there are none, or one has not the digest's size.
    """
    if not leaves:
        raise UsageError("A hash tree needs leaves.")
    level = 0
    while True:
        parts = [leaves[at : at + WIDTH] for at in range(0, len(leaves), WIDTH)]
        roots = [RecordTree(part, digest).root for part in parts]
        for number, part in enumerate(parts):
            yield Group(level, number, b"".join(part))
        if len(parts) < 2:
            return
        leaves, level = roots, level + 1


def split(hashes: bytes, size: int = HASH) -> list[bytes]:
    """The hashes of ``size`` bytes that follow each other; the last may be cut off."""
    return [hashes[at : at + size] for at in range(0, len(hashes), size)]


class GroupedTree(ReducibleTree):
    """A tree of ``count`` leaves of which ``read(level, number)`` gives the groups, None where one
    is missing.

    Each group that is read is held against the one above it. Methods raise LedgerCorrupt too.
    """

    __slots__ = ("_count", "_digest", "_known", "_read")

    def __init__(
        self, count: int, read: Callable[[int, int], bytes | None], digest: Digest = SHA256
    ) -> None:
        self._count = count
        self._read = read
        self._digest = digest
        self._known: dict[tuple[int, int], RecordTree] = {}

    def leaf(self, index: int) -> bytes:
        """See ReducibleTree."""
        if not 0 <= index < self._count:
            raise UsageError(f"The hash tree has no leaf {index}.")
        return self._group(0, index // WIDTH).leaf(index % WIDTH)

    def siblings(self, index: int) -> list[bytes]:
        """See ReducibleTree."""
        self.leaf(index)
        met: list[bytes] = []
        for level in range(self._levels):
            met += self._group(level, index // WIDTH).siblings(index % WIDTH)
            index //= WIDTH
        return met

    @property
    def root(self) -> bytes:
        """What the tokens are over."""
        return self._group(self._levels - 1, 0).root

    def require_root(self, root: bytes) -> None:
        """Raises LedgerCorrupt where the tree has another root: all that it is asked for, before
        and after, is under this one."""
        if self.root != root:
            raise LedgerCorrupt("The hash tree that is kept is not the one that was timestamped.")

    @property
    def _levels(self) -> int:
        return max(1, -(-(self._count - 1).bit_length() // HEIGHT))

    def _group(self, level: int, number: int) -> RecordTree:
        found = self._known.get((level, number))
        if found is None:
            found = self._known[level, number] = self._checked(level, number)
        return found

    def _checked(self, level: int, number: int) -> RecordTree:
        hashes = self._read(level, number) or b""
        total = -(-self._count // WIDTH**level)
        size = self._digest.size
        if not hashes or len(hashes) != size * min(WIDTH, total - WIDTH * number):
            raise LedgerCorrupt(f"Group {number} of level {level} of a hash tree is damaged.")
        group = RecordTree(split(hashes, size), self._digest)
        above = level + 1
        if above < self._levels:
            parent = self._group(above, number // WIDTH)
            if parent.leaf(number % WIDTH) != group.root:
                raise LedgerCorrupt(f"Group {number} of level {level} is not in its hash tree.")
        return group
