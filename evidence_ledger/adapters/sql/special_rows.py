"""Where the entries are that say something of the ledger or of other entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Dialect, bindparam, select

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import special_entries
from evidence_ledger.core import special
from evidence_ledger.core.chain import AppendedEntry
from evidence_ledger.core.special import KINDS, SpecialEntry
from evidence_ledger.errors import LedgerCorrupt

_ALL: Final = 2**53


class SpecialRows:
    """Adds and finds them."""

    def __init__(self, dialect: Dialect) -> None:
        table = special_entries.c
        order = table.entry, table.position
        self._add = Insertion(special_entries, dialect)
        self._between = Prepared(
            select(*table)
            .where(table.entry >= bindparam("low"), table.entry < bindparam("high"))
            .order_by(*order),
            dialect,
        )
        self._about = Prepared(
            select(*table)
            .where(table.about == bindparam("of"))
            .order_by(*order)
            .limit(bindparam("most")),
            dialect,
        )

    def add(self, connection: Connection, appended: Sequence[AppendedEntry]) -> None:
        """Insert what there is to be found of fresh entries."""
        fresh = [
            (found.entry, found.position, found.kind, found.about)
            for one in appended
            if one.admission.kind in KINDS
            for found in special.special_entries(
                one.index, one.admission.kind, one.admission.statement
            )
        ]
        self._add.add(connection, fresh)

    def between(self, connection: Connection, start: int, stop: int) -> list[SpecialEntry]:
        """Those of a range of entries. Raises LedgerCorrupt."""
        return [_special(row) for row in self._between.rows(connection, low=start, high=stop)]

    def about(
        self, connection: Connection, about: int, most: int | None = None
    ) -> list[SpecialEntry]:
        """Those about an entry; the first ``most`` of them. Raises LedgerCorrupt."""
        count = _ALL if most is None else most
        return [_special(row) for row in self._about.rows(connection, of=about, most=count)]


def _special(row: Row) -> SpecialEntry:
    entry, position, kind, about = row
    numbers = [entry, position] if about is None else [entry, position, about]
    if not all(type(one) is int for one in numbers) or type(kind) is not str:
        raise LedgerCorrupt("What is kept of special entries is damaged.")
    return SpecialEntry(entry, position, kind, about)
