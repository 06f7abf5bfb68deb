"""Completeness certificates: the newest sealed roll with the docket of a matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evidence_ledger.core import entry
from evidence_ledger.core.docket import Docket, docket_of
from evidence_ledger.core.entry import ROLL, Entry
from evidence_ledger.core.matter import MatterKeys
from evidence_ledger.core.roll import Roll
from evidence_ledger.errors import LedgerCorrupt, NoSuchEntry, NotSealed
from evidence_ledger.issuing.issuer import Issued, Issuer
from evidence_ledger.matter_entries import MatterEntries
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredSeal
from evidence_ledger.tree import reader_of


class Completer:
    """Shows all entries of a matter."""

    def __init__(self, store: Store, issuer: Issuer) -> None:
        self._store = store
        self._issuer = issuer

    def complete(self, keys: MatterKeys) -> Issued:
        """The certificate of the newest roll that is sealed, with the docket of the matter.

        Raises NotSealed where there is none, NoSuchEntry where the matter has no entry before it,
        LedgerCorrupt, and what Issuer.issue raises.
        """
        seal, own = self._newest_roll()
        found = MatterEntries(self._store, keys).indexes()
        indexes = [index for index in found if index < own.index]
        if not indexes:
            raise NoSuchEntry(f"Before entry {own.index} there is no entry of this matter.")
        docket = self._docket(keys, indexes, seal, own)
        issued = self._issuer.issue(own.index)
        return replace(issued, parts=replace(issued.parts, docket=docket.encode()))

    def _newest_roll(self) -> tuple[StoredSeal, Entry]:
        newest = self._store.seal(-1)
        for number in range(newest.number if newest else -1, -1, -1):
            seal = self._store.seal(number)
            if seal is None or not seal.tokens:
                continue
            parsed = [entry.parse(o.entry) for o in self._store.entries(seal.first, seal.size)]
            rolls = [one for one in parsed if one.kind == ROLL]
            if rolls:
                return seal, rolls[-1]
        raise NotSealed("No roll of the ledger's marks is sealed yet.")

    def _docket(
        self, keys: MatterKeys, indexes: Sequence[int], seal: StoredSeal, own: Entry
    ) -> Docket:
        reader = reader_of(self._store)
        entries = [
            (self._store.entry(index).entry, reader.inclusion_proof(index, seal.size))
            for index in indexes
        ]
        return docket_of(keys, entries, self._roll(own))

    def _roll(self, own: Entry) -> Roll:
        roll = Roll()
        for index, mark in self._store.marks():
            if index >= own.index:
                break
            roll.add(mark, index)
        if roll.root() != own.mark:
            raise LedgerCorrupt(f"The marks are not those of the roll that is entry {own.index}.")
        return roll
