"""What a seal's leaves stand for, read again from the store: entries with their files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from evidence_ledger.core import entry
from evidence_ledger.core.claim_form import seal_leaf
from evidence_ledger.ports import Store
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
    groups = groupby(store.claims_between(start, stop), key=itemgetter(0))
    number, group = next(groups, (stop, iter(())))
    for one in store.entries(start, stop):
        parsed = entry.parse(one.entry)
        files = b""
        if number == one.index:
            files = b"".join(_files(data for _, _, data in group))
            number, group = next(groups, (stop, iter(())))
        yield parsed.statement + parsed.signature + files


def _files(claims: Iterable[bytes]) -> Iterator[bytes]:
    for data in claims:
        leaf = seal_leaf(data)
        if leaf is None:
            return
        yield leaf
