"""The one row that says how far the ledger has come; whoever moves it has appended."""

from __future__ import annotations

from sqlalchemy import Connection, Dialect, bindparam, insert, select, update

from evidence_ledger.adapters.sql.prepared import Prepared
from evidence_ledger.adapters.sql.schema import head
from evidence_ledger.core.canonical import time_of, time_text
from evidence_ledger.core.chain import Head
from evidence_ledger.errors import FormatError, HeadMoved, LedgerCorrupt


class HeadRow:
    """Reads and moves the head."""

    def __init__(self, dialect: Dialect) -> None:
        self._read = Prepared(select(head.c.size, head.c.last, head.c.received), dialect)
        self._hold = Prepared(select(head.c.size).with_for_update(), dialect)
        self._move = Prepared(
            update(head)
            .where(head.c.size == bindparam("before"), head.c.last == bindparam("expected"))
            .values(
                size=bindparam("after"), last=bindparam("newest"), received=bindparam("moment")
            ),
            dialect,
        )

    @staticmethod
    def make(connection: Connection) -> None:
        """The head of a ledger without entries."""
        connection.execute(insert(head).values(id=1, size=0, last=Head().last, received=None))

    def read(self, connection: Connection, place: str) -> Head:
        """The newest state. Raises LedgerCorrupt."""
        rows = self._read.rows(connection)
        if len(rows) != 1:
            raise LedgerCorrupt(f"The ledger has {len(rows)} heads instead of one.", where=place)
        size, last, received = rows[0]
        if type(size) is not int or size < 0 or type(last) is not bytes or len(last) != 32:
            raise LedgerCorrupt("The ledger's head is damaged.", where=place)
        try:
            moment = None if received is None else time_of(received, where=place, microseconds=True)
        except FormatError as error:
            raise LedgerCorrupt("The time in the ledger's head is damaged.", where=place) from error
        return Head(size, last, moment)

    def hold(self, connection: Connection) -> None:
        """Lock the head, which changes nothing; but PostgreSQL then has something to commit, and so
        waits until this and all before it is on its disk, and on its synchronous replicas."""
        self._hold.rows(connection)

    def move(self, connection: Connection, before: Head, after: Head) -> None:
        """Replace ``before`` by ``after``. Raises HeadMoved where it is no longer the head."""
        moment = after.received and time_text(after.received, microseconds=True)
        moved = self._move.change(
            connection,
            before=before.size,
            expected=before.last,
            after=after.size,
            newest=after.last,
            moment=moment,
        )
        if moved != 1:
            raise HeadMoved("Another program appended to the ledger first.")
