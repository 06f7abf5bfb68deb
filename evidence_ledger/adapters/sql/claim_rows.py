"""Claims, and the fingerprints to find them by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sqlalchemy import Connection, Dialect, bindparam, select, tuple_

from evidence_ledger.adapters.sql.columns import Count
from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import claims, fingerprints
from evidence_ledger.core.chain import AppendedEntry
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.stored import Found

_ROWS_AT_ONCE = 2048
_LAST = 2**63 - 1

Look = Callable[[Callable[[Connection], list[Row]]], list[Row]]


class ClaimRows:
    """Adds and reads claims and fingerprints."""

    def __init__(self, dialect: Dialect) -> None:
        self._add_claim = Insertion(claims, dialect)
        self._add_fingerprint = Insertion(fingerprints, dialect)
        entry, position = claims.c.entry, claims.c.position
        self._page = Prepared(
            select(position, claims.c.data)
            .where(entry == bindparam("of"), position >= bindparam("low"))
            .order_by(position)
            .limit(bindparam("most")),
            dialect,
        )
        self._between = Prepared(
            select(entry, position, claims.c.data)
            .where(
                tuple_(entry, position)
                > tuple_(bindparam("after", type_=Count), bindparam("behind", type_=Count)),
                entry < bindparam("stop"),
            )
            .order_by(entry, position)
            .limit(_ROWS_AT_ONCE),
            dialect,
        )
        place = fingerprints.c.entry, fingerprints.c.position
        self._find = Prepared(
            select(*place)
            .where(
                fingerprints.c.digest == bindparam("wanted"),
                fingerprints.c.algorithm == bindparam("name"),
            )
            .order_by(*place),
            dialect,
        )

    def add(self, connection: Connection, appended: Sequence[AppendedEntry]) -> None:
        """Insert claims and fingerprints, however many."""
        self._add_claim.add(connection, _claims(appended))
        self._add_fingerprint.add(connection, _fingerprints(appended))

    def page(self, connection: Connection, entry: int, start: int, most: int) -> list[Row]:
        """At most ``most`` pairs of position and bytes from ``start`` on. Raises LedgerCorrupt."""
        rows = self._page.rows(connection, of=entry, low=start, most=most)
        if not all(type(position) is int and type(data) is bytes for position, data in rows):
            raise LedgerCorrupt(f"A claim of entry {entry} is damaged.")
        return rows

    def between(self, look: Look, start: int, stop: int) -> Iterator[Row]:
        """Entry, position and bytes of the claims of a range of entries; in order, as stored.

        ``look`` gives what is read on a connection.
        """
        after: Row = (start - 1, _LAST)
        while True:
            values = dict(zip(("after", "behind"), after, strict=True))
            rows = look(partial(self._between.rows, **values, stop=stop))
            yield from rows
            if len(rows) < _ROWS_AT_ONCE:
                return
            after = rows[-1][:2]

    def find(self, connection: Connection, digest: bytes, algorithm: str) -> list[Found]:
        """Where a digest was deposited, oldest first."""
        rows = self._find.rows(connection, wanted=digest, name=algorithm)
        return [Found(entry, position) for entry, position in rows]


def _claims(appended: Sequence[AppendedEntry]) -> Iterator[Row]:
    for one in appended:
        for position, data in enumerate(one.admission.claims):
            yield (one.index, position, data)


def _fingerprints(appended: Sequence[AppendedEntry]) -> Iterator[Row]:
    for one in appended:
        for found in one.admission.digests:
            yield (found.digest, found.algorithm, one.index, found.position)
