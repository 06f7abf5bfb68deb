"""Investigation orders, found by the entries that they name."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, select

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared
from evidence_ledger.adapters.sql.schema import orders
from evidence_ledger.core import special
from evidence_ledger.core.chain import AppendedEntry
from evidence_ledger.core.special import Order
from evidence_ledger.errors import LedgerCorrupt


class OrderRows:
    """Adds and finds them."""

    def __init__(self, dialect: Dialect) -> None:
        table = orders.c
        self._add = Insertion(orders, dialect)
        self._about = Prepared(
            select(*table)
            .where(table.about == bindparam("of"), table.entry < bindparam("before"))
            .order_by(table.signer, table.entry),
            dialect,
        )

    def add(self, connection: Connection, appended: Sequence[AppendedEntry]) -> None:
        """Insert what fresh orders name."""
        fresh = [
            found
            for one in appended
            for found in special.orders(one.index, one.admission.kind, one.admission.statement)
        ]
        self._add.add(connection, fresh)

    def about(self, connection: Connection, about: int, before: int) -> list[Order]:
        """Those that name an entry and came before another one. Raises LedgerCorrupt."""
        found = [Order(*row) for row in self._about.rows(connection, of=about, before=before)]
        if not all(type(one.signer) is bytes and type(one.entry) is int for one in found):
            raise LedgerCorrupt(f"What is kept of orders about entry {about} is damaged.")
        return found
