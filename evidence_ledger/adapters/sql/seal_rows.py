"""Seals, the timestamps over them and the cosignatures of them."""

from __future__ import annotations

import struct

from sqlalchemy import Connection, Dialect, bindparam, insert, select, update

from evidence_ledger.adapters.sql.cosignature_rows import CosignatureRows
from evidence_ledger.adapters.sql.group_rows import GroupRows
from evidence_ledger.adapters.sql.prepared import Prepared, Row
from evidence_ledger.adapters.sql.schema import seal_groups, seals, tokens
from evidence_ledger.adapters.sql.seal_place import is_after
from evidence_ledger.adapters.sql.token_row import placed_token, token_of
from evidence_ledger.core.record_groups import kept_of, split
from evidence_ledger.core.token_place import SealPlace
from evidence_ledger.errors import LedgerCorrupt, LedgerError
from evidence_ledger.stored import SealObjects, StoredCosignature, StoredSeal, StoredToken

_TYPES = (int, int, int, bytes, bytes)


class SealRows:
    """Adds and reads seals."""

    def __init__(self, dialect: Dialect) -> None:
        known = seals.c
        whole = select(
            known.number, known.first, known.size, known.root, known.checkpoint, known.entry
        )
        held = select(known.first, known.size, known.leaves, known.offsets)
        self._objects = Prepared(held.where(known.number == bindparam("which")), dialect)
        self._by_number = Prepared(whole.where(seals.c.number == bindparam("which")), dialect)
        self._newest = Prepared(whole.order_by(seals.c.number.desc()).limit(1), dialect)
        self._covering = Prepared(
            whole.where(seals.c.first <= bindparam("which"), seals.c.size > bindparam("which"))
            .order_by(seals.c.number)
            .limit(1),
            dialect,
        )
        _, *told = tokens.c
        self._tokens = Prepared(
            select(*told).where(tokens.c.seal == bindparam("of")).order_by(tokens.c.position),
            dialect,
        )
        self._closed = Prepared(
            select(*tokens.c)
            .join(seals, seals.c.number == tokens.c.seal)
            .where(seals.c.entry.is_not(None), is_after(tokens))
            .order_by(tokens.c.seal, tokens.c.position)
            .limit(bindparam("most")),
            dialect,
        )
        self._cosignatures = CosignatureRows(dialect)
        self.groups = GroupRows(seal_groups, dialect)

    def add(self, connection: Connection, seal: StoredSeal, objects: SealObjects) -> None:
        """Insert a seal with the tokens and cosignatures that it has."""
        offsets = struct.pack(f">{len(objects.offsets)}Q", *objects.offsets)
        connection.execute(
            insert(seals).values(
                number=seal.number,
                first=seal.first,
                size=seal.size,
                root=seal.root,
                checkpoint=seal.checkpoint,
                leaves=objects.leaves,
                offsets=offsets,
                entry=seal.entry,
            )
        )
        groups = kept_of(split(objects.leaves), objects.offsets)
        self.groups.add(connection, (seal.number,), groups)
        for token in seal.tokens:
            self.add_token(connection, seal.number, token)
        self._cosignatures.add(connection, seal.number, seal.cosignatures)

    def add_token(self, connection: Connection, number: int, token: StoredToken) -> None:
        """Insert a token behind those that the seal has; the first one of an authority stays."""
        given = select(tokens.c.authority).where(tokens.c.seal == number)
        held = connection.execute(given).scalars().all()
        if token.authority in held:
            return
        connection.execute(
            insert(tokens).values(
                seal=number,
                position=len(held),
                authority=token.authority,
                independent=int(token.independent),
                response=token.response,
                token=token.token,
            )
        )

    def close(self, connection: Connection, number: int, entry: int) -> None:
        """Note the seal's entry. Raises LedgerError where it has another one, or is missing."""
        change = update(seals).where(seals.c.number == number, seals.c.entry.is_(None))
        if connection.execute(change.values(entry=entry)).rowcount == 1:
            return
        seal = self.seal(connection, number)
        if seal is None or seal.entry != entry:
            raise LedgerError(f"Seal {number} is missing or has another entry than {entry}.")

    def seal(self, connection: Connection, number: int) -> StoredSeal | None:
        """A seal by number; -1 is the newest."""
        query = self._newest if number == -1 else self._by_number
        return self._whole(connection, query, number)

    def objects(self, connection: Connection, number: int) -> SealObjects:
        """What a seal's tokens are over. Raises LedgerCorrupt."""
        for row in self._objects.rows(connection, which=number):
            found = _objects(row)
            if found is not None:
                return found
        raise LedgerCorrupt(f"What seal {number} is over is missing or damaged.")

    def token_names(self, connection: Connection) -> dict[int, frozenset[str]]:
        """By the number of each seal with an entry, the names of those whose tokens it has."""
        closed = select(seals.c.number).where(seals.c.entry.is_not(None))
        found: dict[int, frozenset[str]] = dict.fromkeys(
            connection.execute(closed).scalars(), frozenset()
        )
        for number, name in connection.execute(select(tokens.c.seal, tokens.c.authority)):
            if number in found:
                found[number] |= {name}
        return found

    def closed_tokens(
        self, connection: Connection, after: SealPlace, most: int
    ) -> list[tuple[SealPlace, StoredToken]]:
        """At most ``most`` tokens of seals with an entry, after a place, by places."""
        rows = self._closed.rows(connection, seal=after.seal, position=after.position, most=most)
        return [(SealPlace(*row[:2]), token_of(row[2:], f"seal {row[0]}")) for row in rows]

    def covering(self, connection: Connection, index: int) -> StoredSeal | None:
        """The seal in which an entry is new."""
        return self._whole(connection, self._covering, index)

    def _whole(self, connection: Connection, query: Prepared, which: int) -> StoredSeal | None:
        rows = query.rows(connection, which=which)
        if not rows:
            return None
        stored = self._tokens.rows(connection, of=rows[0][0])
        whose = f"seal {rows[0][0]}"
        found = [placed_token(place, row, whose) for place, row in enumerate(stored)]
        cosigned = self._cosignatures.of_seal(connection, rows[0][0])
        return _seal(rows[0], tuple(found), tuple(cosigned))


def _seal(
    row: Row, found: tuple[StoredToken, ...], cosigned: tuple[StoredCosignature, ...]
) -> StoredSeal:
    *fixed, entry = row
    if tuple(map(type, fixed)) != _TYPES or not isinstance(entry, int | None):
        raise LedgerCorrupt(f"Seal {row[0]} is damaged.")
    number, first, size, root, checkpoint = fixed
    return StoredSeal(number, first, size, root, checkpoint, found, entry, cosigned)


def _objects(row: Row) -> SealObjects | None:
    """None for a damaged row: every entry has its place, and the leaves of two documents there."""
    first, size, leaves, offsets = row
    if (type(first), type(size), type(leaves), type(offsets)) != (int, int, bytes, bytes):
        return None
    if len(offsets) != 8 * (size - first) or len(leaves) % 32 or not leaves:
        return None
    places = struct.unpack(f">{len(offsets) // 8}Q", offsets)
    if places and (min(places) < 1 or max(places) + 2 > len(leaves) // 32):
        return None
    return SealObjects(leaves, places)
