"""Renewals, and the timestamps over them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, select, update

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import renewal_tokens, renewals
from evidence_ledger.adapters.sql.token_row import placed_token
from evidence_ledger.core import canonical
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.errors import FormatError, HeadMoved, LedgerCorrupt
from evidence_ledger.stored import RenewalKind, StoredRenewal, StoredToken

_TYPES = (int, str, str, int, str, bytes)


class RenewalRows:
    """Adds and reads renewals."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = Insertion(renewals, dialect)
        self._add_token = Insertion(renewal_tokens, dialect)
        self._by_number = Prepared(
            select(*renewals.c).where(renewals.c.number == bindparam("which")), dialect
        )
        self._newest = Prepared(
            select(*renewals.c).order_by(renewals.c.number.desc()).limit(1), dialect
        )
        held = renewal_tokens.c
        self._tokens = Prepared(
            select(held.position, held.authority, held.independent, held.response, held.token)
            .where(held.renewal == bindparam("of"))
            .order_by(held.position),
            dialect,
        )

    def add(self, connection: Connection, renewal: StoredRenewal) -> None:
        """Insert a renewal without tokens. Raises HeadMoved where its number is taken."""
        if self._by_number.rows(connection, which=renewal.number):
            raise HeadMoved(f"Another program began renewal {renewal.number} first.")
        begun = canonical.time_text(renewal.begun, microseconds=True)
        fixed = (renewal.number, renewal.kind.value, renewal.digest, int(renewal.independent))
        self._add.add(connection, [(*fixed, begun, renewal.leaves, None)])

    def add_token(self, connection: Connection, number: int, token: StoredToken) -> None:
        """Insert a token unless the authority's is there. Raises HeadMoved."""
        renewal = self.renewal(connection, number)
        if renewal is None or renewal.entry is not None:
            raise HeadMoved(f"Renewal {number} takes no more timestamps.")
        if token.authority in (one.authority for one in renewal.tokens):
            return
        place = len(renewal.tokens)
        row = (token.authority, int(token.independent), token.response, token.token)
        self._add_token.add(connection, [(number, place, *row)])

    def close(self, connection: Connection, number: int, entry: int, count: int) -> None:
        """Note the renewal's entry. Raises HeadMoved."""
        renewal = self.renewal(connection, number)
        if renewal is not None and renewal.entry == entry:
            return
        if renewal is None or renewal.entry is not None or len(renewal.tokens) != count:
            raise HeadMoved(f"Another program was at renewal {number}.")
        change = update(renewals).where(renewals.c.number == number)
        connection.execute(change.values(entry=entry))

    def renewal(self, connection: Connection, number: int) -> StoredRenewal | None:
        """A renewal by its number, -1 the newest. Raises LedgerCorrupt."""
        query = self._newest if number == -1 else self._by_number
        rows = query.rows(connection) if number == -1 else query.rows(connection, which=number)
        if not rows:
            return None
        held = enumerate(self._tokens.rows(connection, of=rows[0][0]))
        whose = f"renewal {rows[0][0]}"
        return _renewal(rows[0], [placed_token(place, row, whose) for place, row in held])


def _renewal(row: Row, held: Sequence[StoredToken]) -> StoredRenewal:
    *fixed, entry = row
    number, kind, digest, independent, begun, leaves = fixed
    sound = tuple(map(type, fixed)) == _TYPES and isinstance(entry, int | None)
    if not sound or kind not in set(RenewalKind) or digest not in DIGESTS:
        raise LedgerCorrupt(f"Renewal {number} is damaged.")
    try:
        moment = canonical.time_of(begun, where="renewal", microseconds=True)
    except FormatError as error:
        raise LedgerCorrupt(f"Renewal {number} is damaged.") from error
    named = RenewalKind(kind)
    return StoredRenewal(
        number, named, digest, bool(independent), moment, leaves, tuple(held), entry
    )
