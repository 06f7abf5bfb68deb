"""What a hash-tree renewal is over: each object with all timestamps that it had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from evidence_ledger.core.algorithm import Digest
from evidence_ledger.core.claim import parse
from evidence_ledger.core.record_groups import split
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.token_place import FilePlace
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.ports import Store
from evidence_ledger.renewing.records import Renewals, TokenRecords
from evidence_ledger.sealing.seal_member import SealMember, bare_file, members_of
from evidence_ledger.stored import StoredSeal


@dataclass(slots=True)
class RenewableObjects:
    """The objects of a seal that can be renewed for one of its tokens, and a hash for each.

    ``without`` counts the others: those that were erased, or whose digest is not known.
    """

    objects: list[int] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    without: int = 0


class TreeLeaves:
    """Hashes for hash-tree renewals with one digest."""

    def __init__(self, store: Store, digest: Digest, renewals: Renewals) -> None:
        self._store = store
        self._digest = digest
        self._renewals = renewals

    def of(
        self, number: int, positions: Sequence[int], before: int | None = None
    ) -> list[RenewableObjects]:
        """For each of the tokens at ``positions`` of a seal; the checkpoint is always in it.

        Renewals from number ``before`` on are as if they were not there. Raises LedgerCorrupt.
        """
        seal = self._store.seal(number)
        if seal is None:
            raise LedgerCorrupt(f"The seal {number} has vanished.")
        records = self._records(seal, positions, before)
        found = [RenewableObjects() for _ in positions]
        objects = self._store.seal_objects(number)
        tree = RecordTree(split(objects.leaves))
        for one in members_of(self._store, seal, objects.offsets, tree):
            digest = one.digest(self._digest)
            for record, renewed in zip(records, found, strict=True):
                self._add(renewed, record, one, digest)
        total = len(objects.leaves) // 32
        for renewed in found:
            renewed.without = total - len(renewed.objects)
        return found

    def knows(self, place: FilePlace) -> bool:
        """Whether the digest of a file is known that has a timestamp over itself."""
        member = self._file(place)
        return member is not None and member.digest(self._digest) is not None

    def of_file(self, place: FilePlace, before: int | None = None) -> bytes:
        """The renewal's leaf for a token over a file itself.

        Renewals from number ``before`` on are as if they were not there. Raises LedgerCorrupt where
        the digest is not known.
        """
        records = self._renewals.of_files(place.entry, before).get(place)
        member = self._file(place)
        digest = member.digest(self._digest) if member else None
        if records is None or member is None or digest is None:
            raise LedgerCorrupt(f"A timestamp over file/{place.file} can't be renewed.")
        return records.draft(member)[0].leaf(digest, self._digest)

    def _file(self, place: FilePlace) -> SealMember | None:
        """None where its claim was erased."""
        claims = self._store.claims(place.entry)
        return next((bare_file(parse(data)) for at, data in claims if at == place.file), None)

    def _records(
        self, seal: StoredSeal, positions: Sequence[int], before: int | None
    ) -> list[TokenRecords]:
        records = self._renewals.records(seal, before)
        if positions and max(positions) >= len(records):
            raise LedgerCorrupt(f"A timestamp of seal {seal.number} is missing.")
        return [records[position] for position in positions]

    def _add(
        self,
        renewed: RenewableObjects,
        records: TokenRecords,
        one: SealMember,
        digest: bytes | None,
    ) -> None:
        if digest is None:
            return
        draft, whole = records.draft(one)
        if whole:
            renewed.objects.append(one.place)
            renewed.hashes.append(draft.leaf(digest, self._digest))

    def root(self, renewed: RenewableObjects) -> bytes:
        """The renewal's leaf for a strand."""
        return RecordTree(renewed.hashes, self._digest).root
