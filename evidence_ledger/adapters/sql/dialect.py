"""What is particular to one kind of database, as one noun: everything else is said once for all.

A kind says how a transaction begins, which lock makes it the only writer, how its errors are called
in the ledger, and how its triggers are written. ``sqlite`` and ``postgresql`` are the two kinds.

Migrations are written once. They take column types from ``columns`` and their triggers from
``fence.triggers(op.get_bind().dialect.name, ...)``; which changes of a table are refused is said in
``fence``, in words that both kinds understand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Table

from evidence_ledger.errors import LedgerError

FENCED = "are written once"
MOVED = "the ledger was moved"


class SqlDialect(Protocol):
    """One kind of database."""

    snapshot: str
    """Begins a transaction whose statements all see one state."""
    writing: str
    """Begins the transaction of the only writer."""
    many: int
    """So many rows are faster loaded than inserted."""
    cursor: Mapping[str, Any]
    """What a driver's cursor for many rows is asked for."""

    def begin(self, connection: Connection, words: str) -> None:
        """Say ``words`` to the driver."""
        ...

    def error(self, error: BaseException | None, place: str) -> LedgerError:
        """The error of the ledger that stands for what the driver raised."""
        ...

    def is_conflict(self, error: Exception) -> bool:
        """True where a row is there already, rather than refused by a trigger or a rule."""
        ...

    def is_lost(self, connection: Connection) -> bool:
        """True where the server, or the way to it, is gone."""
        ...

    def turn(self, connection: Connection) -> AbstractContextManager[None]:
        """While it lasts, the connection is the only one that writes, in however many
        transactions."""
        ...

    def alone(self, connection: Connection) -> AbstractContextManager[bool]:
        """Whether no other process of any host is at sealing; False at once where one is."""
        ...

    def triggers(self, table: str, changes: Mapping[str, str]) -> Iterator[str]:
        """Statements that refuse changes (UPDATE, DELETE) of a table's rows under conditions."""
        ...

    def guard(self, table: str, change: str, condition: str) -> Iterator[str]:
        """Statements that let a change of a table's rows pass where a condition holds, which may
        look at other tables."""
        ...

    def note_remnants(self, connection: Connection) -> None:
        """Note, in the transaction that erases, that the database's files will hold remnants."""
        ...

    def scrub(self, connection: Connection) -> bool:
        """Overwrite such remnants. False where that is not to be had, or others are in the way."""
        ...

    def rows(self, connection: Connection, query: str) -> Iterator[tuple[Any, ...]]:
        """All rows of a query, streamed in flat memory, inside a transaction."""
        ...

    def load(self, connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert any number of rows, streamed in flat memory."""
        ...

    def hold(self, connection: Connection) -> None:
        """The transaction may rest for as long as it takes."""
        ...

    def retirement(self, table: str) -> Iterator[str]:
        """Statements after which a table refuses every change: the ledger is elsewhere."""
        ...

    def is_retired(self, connection: Connection) -> bool:
        """True where that was done."""
        ...
