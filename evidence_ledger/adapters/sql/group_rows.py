"""Hash trees in groups, and what is looked up in them, so that little is read for one object.

``seal_groups`` say again what a seal's leaves and offsets say, ``renewed_groups`` the same of the
objects that a hash-tree renewal renews for one token; the audit compares both. A tree is found by
its key: the columns before ``level``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import Connection, Dialect, Integer, Table, and_, bindparam, select, tuple_

from evidence_ledger.adapters.sql.columns import Count
from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.core.record_groups import HASH, PLACES, WIDTH, Group

_AT_ONCE = 64
_BEFORE_ALL = (PLACES - 1 - 2**20, 0)

_Look = Callable[[Callable[[Connection], list[Row]]], list[Row]]


class GroupRows:
    """Adds and reads the groups in one table."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self._add = Insertion(table, dialect)
        known = table.c
        self._keys = [one.name for one in table.primary_key if one.name not in ("level", "number")]
        own = and_(*(known[name] == bindparam(f"of_{name}") for name in self._keys))
        level = known.level == bindparam("at")
        self._one = Prepared(
            select(known.data).where(own, level, known.number == bindparam("which")), dialect
        )
        self._any = Prepared(select(known.level).where(own).limit(1), dialect)
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

    def _of(self, key: tuple[int, ...]) -> dict[str, Any]:
        return {f"of_{name}": value for name, value in zip(self._keys, key, strict=True)}

    def add(self, connection: Connection, key: tuple[int, ...], groups: Iterable[Group]) -> None:
        """Insert all of one tree. Raises what making ``groups`` raises."""
        self._add.add(connection, ((*key, *one) for one in groups))

    def has(self, connection: Connection, key: tuple[int, ...]) -> bool:
        """Whether anything is kept of a tree."""
        return bool(self._any.rows(connection, **self._of(key)))

    def data(
        self, connection: Connection, key: tuple[int, ...], level: int, number: int
    ) -> bytes | None:
        """What is in a group; None where it is missing or damaged."""
        rows = self._one.rows(connection, **self._of(key), at=level, which=number)
        return rows[0][0] if rows and isinstance(rows[0][0], bytes) else None

    def all(self, look: _Look, key: tuple[int, ...]) -> Iterator[Group]:
        """Those of a tree as they are stored, in order, read in pages."""
        after: tuple[object, ...] = _BEFORE_ALL
        while True:
            level, number = after
            rows = look(partial(self._page.rows, **self._of(key), at=level, which=number))
            yield from (Group(*row) for row in rows)
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1][:2]

    def count(self, connection: Connection, key: tuple[int, ...]) -> int:
        """How many leaves of SHA-256 there are; 0 where that can't be told."""
        rows = self._last.rows(connection, **self._of(key), at=0)
        if not rows or type(rows[0][0]) is not int or not isinstance(rows[0][1], bytes):
            return 0
        number, data = rows[0]
        return int(number) * WIDTH + len(data) // HASH
