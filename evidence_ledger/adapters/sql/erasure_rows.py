"""What goes when an entry is erased: its documents, claims, fingerprints, timestamps over files."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Dialect, delete, literal_column, null, or_, select, update

from evidence_ledger.adapters.sql.prepared import Prepared
from evidence_ledger.adapters.sql.schema import (
    IS_ERASURE,
    claims,
    direct_tokens,
    documents,
    fingerprints,
    orders,
    special_entries,
)
from evidence_ledger.errors import LedgerCorrupt


class ErasureRows:
    """Removes rows, and finds those that are to be removed."""

    def __init__(self, dialect: Dialect) -> None:
        about = special_entries.c.about
        is_there = [
            select(literal_column("1")).where(table.c.entry == about).exists()
            for table in (claims, direct_tokens, orders)
        ]
        is_held = or_(documents.c.statement.is_not(None), documents.c.signature.is_not(None))
        is_there.append(
            select(literal_column("1")).where(documents.c.entry == about, is_held).exists()
        )
        self._unfinished = Prepared(
            select(special_entries.c.entry)
            .where(IS_ERASURE, or_(*is_there))
            .distinct()
            .order_by(special_entries.c.entry),
            dialect,
        )

    def unfinished(self, connection: Connection) -> list[int]:
        """The erasures of which something is there still, ascending. Raises LedgerCorrupt."""
        found = [row[0] for row in self._unfinished.rows(connection)]
        if not all(type(one) is int for one in found):
            raise LedgerCorrupt("What is kept of special entries is damaged.")
        return found

    def remove(self, connection: Connection, indexes: Collection[int]) -> None:
        """Remove what there is of these entries. The index of fingerprints is read as a whole: a
        row that no claim leads to must go too."""
        held = or_(documents.c.statement.is_not(None), documents.c.signature.is_not(None))
        connection.execute(
            update(documents)
            .where(documents.c.entry.in_(indexes), held)
            .values(statement=null(), signature=null())
        )
        for table in (claims, fingerprints, direct_tokens, orders):
            connection.execute(delete(table).where(table.c.entry.in_(indexes)))
