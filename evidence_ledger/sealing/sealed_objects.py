"""What a seal's leaves stand for, read again from the store: entries with their files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from evidence_ledger.core import entry
from evidence_ledger.ports import Store
from evidence_ledger.sealing.file_leaves import FileLeaves
from evidence_ledger.stored import SealObjects, StoredSeal


def are_sealed(store: Store, seal: StoredSeal, objects: SealObjects) -> bool:
    """Whether the seal's leaves and offsets are those of its objects. Raises FormatError."""
    at = 1
    count = 0
    leaves, offsets = objects.leaves, objects.offsets
    whole = leaves[:32] == hashlib.sha256(seal.checkpoint).digest()
    for count, own in enumerate(_leaves(store, seal.first, seal.size), 1):
        placed = offsets[count - 1 : count] == (at,)
        whole = whole and placed and leaves[32 * at : 32 * at + len(own)] == own
        at += len(own) // 32
    return whole and len(offsets) == count and len(leaves) == 32 * at


def _leaves(store: Store, start: int, stop: int) -> Iterator[bytes]:
    """The leaves of each entry: its statement's, its signature's, its files'."""
    files = FileLeaves(store, stop)
    for one in store.entries(start, stop):
        parsed = entry.parse(one.entry)
        yield parsed.statement + parsed.signature + b"".join(files.of(one.index))
