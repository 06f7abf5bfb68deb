"""What renewals renew of seals."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Dialect, bindparam, func, select

from evidence_ledger.adapters.sql.group_rows import GroupRows
from evidence_ledger.adapters.sql.history_rows import histories, history
from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import renewals, renewed_groups, renewed_strands
from evidence_ledger.adapters.sql.seal_place import is_after
from evidence_ledger.core.algorithm import Digest
from evidence_ledger.core.renewal_history import RenewalHistory
from evidence_ledger.core.renewed_objects import kept_of_renewed
from evidence_ledger.core.token_place import Place, SealPlace
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.stored import RenewedLeaf, RenewedStrand

_TYPES = (int, int, int, bytes, bytes)
_LEAF = (int, int, int, int, int)


class RenewedSealRows:
    """Adds and reads them."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = Insertion(renewed_strands, dialect)
        table = renewed_strands.c
        whole = (table.seal, table.position, table.leaf, table.objects, table.hashes)
        self._of_renewal = Prepared(
            select(*whole)
            .where(table.renewal == bindparam("of"), is_after(renewed_strands))
            .order_by(table.seal, table.position)
            .limit(bindparam("most")),
            dialect,
        )
        self._of_seal = Prepared(
            select(table.renewal, table.seal, table.position, table.leaf, _size())
            .join(renewals, renewals.c.number == table.renewal)
            .where(table.seal == bindparam("of"), renewals.c.entry.is_not(None))
            .order_by(table.renewal, table.position),
            dialect,
        )
        self._histories = Prepared(histories(renewed_strands, "seal", "position"), dialect)
        self.groups = GroupRows(renewed_groups, dialect)

    def add(
        self, connection: Connection, number: int, strands: Sequence[RenewedStrand], digest: Digest
    ) -> None:
        """Insert what a renewal with ``digest`` renews.

        Raises UsageError for objects that have not one hash each.
        """
        self._add.add(connection, (_row(number, one) for one in strands))
        for one in strands:
            if one.objects:
                groups = kept_of_renewed(one.objects, one.hashes, digest)
                self.groups.add(connection, _key(number, one), groups)

    def of_renewal(
        self, connection: Connection, number: int, after: SealPlace, most: int
    ) -> list[tuple[SealPlace, RenewedStrand]]:
        """At most ``most`` of what a renewal renews, after a place, by places."""
        rows = self._of_renewal.rows(
            connection, of=number, seal=after.seal, position=after.position, most=most
        )
        return [(SealPlace(*row[:2]), _strand(row)) for row in rows]

    def of_seal(self, connection: Connection, seal: int) -> list[RenewedLeaf]:
        """What renewals with an entry do for a seal, oldest first. No objects are read."""
        return [_leaf(row) for row in self._of_seal.rows(connection, of=seal)]

    def histories(self, connection: Connection) -> dict[Place, RenewalHistory]:
        """Of each token of a seal that renewals with an entry renew."""
        rows = self._histories.rows(connection)
        return {SealPlace(*row[:2]): history(row[2:]) for row in rows}


def _size() -> ColumnElement[int]:
    """Bytes of hashes; both kinds of database tell it without reading them."""
    return func.length(renewed_strands.c.hashes)


def _key(number: int, one: RenewedStrand) -> tuple[int, ...]:
    seal, position, *_ = one.place
    return (number, int(seal), int(position))


def _leaf(row: Row) -> RenewedLeaf:
    if tuple(map(type, row)) != _LEAF:
        raise LedgerCorrupt(f"What was renewed of seal {row[1]} is damaged.")
    renewal, seal, position, leaf, size = row
    return RenewedLeaf(renewal, SealPlace(seal, position), leaf, size)


def _row(number: int, one: RenewedStrand) -> Row:
    objects = struct.pack(f">{len(one.objects)}I", *one.objects)
    return (number, *one.place, one.leaf, objects, one.hashes)


def _strand(row: Row) -> RenewedStrand:
    seal, position, leaf, objects, hashes = row
    if tuple(map(type, row)) != _TYPES or len(objects) % 4:
        raise LedgerCorrupt(f"What was renewed of seal {seal} is damaged.")
    places = struct.unpack(f">{len(objects) // 4}I", objects)
    return RenewedStrand(SealPlace(seal, position), leaf, places, hashes)
