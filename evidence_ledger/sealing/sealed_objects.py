"""What a seal's leaves stand for, read again from the store: entries with their files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from evidence_ledger.core import entry
from evidence_ledger.ports import Store
from evidence_ledger.sealing.file_leaves import FileLeaves
from evidence_ledger.stored import SealObjects, StoredSeal


def files_gone(store: Store, seal: StoredSeal, objects: SealObjects) -> list[int] | None:
    """Of which entries the files' leaves stand for claims that are not here any more.

    None where the seal's leaves and offsets are not those of its objects. Raises FormatError.
    """
    leaves, offsets = objects.leaves, objects.offsets
    starts = (*offsets, len(leaves) // 32)
    count, gone = 0, list[int]()
    whole = leaves[:32] == hashlib.sha256(seal.checkpoint).digest() and starts[0] == 1
    for own, is_held in _leaves(store, seal.first, seal.size):
        found = (
            leaves[32 * offsets[count] : 32 * starts[count + 1]] if count < len(offsets) else b""
        )
        is_gone = not is_held and len(found) > len(own) and found.startswith(own)
        whole = whole and (found == own or is_gone)
        gone += [seal.first + count] * is_gone
        count += 1
    is_sealed = whole and len(offsets) == count and len(leaves) == 32 * starts[-1]
    return gone if is_sealed else None


def _leaves(store: Store, start: int, stop: int) -> Iterator[tuple[bytes, bool]]:
    """The leaves of each entry: its statement's, its signature's, its files'; and whether it has
    claims here."""
    files = FileLeaves(store, stop)
    for one in store.entries(start, stop):
        parsed = entry.parse(one.entry)
        held = files.of(one.index)
        yield parsed.statement + parsed.signature + b"".join(held or ()), held is not None
