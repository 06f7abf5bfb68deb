"""Witnesses' cosignatures of seals' checkpoints, one a key."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, select

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import cosignatures, seals
from evidence_ledger.core.note import parse_line
from evidence_ledger.errors import FormatError, LedgerCorrupt
from evidence_ledger.stored import StoredCosignature


class CosignatureRows:
    """Adds and reads cosignatures."""

    def __init__(self, dialect: Dialect) -> None:
        of_seal = cosignatures.c.seal == bindparam("of")
        self._add = Insertion(cosignatures, dialect)
        self._of_seal = Prepared(
            select(*cosignatures.c).where(of_seal).order_by(cosignatures.c.position), dialect
        )
        self._keys = Prepared(select(cosignatures.c.key).where(of_seal), dialect)
        self._last = Prepared(
            select(seals.c.size)
            .join(cosignatures, cosignatures.c.seal == seals.c.number)
            .where(cosignatures.c.witness == bindparam("whose"))
            .order_by(cosignatures.c.seal.desc())
            .limit(1),
            dialect,
        )

    def add(self, connection: Connection, seal: int, found: Sequence[StoredCosignature]) -> None:
        """Insert those of keys that the seal has none of, behind those that it has."""
        held = [key for (key,) in self._keys.rows(connection, of=seal)]
        for one in found:
            key = _key(one.line)
            if key not in held:
                self._add.add(connection, [(seal, len(held), one.witness, key, one.line)])
                held.append(key)

    def of_seal(self, connection: Connection, seal: int) -> list[StoredCosignature]:
        """Those of a seal, in the order in which they came. Raises LedgerCorrupt."""
        rows = self._of_seal.rows(connection, of=seal)
        return [_cosignature(place, row) for place, row in enumerate(rows)]

    def last_size(self, connection: Connection, witness: str) -> int:
        """The size of the newest seal that a witness cosigned; else 0. Raises LedgerCorrupt."""
        for (size,) in self._last.rows(connection, whose=witness):
            if type(size) is not int:
                raise LedgerCorrupt("The size of a seal is damaged.")
            return size
        return 0


def _cosignature(place: int, row: Row) -> StoredCosignature:
    seal, position, witness, key, line = row
    if position != place or type(position) is not int:
        raise LedgerCorrupt(f"The cosignature {place} of seal {seal} is missing.")
    if type(witness) is not str or type(line) is not bytes or not _is_of(line, key):
        raise LedgerCorrupt(f"A cosignature of seal {seal} is damaged.")
    return StoredCosignature(witness, line)


def _is_of(line: bytes, key: object) -> bool:
    try:
        return _key(line) == key
    except FormatError:
        return False


def _key(line: bytes) -> str:
    found = parse_line(line)
    return f"{found.name}+{found.key_id.hex()}"
