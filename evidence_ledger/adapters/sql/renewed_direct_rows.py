"""What renewals renew of the timestamps over files themselves.

Nothing here tells which file that was, so that it may stay when the timestamp is erased.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Dialect, bindparam, select

from evidence_ledger.adapters.sql.history_rows import histories, history
from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import renewals, renewed_direct
from evidence_ledger.core.renewal_history import RenewalHistory
from evidence_ledger.core.token_place import FilePlace, Place
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.stored import RenewedLeaf, RenewedStrand

_TYPES = (int, int, str, int)


class RenewedDirectRows:
    """Adds and reads them."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = Insertion(renewed_direct, dialect)
        table = renewed_direct.c
        whole = (table.entry, table.file, table.authority, table.leaf)
        self._of_renewal = Prepared(
            select(*whole)
            .where(table.renewal == bindparam("of"))
            .order_by(table.entry, table.file, table.authority),
            dialect,
        )
        self._of_entry = Prepared(
            select(table.renewal, *whole)
            .join(renewals, renewals.c.number == table.renewal)
            .where(table.entry == bindparam("of"), renewals.c.entry.is_not(None))
            .order_by(table.renewal, table.file, table.authority),
            dialect,
        )
        self._histories = Prepared(histories(renewed_direct, "entry", "file", "authority"), dialect)

    def add(self, connection: Connection, number: int, strands: Iterable[RenewedStrand]) -> None:
        """Insert what a renewal renews."""
        self._add.add(connection, ((number, *one.place, one.leaf) for one in strands))

    def of_renewal(self, connection: Connection, number: int) -> list[RenewedStrand]:
        """What a renewal renews, by place. Raises LedgerCorrupt."""
        return [_strand(row) for row in self._of_renewal.rows(connection, of=number)]

    def of_entry(self, connection: Connection, entry: int) -> list[RenewedLeaf]:
        """What renewals with an entry do for the files of an entry, oldest first."""
        found = [(row[0], _strand(row[1:])) for row in self._of_entry.rows(connection, of=entry)]
        return [RenewedLeaf(number, one.place, one.leaf) for number, one in found]

    def histories(self, connection: Connection) -> dict[Place, RenewalHistory]:
        """Of each token over a file that renewals with an entry renew."""
        rows = self._histories.rows(connection)
        return {FilePlace(*row[:3]): history(row[3:]) for row in rows}


def _strand(row: Row) -> RenewedStrand:
    *place, leaf = row
    if tuple(map(type, row)) != _TYPES:
        raise LedgerCorrupt("What was renewed of a file's timestamp is damaged.")
    return RenewedStrand(FilePlace(*place), leaf)
