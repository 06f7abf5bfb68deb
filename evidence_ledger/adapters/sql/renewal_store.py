"""The part of the Store port that keeps renewals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, Engine

from evidence_ledger.adapters.sql.access import SqlAccess
from evidence_ledger.adapters.sql.engine import writing
from evidence_ledger.adapters.sql.renewal_rows import RenewalRows
from evidence_ledger.adapters.sql.renewed_direct_rows import RenewedDirectRows
from evidence_ledger.adapters.sql.renewed_seal_rows import RenewedSealRows
from evidence_ledger.adapters.sql.schema import renewal_supplements
from evidence_ledger.adapters.sql.seal_place import BEFORE_ALL
from evidence_ledger.adapters.sql.supplement_rows import SupplementRows
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.record_groups import Group
from evidence_ledger.core.renewal_history import RenewalHistory
from evidence_ledger.core.token_place import FilePlace, Place, SealPlace
from evidence_ledger.stored import (
    RenewedLeaf,
    RenewedStrand,
    StoredRenewal,
    StoredSupplement,
    StoredToken,
)

_STRANDS_AT_ONCE = 64


class SqlRenewals(SqlAccess):
    """Renewals in a database. See renewal_ports.RenewalStore."""

    def __init__(self, engine: Engine, place: str) -> None:
        super().__init__(engine, place)
        self._renewals = RenewalRows(engine.dialect)
        self._renewed_seals = RenewedSealRows(engine.dialect)
        self._renewed_direct = RenewedDirectRows(engine.dialect)
        self._renewal_supplements = SupplementRows(renewal_supplements, engine.dialect)

    def add_renewal(self, renewal: StoredRenewal, strands: Iterable[RenewedStrand]) -> None:
        """See renewal_ports.RenewalStore."""
        known = list(strands)
        files = [one for one in known if isinstance(one.place, FilePlace)]
        seals = [one for one in known if isinstance(one.place, SealPlace)]
        with writing(self._engine, self._place) as connection:
            self._renewals.add(connection, renewal)
            digest = DIGESTS[renewal.digest]
            self._renewed_seals.add(connection, renewal.number, seals, digest)
            self._renewed_direct.add(connection, renewal.number, files)

    def add_renewal_token(self, number: int, token: StoredToken) -> None:
        """See renewal_ports.RenewalStore."""
        with writing(self._engine, self._place) as connection:
            self._renewals.add_token(connection, number, token)

    def close_renewal(self, number: int, entry: int, tokens: int) -> None:
        """See renewal_ports.RenewalStore."""
        with writing(self._engine, self._place) as connection:
            self._renewals.close(connection, number, entry, tokens)

    def renewal(self, number: int) -> StoredRenewal | None:
        """See renewal_ports.RenewalStore."""
        return self._look_whole(self._renewals.renewal, number)

    def strands(self, number: int) -> Iterator[RenewedStrand]:
        """See renewal_ports.RenewalStore."""
        after = BEFORE_ALL
        while True:
            page = self._look(self._renewed_seals.of_renewal, number, after, _STRANDS_AT_ONCE)
            yield from (strand for _, strand in page)
            if len(page) < _STRANDS_AT_ONCE:
                break
            after = page[-1][0]
        files = self._look(self._renewed_direct.of_renewal, number)
        yield from files

    def renewals_of_seal(self, seal: int) -> Sequence[RenewedLeaf]:
        """See renewal_ports.RenewalStore."""
        return self._look(self._renewed_seals.of_seal, seal)

    def renewals_of_files(self, entry: int) -> Sequence[RenewedLeaf]:
        """See renewal_ports.RenewalStore."""
        return self._look(self._renewed_direct.of_entry, entry)

    def renewed_group(self, number: int, place: SealPlace, level: int, at: int) -> bytes | None:
        """See renewal_ports.RenewalStore."""
        return self._look(self._renewed_seals.groups.data, (number, *place), level, at)

    def renewed_groups(self, number: int, place: SealPlace) -> Iterator[Group]:
        """See renewal_ports.RenewalStore."""
        return self._renewed_seals.groups.all(self._look, (number, *place))

    def histories(self) -> Mapping[Place, RenewalHistory]:
        """See renewal_ports.RenewalStore."""
        return self._look_whole(self._histories)

    def _histories(self, connection: Connection) -> Mapping[Place, RenewalHistory]:
        of_files = self._renewed_direct.histories(connection)
        return self._renewed_seals.histories(connection) | of_files

    def add_renewal_supplements(self, number: int, found: Sequence[StoredSupplement]) -> None:
        """See renewal_ports.RenewalStore."""
        with writing(self._engine, self._place) as connection:
            self._renewal_supplements.add(connection, number, found)

    def renewal_supplements(self, number: int) -> Sequence[StoredSupplement]:
        """See renewal_ports.RenewalStore."""
        return self._look(self._renewal_supplements.of, number)
