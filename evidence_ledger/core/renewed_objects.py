"""Which objects of a seal a hash-tree renewal covers, and their hashes, kept in groups.

The hashes are the leaves of a tree (``record_groups``). Where an object's hash is among them is in
groups of their own, one for each 2,048 places in the seal's leaves that has renewed objects:

    8 bytes     how many renewed objects come before these places
    256 bytes   a bit for each place, the lowest bit of the last byte for the first: 1 is renewed
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final

from evidence_ledger.core.algorithm import Digest
from evidence_ledger.core.record_groups import PLACES, Group, GroupedTree, groups_of, split
from evidence_ledger.errors import LedgerCorrupt, UsageError

BLOCK: Final = 2048
"""Places in one group."""
_BITS: Final = BLOCK // 8

Read = Callable[[int, int], bytes | None]
"""What is kept at a level and number, or None."""


def kept_of_renewed(objects: Sequence[int], hashes: bytes, digest: Digest) -> Iterator[Group]:
    """All groups that are kept of a renewal of one token.

    ``objects`` are places in the seal's leaves, ascending, and ``hashes`` one for each. Raises
    UsageError where they are not.
    """
    leaves = split(hashes, digest.size)
    if len(leaves) != len(objects) or any(at >= to for at, to in pairwise(objects)):
        raise UsageError("Each renewed object has one hash, and they are in order.")
    before = 0
    for number, places in groupby(objects, lambda place: place // BLOCK):
        found = [place % BLOCK for place in places]
        bits = sum(1 << place for place in found)
        yield Group(PLACES, number, struct.pack(">Q", before) + bits.to_bytes(_BITS))
        before += len(found)
    yield from groups_of(leaves, digest)


class RenewedObjects:
    """The renewed objects of a seal, of which ``read`` gives the groups.

    ``size`` is that of all their hashes in bytes, and ``root`` that of the tree over them, which is
    a leaf of the renewal. Raises LedgerCorrupt, and so do the methods.
    """

    def __init__(self, read: Read, size: int, root: bytes, digest: Digest) -> None:
        count, rest = divmod(size, digest.size)
        if not count or rest:
            raise LedgerCorrupt("A renewal does not say which objects it is over.")
        self._read = read
        self._count = count
        self._blocks: dict[int, tuple[int, int]] = {}
        self.tree = GroupedTree(count, read, digest)
        self.tree.require_root(root)

    def leaf_of(self, place: int) -> int | None:
        """Which leaf of ``tree`` is that of the object at a place in the seal's leaves.

        None where the object was not renewed.
        """
        before, bits = self._block(place // BLOCK)
        at = place % BLOCK
        if not bits >> at & 1:
            return None
        found = before + (bits & (1 << at) - 1).bit_count()
        if found >= self._count:
            raise LedgerCorrupt("Which objects a renewal is over is damaged.")
        return found

    def _block(self, number: int) -> tuple[int, int]:
        if number not in self._blocks:
            data = self._read(PLACES, number)
            if data is not None and len(data) != 8 + _BITS:
                raise LedgerCorrupt("Which objects a renewal is over is damaged.")
            held = data or bytes(8 + _BITS)
            self._blocks[number] = int.from_bytes(held[:8]), int.from_bytes(held[8:])
        return self._blocks[number]
