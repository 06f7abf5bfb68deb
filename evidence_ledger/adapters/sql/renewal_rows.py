"""Renewals, what they renew of seals, and the timestamps over them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Dialect, bindparam, select, update

from evidence_ledger.adapters.sql.history_rows import histories, history
from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import (
    renewal_tokens,
    renewals,
    renewed_strands,
    seals,
    tokens,
)
from evidence_ledger.core import canonical
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.renewal_history import RenewalHistory
from evidence_ledger.core.token_place import Place, SealPlace
from evidence_ledger.errors import FormatError, HeadMoved, LedgerCorrupt
from evidence_ledger.stored import RenewalKind, RenewedStrand, StoredRenewal, StoredToken

_TOKEN = (str, int, bytes, bytes)
_STRAND = (int, int, int, bytes, bytes)
_RENEWAL = (int, str, str, int, str, bytes)


class RenewalRows:
    """Adds and reads renewals."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = Insertion(renewals, dialect)
        self._add_strand = Insertion(renewed_strands, dialect)
        self._add_token = Insertion(renewal_tokens, dialect)
        self._by_number = Prepared(
            select(*renewals.c).where(renewals.c.number == bindparam("which")), dialect
        )
        self._newest = Prepared(
            select(*renewals.c).order_by(renewals.c.number.desc()).limit(1), dialect
        )
        held, strand = renewal_tokens.c, renewed_strands.c
        self._tokens = Prepared(
            select(held.position, held.authority, held.independent, held.response, held.token)
            .where(held.renewal == bindparam("of"))
            .order_by(held.position),
            dialect,
        )
        whole = (strand.seal, strand.position, strand.leaf, strand.objects, strand.hashes)
        is_after = (strand.seal > bindparam("seal")) | (
            (strand.seal == bindparam("seal")) & (strand.position > bindparam("position"))
        )
        self._strands = Prepared(
            select(*whole)
            .where(strand.renewal == bindparam("of"), is_after)
            .order_by(strand.seal, strand.position)
            .limit(bindparam("most")),
            dialect,
        )
        self._of_seal = Prepared(
            select(strand.renewal, *whole)
            .join(renewals, renewals.c.number == strand.renewal)
            .where(strand.seal == bindparam("of"), renewals.c.entry.is_not(None))
            .order_by(strand.renewal, strand.position),
            dialect,
        )
        self._histories = Prepared(histories(renewed_strands, "seal", "position"), dialect)
        token = tokens.c
        is_next = (token.seal > bindparam("seal")) | (
            (token.seal == bindparam("seal")) & (token.position > bindparam("position"))
        )
        self._sealed = Prepared(
            select(
                token.seal,
                token.position,
                token.authority,
                token.independent,
                token.response,
                token.token,
            )
            .join(seals, seals.c.number == token.seal)
            .where(seals.c.entry.is_not(None), is_next)
            .order_by(token.seal, token.position)
            .limit(bindparam("most")),
            dialect,
        )

    def add(
        self, connection: Connection, renewal: StoredRenewal, strands: Iterable[RenewedStrand]
    ) -> None:
        """Insert a renewal without tokens. Raises HeadMoved where its number is taken."""
        if self._by_number.rows(connection, which=renewal.number):
            raise HeadMoved(f"Another program began renewal {renewal.number} first.")
        begun = canonical.time_text(renewal.begun, microseconds=True)
        fixed = (renewal.number, renewal.kind.value, renewal.digest, int(renewal.independent))
        self._add.add(connection, [(*fixed, begun, renewal.leaves, None)])
        self._add_strand.add(connection, (_strand_row(renewal.number, one) for one in strands))

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
        return _renewal(rows[0], tuple(_token(place, row, rows[0][0]) for place, row in held))

    def strands(
        self, connection: Connection, number: int, after: SealPlace, most: int
    ) -> list[tuple[SealPlace, RenewedStrand]]:
        """At most ``most`` of what a renewal renews of seals, after a place, by places."""
        rows = self._strands.rows(
            connection, of=number, seal=after.seal, position=after.position, most=most
        )
        return [(SealPlace(*row[:2]), _strand(row)) for row in rows]

    def of_seal(self, connection: Connection, seal: int) -> list[tuple[int, RenewedStrand]]:
        """What renewals with an entry do for a seal, oldest first."""
        rows = self._of_seal.rows(connection, of=seal)
        return [(row[0], _strand(row[1:])) for row in rows]

    def histories(self, connection: Connection) -> dict[Place, RenewalHistory]:
        """Of each token of a seal that renewals with an entry renew."""
        rows = self._histories.rows(connection)
        return {SealPlace(*row[:2]): history(row[2:]) for row in rows}

    def sealed_tokens(
        self, connection: Connection, after: SealPlace, most: int
    ) -> list[tuple[SealPlace, StoredToken]]:
        """At most ``most`` tokens of seals with an entry, after a place, by places."""
        rows = self._sealed.rows(connection, seal=after.seal, position=after.position, most=most)
        return [(SealPlace(*row[:2]), _stored(row[2:], f"seal {row[0]}")) for row in rows]


def _strand_row(number: int, one: RenewedStrand) -> Row:
    objects = struct.pack(f">{len(one.objects)}I", *one.objects)
    return (number, *one.place, one.leaf, objects, one.hashes)


def _strand(row: Row) -> RenewedStrand:
    seal, position, leaf, objects, hashes = row
    if tuple(map(type, row)) != _STRAND or len(objects) % 4:
        raise LedgerCorrupt(f"What was renewed of seal {seal} is damaged.")
    places = struct.unpack(f">{len(objects) // 4}I", objects)
    return RenewedStrand(SealPlace(seal, position), leaf, places, hashes)


def _renewal(row: Row, held: Sequence[StoredToken]) -> StoredRenewal:
    *fixed, entry = row
    number, kind, digest, independent, begun, leaves = fixed
    sound = tuple(map(type, fixed)) == _RENEWAL and isinstance(entry, int | None)
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


def _token(place: int, row: Row, renewal: int) -> StoredToken:
    if row[0] != place or type(row[0]) is not int:
        raise LedgerCorrupt(f"The timestamp {place} of renewal {renewal} is missing.")
    return _stored(row[1:], f"renewal {renewal}")


def _stored(row: Row, whose: str) -> StoredToken:
    authority, independent, response, token = row
    if tuple(map(type, row)) != _TOKEN or independent not in (0, 1):
        raise LedgerCorrupt(f"A timestamp of {whose} is damaged.")
    return StoredToken(authority, bool(independent), response, token)
