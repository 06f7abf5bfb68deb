"""Timestamps over files themselves, kept with their deposit."""

from __future__ import annotations

from sqlalchemy import Connection, Dialect, bindparam, select

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import claims, direct_tokens
from evidence_ledger.adapters.sql.token_row import token_of
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.stored import DirectToken


class DirectRows:
    """Adds and reads the direct timestamps of deposits."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = Insertion(direct_tokens, dialect)
        self._claimed = Prepared(
            select(claims.c.entry).where(
                claims.c.entry == bindparam("of"), claims.c.position == bindparam("at")
            ),
            dialect,
        )
        table = direct_tokens.c
        self._entries = Prepared(select(table.entry).distinct().order_by(table.entry), dialect)
        self._of_entry = Prepared(
            select(table.file, table.authority, table.independent, table.response, table.token)
            .where(table.entry == bindparam("of"))
            .order_by(table.file, table.authority),
            dialect,
        )

    def add(self, connection: Connection, entry: int, direct: DirectToken) -> None:
        """Insert one, unless the authority's token over that file is there, or the entry was erased
        while the authority was asked."""
        if not self._claimed.rows(connection, of=entry, at=direct.file):
            return
        held = {(one.file, one.token.authority) for one in self.of_entry(connection, entry)}
        one = direct.token
        if (direct.file, one.authority) not in held:
            independent = int(one.independent)
            row = (entry, direct.file, one.authority, independent, one.response, one.token)
            self._add.add(connection, [row])

    def entries(self, connection: Connection) -> list[int]:
        """The entries that have some. Raises LedgerCorrupt."""
        found = [row[0] for row in self._entries.rows(connection)]
        if not all(type(one) is int for one in found):
            raise LedgerCorrupt("A timestamp over a file belongs to no entry.")
        return found

    def of_entry(self, connection: Connection, entry: int) -> list[DirectToken]:
        """Those of one deposit, by file and authority. Raises LedgerCorrupt."""
        return [_direct(row, entry) for row in self._of_entry.rows(connection, of=entry)]


def _direct(row: Row, entry: int) -> DirectToken:
    if type(row[0]) is not int:
        raise LedgerCorrupt(f"A timestamp of entry {entry} is damaged.")
    return DirectToken(row[0], token_of(row[1:], f"entry {entry}"))
