"""Evidence records with all that was renewed, from stored parts: of seals, and of bare files."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.evidence_record import encode_stamp
from evidence_ledger.core.record_draft import RecordDraft
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.token_place import FilePlace, Place, SealPlace
from evidence_ledger.errors import LedgerCorrupt, UsageError
from evidence_ledger.ports import Store
from evidence_ledger.renewing.strand import carrying, renewal_of, tree_of
from evidence_ledger.sealing.seal_member import SealMember
from evidence_ledger.stored import (
    RenewalKind,
    RenewedStrand,
    StoredRenewal,
    StoredSeal,
    StoredToken,
)

_TREES = 16


class RenewalStep:
    """What one renewal adds to the records over one token of a seal."""

    def __init__(
        self, renewal: StoredRenewal, tree: RecordTree, strand: RenewedStrand, token: StoredToken
    ) -> None:
        self.kind = renewal.kind
        self.number = renewal.number
        self.digest = DIGESTS[renewal.digest]
        self._strand = strand
        self._tree = tree
        self._token = token.token

    @cached_property
    def stamp(self) -> bytes:
        """The ArchiveTimeStamp of a timestamp renewal, the same for all objects."""
        return encode_stamp(self.digest, self._tree.plain_path(self._strand.leaf), self._token)

    @cached_property
    def _objects(self) -> RecordTree:
        size, hashes = self.digest.size, self._strand.hashes
        if len(hashes) != size * len(self._strand.objects):
            raise LedgerCorrupt(f"Renewal {self.number} is damaged.")
        leaves = [hashes[at : at + size] for at in range(0, len(hashes), size)]
        return RecordTree(leaves, self.digest)

    def place(self, object_: int) -> int | None:
        """Where an object of the seal is among the renewed ones; None where it is not."""
        at = bisect_left(self._strand.objects, object_)
        found = self._strand.objects[at : at + 1] == (object_,)
        return at if found else None

    def object_hash(self, place: int) -> bytes:
        """The leaf of the renewed object at ``place``."""
        size = self.digest.size
        return self._strand.hashes[place * size : (place + 1) * size]

    def object_stamp(self, place: int) -> bytes:
        """The ArchiveTimeStamp of a hash-tree renewal for the object at ``place``."""
        above = self._tree.siblings(self._strand.leaf)
        lists = (*self._objects.plain_path(place), *((hash_,) for hash_ in above))
        return encode_stamp(self.digest, lists, self._token)


class TokenRecords:
    """The records over one token, of a seal or of a file, renewed by ``steps``, oldest first."""

    def __init__(self, token: StoredToken, steps: Sequence[RenewalStep] = ()) -> None:
        self.authority = token.authority
        self._token = token.token
        self._steps = steps

    @property
    def renewals(self) -> tuple[int, ...]:
        """The numbers of the renewals in them."""
        return tuple(step.number for step in self._steps)

    def record(self, one: SealMember) -> bytes:
        """The DER of the record over an object. Raises LedgerCorrupt."""
        return self.draft(one)[0].encode()

    def draft(self, one: SealMember) -> tuple[RecordDraft, bool]:
        """The record over an object, and whether every renewal is in it.

        One whose digest was not known for a hash-tree renewal ends there. Raises LedgerCorrupt.
        """
        draft = RecordDraft(one.lists, self._token)
        for step in self._steps:
            if step.kind is RenewalKind.TIMESTAMP:
                draft.add_timestamp(step.stamp)
                continue
            place = step.place(one.place)
            if place is None:
                return draft, False
            _check_leaf(draft, one, step, place)
            draft.add_chain(step.digest, step.object_stamp(place))
        return draft, True


def _check_leaf(draft: RecordDraft, one: SealMember, step: RenewalStep, place: int) -> None:
    """A record that would never verify is not handed out."""
    digest = one.digest(step.digest)
    if digest is None or draft.leaf(digest, step.digest) != step.object_hash(place):
        raise LedgerCorrupt(f"Renewal {step.number} is not over the objects of its seals.")


class Renewals:
    """The stored renewals that have their entries; the last ones used are remembered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = lru_cache(maxsize=_TREES)(self._read)

    def records(self, seal: StoredSeal, before: int | None = None) -> tuple[TokenRecords, ...]:
        """The records over each of a seal's tokens, in order.

        Renewals from number ``before`` on are left out. Raises LedgerCorrupt.
        """
        tokens: dict[Place, StoredToken] = {
            SealPlace(seal.number, at): token for at, token in enumerate(seal.tokens)
        }
        strands = self._store.renewals_of_seal(seal.number)
        if any(strand.place not in tokens for _, strand in strands):
            raise LedgerCorrupt(f"A renewal is of a timestamp that seal {seal.number} lacks.")
        return tuple(self._records(strands, tokens, before).values())

    def of_files(self, entry: int, before: int | None = None) -> Mapping[Place, TokenRecords]:
        """The records over each token over a file of an entry itself, renewed or not.

        What was renewed of tokens that were erased since is left out. Raises LedgerCorrupt.
        """
        tokens: dict[Place, StoredToken] = {
            FilePlace(entry, one.file, one.token.authority): one.token
            for one in self._store.direct(entry)
        }
        return self._records(self._store.renewals_of_files(entry), tokens, before)

    def _records(
        self,
        strands: Sequence[tuple[int, RenewedStrand]],
        tokens: Mapping[Place, StoredToken],
        before: int | None,
    ) -> Mapping[Place, TokenRecords]:
        steps: dict[Place, list[RenewalStep]] = {place: [] for place in tokens}
        for number, strand in strands:
            token = tokens.get(strand.place)
            if token is not None and (before is None or number < before):
                steps[strand.place].append(self._step(number, strand, token))
        return {place: TokenRecords(token, steps[place]) for place, token in tokens.items()}

    def _step(self, number: int, strand: RenewedStrand, first: StoredToken) -> RenewalStep:
        renewal, tree = self._known(number)
        try:
            tree.siblings(strand.leaf)
        except UsageError as error:
            raise LedgerCorrupt(f"Renewal {number} is damaged.") from error
        if renewal.kind is RenewalKind.TREE and isinstance(strand.place, FilePlace):
            leaf = tree.plain_path(strand.leaf)[0][0]
            strand = replace(strand, objects=(0,), hashes=leaf)
        return RenewalStep(renewal, tree, strand, carrying(renewal, first.authority))

    def _read(self, number: int) -> tuple[StoredRenewal, RecordTree]:
        renewal = renewal_of(self._store, number)
        return renewal, tree_of(renewal)
