"""X.509 certificates and revocation data beside seals, each kept once however often it is used."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, select

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import seal_supplements, supplements
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.ports import StoredSupplement, SupplementKind


class SupplementRows:
    """Adds and reads what seals are accompanied by."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = Insertion(supplements, dialect)
        self._link = Insertion(seal_supplements, dialect)
        digest = seal_supplements.c.digest
        self._linked = Prepared(
            select(digest).where(
                seal_supplements.c.seal == bindparam("of"), digest == bindparam("wanted")
            ),
            dialect,
        )
        self._held = Prepared(
            select(supplements.c.digest).where(supplements.c.digest == bindparam("wanted")), dialect
        )
        self._of_seal = Prepared(
            select(seal_supplements.c.kind, digest, supplements.c.data)
            .outerjoin(supplements, supplements.c.digest == digest)
            .where(seal_supplements.c.seal == bindparam("of"))
            .order_by(seal_supplements.c.kind, digest),
            dialect,
        )

    def add(self, connection: Connection, seal: int, found: Sequence[StoredSupplement]) -> None:
        """Insert what the seal does not have yet."""
        for one in found:
            digest = hashlib.sha256(one.data).digest()
            if self._linked.rows(connection, of=seal, wanted=digest):
                continue
            if not self._held.rows(connection, wanted=digest):
                self._add.add(connection, [(digest, one.data)])
            self._link.add(connection, [(seal, digest, one.kind.value)])

    def of_seal(self, connection: Connection, seal: int) -> list[StoredSupplement]:
        """What a seal has, X.509 certificates first. Raises LedgerCorrupt."""
        return [_supplement(row, seal) for row in self._of_seal.rows(connection, of=seal)]


def _supplement(row: Row, seal: int) -> StoredSupplement:
    kind, digest, data = row
    sound = type(data) is bytes and hashlib.sha256(data).digest() == digest
    if not sound or kind not in set(SupplementKind):
        raise LedgerCorrupt(f"What was kept beside seal {seal} is damaged.")
    return StoredSupplement(SupplementKind(kind), data)
