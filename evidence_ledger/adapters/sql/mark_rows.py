"""Marks of entries: what their entries say, to be found by."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, select

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import marks
from evidence_ledger.core.chain import AppendedEntry
from evidence_ledger.core.entry import ROLL
from evidence_ledger.errors import LedgerCorrupt

_MARK_SIZE = 32


class MarkRows:
    """Adds and reads the marks of entries; that of a roll is not among them."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = Insertion(marks, dialect)
        columns = marks.c.entry, marks.c.mark
        self._one = Prepared(select(*columns).where(marks.c.mark == bindparam("of")), dialect)
        self._page = Prepared(
            select(*columns)
            .where(marks.c.entry >= bindparam("low"))
            .order_by(marks.c.entry)
            .limit(bindparam("count")),
            dialect,
        )

    def add(self, connection: Connection, appended: Sequence[AppendedEntry]) -> None:
        """Insert the marks of those entries that have one."""
        rows = [
            (one.index, one.admission.mark)
            for one in appended
            if one.admission.mark is not None and one.admission.kind != ROLL
        ]
        if rows:
            self._add.add(connection, rows)

    def entry(self, connection: Connection, mark: bytes) -> int | None:
        """The entry with that mark. Raises LedgerCorrupt."""
        rows = self._one.rows(connection, of=mark)
        return _marked(rows[0])[0] if rows else None

    def entries(self, connection: Connection, wanted: Sequence[bytes]) -> dict[bytes, int]:
        """The entries of those marks that have one. Raises LedgerCorrupt."""
        found = {mark: self.entry(connection, mark) for mark in wanted}
        return {mark: entry for mark, entry in found.items() if entry is not None}

    def page(self, connection: Connection, start: int, count: int) -> list[tuple[int, bytes]]:
        """So many entries from ``start`` on that have a mark, in order. Raises LedgerCorrupt."""
        return [_marked(row) for row in self._page.rows(connection, low=start, count=count)]


def _marked(row: Row) -> tuple[int, bytes]:
    number, mark = row
    if type(number) is not int or type(mark) is not bytes or len(mark) != _MARK_SIZE:
        raise LedgerCorrupt(f"The mark of entry {number} is damaged.")
    return number, mark
