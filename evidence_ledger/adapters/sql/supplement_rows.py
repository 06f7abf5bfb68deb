"""X.509 certificates and revocation data beside seals and renewals, each kept once however often it
is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, Table, bindparam, select

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import supplements
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.stored import StoredSupplement, SupplementKind


class SupplementRows:
    """Adds and reads what seals, or renewals, are accompanied by.

    ``links`` is the table that says what belongs to which; its first column is the owner's number.
    """

    def __init__(self, links: Table, dialect: Dialect) -> None:
        self._add = Insertion(supplements, dialect)
        self._link = Insertion(links, dialect)
        owner = next(iter(links.c))
        self._owner = owner.name
        self._linked = Prepared(
            select(links.c.digest).where(
                owner == bindparam("of"), links.c.digest == bindparam("wanted")
            ),
            dialect,
        )
        self._held = Prepared(
            select(supplements.c.digest).where(supplements.c.digest == bindparam("wanted")), dialect
        )
        self._of_owner = Prepared(
            select(links.c.kind, links.c.digest, supplements.c.data)
            .outerjoin(supplements, supplements.c.digest == links.c.digest)
            .where(owner == bindparam("of"))
            .order_by(links.c.kind, links.c.digest),
            dialect,
        )

    def add(self, connection: Connection, number: int, found: Sequence[StoredSupplement]) -> None:
        """Insert what the owner does not have yet."""
        for one in found:
            digest = hashlib.sha256(one.data).digest()
            if self._linked.rows(connection, of=number, wanted=digest):
                continue
            if not self._held.rows(connection, wanted=digest):
                self._add.add(connection, [(digest, one.data)])
            self._link.add(connection, [(number, digest, one.kind.value)])

    def of(self, connection: Connection, number: int) -> list[StoredSupplement]:
        """What an owner has, X.509 certificates first. Raises LedgerCorrupt."""
        whose = f"{self._owner} {number}"
        return [_supplement(row, whose) for row in self._of_owner.rows(connection, of=number)]


def _supplement(row: Row, whose: str) -> StoredSupplement:
    kind, digest, data = row
    sound = type(data) is bytes and hashlib.sha256(data).digest() == digest
    if not sound or kind not in set(SupplementKind):
        raise LedgerCorrupt(f"What was kept beside {whose} is damaged.")
    return StoredSupplement(SupplementKind(kind), data)
