"""Groups that are not there yet: programs older than the schema seal and renew without them.

What is damaged stays without: no certificate is made of it, and the audit tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from sqlalchemy import Connection, Engine, select

from evidence_ledger.adapters.sql.dialects import dialect_of
from evidence_ledger.adapters.sql.engine import reading, writing
from evidence_ledger.adapters.sql.group_rows import GroupRows
from evidence_ledger.adapters.sql.prepared import Prepared, Row
from evidence_ledger.adapters.sql.renewed_seal_rows import RenewedSealRows
from evidence_ledger.adapters.sql.schema import renewals, renewed_groups, seal_groups, seals
from evidence_ledger.adapters.sql.seal_place import BEFORE_ALL
from evidence_ledger.adapters.sql.seal_rows import SealRows
from evidence_ledger.core.algorithm import DIGESTS, Digest
from evidence_ledger.core.record_groups import Group, kept_of, split
from evidence_ledger.core.renewed_objects import kept_of_renewed
from evidence_ledger.errors import LedgerCorrupt, UsageError
from evidence_ledger.stored import RenewalKind, RenewedStrand

_Key = tuple[int, ...]

# In no order: so SQLite reads indexes alone, and not the seals with all their leaves.
_SEALS = select(seals.c.number).where(
    ~select(seal_groups.c.level).where(seal_groups.c.seal == seals.c.number).exists()
)
# All strands of a renewal are written at once, and by one program.
_RENEWALS = (
    select(renewals.c.number, renewals.c.digest)
    .where(renewals.c.kind == RenewalKind.TREE.value)
    .where(
        ~select(renewed_groups.c.level)
        .where(renewed_groups.c.renewal == renewals.c.number)
        .exists()
    )
)


class LackingGroups:
    """Looks for them in one database, and adds them. A ledger that was moved away stays as it is.

    Methods raise what the database raises.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place

    def add(self) -> None:
        """Build them from what is stored; nothing is written where none is lacking."""
        with reading(self._engine, self._place) as connection:
            sealed, renewed = self._found(connection)
            dialect = dialect_of(self._engine.dialect.name)
            if not (sealed or renewed) or dialect.is_retired(connection):
                return
        self._add_seals(sealed)
        self._add_renewals(renewed)

    def _found(self, connection: Connection) -> tuple[list[Row], list[Row]]:
        queries = (Prepared(one, self._engine.dialect) for one in (_SEALS, _RENEWALS))
        sealed, renewed = (one.rows(connection) for one in queries)
        return sealed, renewed

    def _add_seals(self, found: Iterable[Row]) -> None:
        rows = SealRows(self._engine.dialect)
        for (number,) in found:
            with suppress(LedgerCorrupt, UsageError):
                with reading(self._engine, self._place) as connection:
                    objects = rows.objects(connection, number)
                groups = list(kept_of(split(objects.leaves), objects.offsets))
                with writing(self._engine, self._place) as connection:
                    _keep(connection, rows.groups, (number,), groups)

    def _add_renewals(self, found: Iterable[Row]) -> None:
        rows = RenewedSealRows(self._engine.dialect)
        for number, name in found:
            if name not in DIGESTS:
                continue
            # All at once: where some are there, nobody looks for the others any more.
            with suppress(LedgerCorrupt), writing(self._engine, self._place) as connection:
                for key, one in _strands(connection, rows, number):
                    with suppress(UsageError):
                        _keep(connection, rows.groups, key, _groups(one, DIGESTS[name]))


def _strands(
    connection: Connection, rows: RenewedSealRows, number: int
) -> Iterator[tuple[_Key, RenewedStrand]]:
    """One after the other; those behind a damaged one are left out too."""
    after = BEFORE_ALL
    while True:
        try:
            page = rows.of_renewal(connection, number, after, most=1)
        except LedgerCorrupt:
            return
        if not page:
            return
        ((after, one),) = page
        yield (number, *after), one


def _keep(connection: Connection, rows: GroupRows, key: _Key, groups: list[Group]) -> None:
    # Another process may have been first.
    if not rows.has(connection, key):
        rows.add(connection, key, groups)


def _groups(one: RenewedStrand, digest: Digest) -> list[Group]:
    return list(kept_of_renewed(one.objects, one.hashes, digest))
