"""What renewals renew of seals."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from sqlalchemy import Connection, Dialect, bindparam, select

from evidence_ledger.adapters.sql.history_rows import histories, history
from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import renewals, renewed_strands
from evidence_ledger.adapters.sql.seal_place import is_after
from evidence_ledger.core.renewal_history import RenewalHistory
from evidence_ledger.core.token_place import Place, SealPlace
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.stored import RenewedStrand

_TYPES = (int, int, int, bytes, bytes)


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
            select(table.renewal, *whole)
            .join(renewals, renewals.c.number == table.renewal)
            .where(table.seal == bindparam("of"), renewals.c.entry.is_not(None))
            .order_by(table.renewal, table.position),
            dialect,
        )
        self._histories = Prepared(histories(renewed_strands, "seal", "position"), dialect)

    def add(self, connection: Connection, number: int, strands: Iterable[RenewedStrand]) -> None:
        """Insert what a renewal renews."""
        self._add.add(connection, (_row(number, one) for one in strands))

    def of_renewal(
        self, connection: Connection, number: int, after: SealPlace, most: int
    ) -> list[tuple[SealPlace, RenewedStrand]]:
        """At most ``most`` of what a renewal renews, after a place, by places."""
        rows = self._of_renewal.rows(
            connection, of=number, seal=after.seal, position=after.position, most=most
        )
        return [(SealPlace(*row[:2]), _strand(row)) for row in rows]

    def of_seal(self, connection: Connection, seal: int) -> list[tuple[int, RenewedStrand]]:
        """What renewals with an entry do for a seal, oldest first."""
        rows = self._of_seal.rows(connection, of=seal)
        return [(row[0], _strand(row[1:])) for row in rows]

    def histories(self, connection: Connection) -> dict[Place, RenewalHistory]:
        """Of each token of a seal that renewals with an entry renew."""
        rows = self._histories.rows(connection)
        return {SealPlace(*row[:2]): history(row[2:]) for row in rows}


def _row(number: int, one: RenewedStrand) -> Row:
    objects = struct.pack(f">{len(one.objects)}I", *one.objects)
    return (number, *one.place, one.leaf, objects, one.hashes)


def _strand(row: Row) -> RenewedStrand:
    seal, position, leaf, objects, hashes = row
    if tuple(map(type, row)) != _TYPES or len(objects) % 4:
        raise LedgerCorrupt(f"What was renewed of seal {seal} is damaged.")
    places = struct.unpack(f">{len(objects) // 4}I", objects)
    return RenewedStrand(SealPlace(seal, position), leaf, places, hashes)
