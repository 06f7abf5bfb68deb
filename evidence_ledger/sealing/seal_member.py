"""The objects of evidence records: those of a seal with their ways up to its root, bare files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evidence_ledger.core import claim
from evidence_ledger.core.algorithm import Digest
from evidence_ledger.core.claim import Claim
from evidence_ledger.core.record_tree import PartialLists, ReducibleTree, record_salt
from evidence_ledger.errors import LedgerCorrupt, UsageError
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredEntry, StoredSeal


@dataclass(frozen=True, slots=True)
class SealMember:
    """An object at ``place`` in a seal's leaves, and the hash lists that lead up from it.

    ``data`` is a document's bytes. Of a file there are ``digests`` alone, by their names.
    ``lists`` is None for a file that a token is over itself; its place is 0.
    """

    place: int
    lists: PartialLists | None
    data: bytes | None = None
    digests: Mapping[str, bytes] | None = None

    def digest(self, algorithm: Digest) -> bytes | None:
        """Its digest, or None where the ledger does not know it. Raises Undecided."""
        if self.data is not None:
            return algorithm.of(self.data)
        return (self.digests or {}).get(algorithm.name)


def document(tree: ReducibleTree, place: int, data: bytes) -> SealMember:
    """A checkpoint, statement or signature. Raises LedgerCorrupt."""
    lists = tree.plain_path(place)
    if lists[0] != (hashlib.sha256(data).digest(),):
        raise LedgerCorrupt("A document is not the one that was sealed.")
    return SealMember(place, lists, data=data)


def bare_file(fact: Claim) -> SealMember:
    """A file that a token is over itself, without a seal. Raises FormatError."""
    return SealMember(0, None, digests=_digests(fact))


def _digests(fact: Claim) -> dict[str, bytes]:
    digests = claim.file_fact(fact).fingerprint.digests
    return {name.value: digest for name, digest in digests.items()}


def file(tree: ReducibleTree, place: int, fact: Claim) -> SealMember:
    """A file, of which the ledger knows what was claimed. Raises LedgerCorrupt, FormatError."""
    known = _digests(fact)
    try:
        lists = tree.file_path(place, known["sha256"], record_salt(fact.salt))
    except UsageError as error:
        raise LedgerCorrupt("A file's claim is not the one that was sealed.") from error
    return SealMember(place, lists, digests=known)


def members_of(
    store: Store, seal: StoredSeal, offsets: Sequence[int], tree: ReducibleTree
) -> Iterator[SealMember]:
    """All objects of a seal that were not erased, by their places.

    Raises LedgerCorrupt where claims are not those that were sealed, FormatError.
    """
    yield document(tree, 0, seal.checkpoint)
    for one in store.entries(seal.first, seal.size):
        yield from _members_of_entry(store, one, offsets[one.index - seal.first], tree)


def _members_of_entry(
    store: Store, one: StoredEntry, offset: int, tree: ReducibleTree
) -> Iterator[SealMember]:
    if one.statement is not None:
        yield document(tree, offset, one.statement)
    if one.signature is not None:
        yield document(tree, offset + 1, one.signature)
    for number, data in store.claims(one.index):
        fact = claim.parse(data)
        if fact.section != "file":
            return
        yield file(tree, offset + 2 + number, fact)
