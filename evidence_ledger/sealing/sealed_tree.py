"""A seal's tree as it is kept: a few groups are read for a path, however many objects it has."""

from __future__ import annotations

from functools import partial
from itertools import zip_longest

from evidence_ledger.core.evidence_record import token_imprint
from evidence_ledger.core.record_groups import PLACES, WIDTH, GroupedTree, kept_of, split
from evidence_ledger.core.record_tree import SHA256
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.ports import Store
from evidence_ledger.stored import SealObjects, StoredSeal


def sealed_tree(store: Store, seal: StoredSeal) -> GroupedTree:
    """The tree that a seal's tokens are over. Raises LedgerCorrupt, and so does what it reads."""
    count = store.seal_count(seal.number)
    if not count:
        raise LedgerCorrupt(f"What seal {seal.number} is over is missing or damaged.")
    return GroupedTree(count, partial(store.seal_group, seal.number))


def stamped_tree(store: Store, seal: StoredSeal) -> GroupedTree:
    """The same, where each token of the seal is over the root of what is kept.

    Raises LedgerCorrupt where one is not, FormatError for a token that is none.
    """
    tree = sealed_tree(store, seal)
    for one in seal.tokens:
        digest, imprint = token_imprint(one.token)
        if digest.oid != SHA256.oid:
            raise LedgerCorrupt(f"A timestamp of seal {seal.number} is over another digest.")
        tree.require_root(imprint)
    return tree


def place_of(store: Store, seal: StoredSeal, index: int) -> int:
    """Where the statement of an entry is in its seal's leaves. Raises LedgerCorrupt."""
    group, at = divmod(index - seal.first, WIDTH)
    places = store.seal_group(seal.number, PLACES, group) or b""
    found = int.from_bytes(places[8 * at : 8 * at + 8])
    if not 1 <= found <= store.seal_count(seal.number) - 2:
        raise LedgerCorrupt(f"What seal {seal.number} is over is missing or damaged.")
    return found


def is_kept(store: Store, seal: StoredSeal, objects: SealObjects) -> bool:
    """Whether what is kept in groups is what the seal's leaves and offsets say. Raises UsageError
    for leaves that are none."""
    expected = kept_of(split(objects.leaves), objects.offsets)
    return all(one == other for one, other in zip_longest(store.seal_groups(seal.number), expected))
