"""An entry in its seal: the evidence records over its documents and its files, gathered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evidence_ledger.core import certificate as names
from evidence_ledger.core.certificate import FileRecord, ObjectRecord
from evidence_ledger.core.certificate_writer import covered_object
from evidence_ledger.core.claim import Claim
from evidence_ledger.ports import Store
from evidence_ledger.renewing.records import TokenRecords
from evidence_ledger.sealing.seal_member import document, file
from evidence_ledger.sealing.sealed_tree import place_of, stamped_tree
from evidence_ledger.stored import StoredEntry, StoredSeal

MOST_FILE_RECORDS = 1000
"""Files with an evidence record of their own in one certificate; the others are proved by the
records over the statement, and get theirs when they are exported with ``--only``."""


class SealedEntry:
    """``records`` are those over each of the seal's tokens.

    Raises LedgerCorrupt where what is kept of the seal is not what its tokens are over.
    """

    def __init__(
        self, store: Store, seal: StoredSeal, index: int, records: Sequence[TokenRecords]
    ) -> None:
        self._seal = seal
        self._tree = stamped_tree(store, seal)
        self._offset = place_of(store, seal, index)
        self._records = records

    def object_records(self, stored: StoredEntry) -> Iterator[ObjectRecord]:
        """Over the checkpoint, the statement and its signature. Raises LedgerCorrupt."""
        objects = (
            (names.CHECKPOINT, self._seal.checkpoint, 0),
            (names.STATEMENT, stored.statement or b"", self._offset),
            (names.SIGNATURE, stored.signature or b"", self._offset + 1),
        )
        members = [(name, document(self._tree, place, data), data) for name, data, place in objects]
        for over in self._records:
            for name, member, data in members:
                yield ObjectRecord(covered_object(name, data), over.record(member))

    def file_records(
        self, claims: Sequence[tuple[int, Claim]]
    ) -> dict[int, tuple[FileRecord, ...]]:
        """Over the files among these claims, by the numbers of their claims, unless there are more
        than ``MOST_FILE_RECORDS``. Raises LedgerCorrupt.
        """
        files = [(at, claim) for at, claim in claims if claim.section == "file"]
        if len(files) > MOST_FILE_RECORDS:
            return {}
        members = {at: file(self._tree, self._offset + 2 + at, claim) for at, claim in files}
        return {
            at: tuple(FileRecord(over.authority, over.record(member)) for over in self._records)
            for at, member in members.items()
        }
