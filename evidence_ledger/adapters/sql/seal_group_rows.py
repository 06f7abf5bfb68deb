"""A seal's record tree in groups, and the places of its entries, so that little is read for one.

They say again what the seal's leaves and offsets say; the audit compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy import Connection, Dialect, Integer, bindparam, select, tuple_

from evidence_ledger.adapters.sql.columns import Count
from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import seal_groups
from evidence_ledger.core.record_groups import HASH, PLACES, WIDTH, Group, kept_of, split
from evidence_ledger.stored import SealObjects

_AT_ONCE = 64
_BEFORE_ALL = (PLACES - 1 - 2**20, 0)

_Look = Callable[[Callable[[Connection], list[Row]]], list[Row]]


class SealGroupRows:
    """Adds and reads them."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = Insertion(seal_groups, dialect)
        known = seal_groups.c
        own = known.seal == bindparam("of")
        level = known.level == bindparam("at")
        self._one = Prepared(
            select(known.data).where(own, level, known.number == bindparam("which")), dialect
        )
        self._last = Prepared(
            select(known.number, known.data)
            .where(own, level)
            .order_by(known.number.desc())
            .limit(1),
            dialect,
        )
        after = tuple_(bindparam("at", type_=Integer()), bindparam("which", type_=Count))
        self._page = Prepared(
            select(known.level, known.number, known.data)
            .where(own, tuple_(known.level, known.number) > after)
            .order_by(known.level, known.number)
            .limit(_AT_ONCE),
            dialect,
        )

    def add(self, connection: Connection, seal: int, objects: SealObjects) -> None:
        """Insert all of one seal. Raises UsageError for leaves that are none."""
        groups = kept_of(split(objects.leaves), objects.offsets)
        self._add.add(connection, ((seal, *one) for one in groups))

    def data(self, connection: Connection, seal: int, level: int, number: int) -> bytes | None:
        """What is in a group; None where it is missing or damaged."""
        rows = self._one.rows(connection, of=seal, at=level, which=number)
        return rows[0][0] if rows and isinstance(rows[0][0], bytes) else None

    def all(self, look: _Look, seal: int) -> Iterator[Group]:
        """Those of a seal as they are stored, in order, read in pages."""
        after: tuple[object, ...] = _BEFORE_ALL
        while True:
            level, number = after
            rows = look(partial(self._page.rows, of=seal, at=level, which=number))
            yield from (Group(*row) for row in rows)
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1][:2]

    def count(self, connection: Connection, seal: int) -> int:
        """How many leaves there are; 0 where that can't be told."""
        rows = self._last.rows(connection, of=seal, at=0)
        if not rows or type(rows[0][0]) is not int or not isinstance(rows[0][1], bytes):
            return 0
        number, data = rows[0]
        return int(number) * WIDTH + len(data) // HASH
