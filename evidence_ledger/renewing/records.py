"""Evidence records with all that was renewed, from stored parts: of seals, and of bare files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache, partial

from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.evidence_record import encode_stamp
from evidence_ledger.core.record_draft import RecordDraft
from evidence_ledger.core.record_tree import PartialLists, RecordTree
from evidence_ledger.core.renewed_objects import RenewedObjects
from evidence_ledger.core.token_place import FilePlace, Place, SealPlace
from evidence_ledger.errors import LedgerCorrupt, UsageError
from evidence_ledger.ports import Store
from evidence_ledger.renewing.strand import carrying, renewal_of, stamp_of, tree_of
from evidence_ledger.sealing.seal_member import SealMember
from evidence_ledger.stored import (
    RenewalKind,
    RenewedLeaf,
    StoredRenewal,
    StoredSeal,
    StoredToken,
)

_TREES = 16


class RenewalStep:
    """What one renewal adds to the records over one token, of a seal or of a file.

    ``path`` leads from the token's leaf in the renewal to the root that ``token`` is over. In a
    hash-tree renewal of a seal's token, that leaf is the root over ``objects``; of a file's token
    it is that of the one object.
    """

    def __init__(
        self,
        renewal: StoredRenewal,
        path: PartialLists,
        token: StoredToken,
        objects: RenewedObjects | None = None,
    ) -> None:
        self.kind = renewal.kind
        self.number = renewal.number
        self.digest = DIGESTS[renewal.digest]
        self._path = path
        self._token = token.token
        self._objects = objects

    @cached_property
    def stamp(self) -> bytes:
        """The ArchiveTimeStamp of a timestamp renewal, the same for all objects."""
        return encode_stamp(self.digest, self._path, self._token)

    def place(self, object_: int) -> int | None:
        """Where an object of the seal is among the renewed ones; None where it is not."""
        return self._objects.leaf_of(object_) if self._objects else 0

    def object_hash(self, place: int) -> bytes:
        """The leaf of the renewed object at ``place``."""
        return self._objects.tree.leaf(place) if self._objects else self._path[0][0]

    def object_stamp(self, place: int) -> bytes:
        """The ArchiveTimeStamp of a hash-tree renewal for the object at ``place``."""
        below = self._objects.tree.plain_path(place) if self._objects else self._path[:1]
        return encode_stamp(self.digest, (*below, *self._path[1:]), self._token)


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
        leaves = self._store.renewals_of_seal(seal.number)
        if any(one.place not in tokens for one in leaves):
            raise LedgerCorrupt(f"A renewal is of a timestamp that seal {seal.number} lacks.")
        return tuple(self._records(leaves, tokens, before).values())

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
        leaves: Sequence[RenewedLeaf],
        tokens: Mapping[Place, StoredToken],
        before: int | None,
    ) -> Mapping[Place, TokenRecords]:
        steps: dict[Place, list[RenewalStep]] = {place: [] for place in tokens}
        for one in leaves:
            token = tokens.get(one.place)
            if token is not None and (before is None or one.renewal < before):
                steps[one.place].append(self._step(one, token))
        return {place: TokenRecords(token, steps[place]) for place, token in tokens.items()}

    def _step(self, one: RenewedLeaf, first: StoredToken) -> RenewalStep:
        renewal, tree = self._known(one.renewal)
        try:
            path = tree.plain_path(one.leaf)
        except UsageError as error:
            raise LedgerCorrupt(f"Renewal {one.renewal} is damaged.") from error
        token, objects = carrying(renewal, first.authority), None
        if stamp_of(token) != (renewal.digest, tree.root):
            raise LedgerCorrupt(f"A timestamp of renewal {one.renewal} is over something else.")
        if renewal.kind is RenewalKind.TREE and isinstance(one.place, SealPlace):
            read = partial(self._store.renewed_group, one.renewal, one.place)
            objects = RenewedObjects(read, one.size, path[0][0], DIGESTS[renewal.digest])
        return RenewalStep(renewal, path, token, objects)

    def _read(self, number: int) -> tuple[StoredRenewal, RecordTree]:
        renewal = renewal_of(self._store, number)
        return renewal, tree_of(renewal)
