"""Rows for an audit: exactly as stored, in order, in flat memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from evidence_ledger.adapters.sql.claim_rows import ClaimRows
from evidence_ledger.adapters.sql.engine import look
from evidence_ledger.adapters.sql.entry_rows import EntryRows
from evidence_ledger.adapters.sql.head_row import HeadRow
from evidence_ledger.adapters.sql.prepared import Prepared, Row
from evidence_ledger.adapters.sql.schema import (
    claims,
    cosignatures,
    documents,
    entries,
    fingerprints,
    marks,
    orders,
    renewal_supplements,
    renewal_tokens,
    renewals,
    renewed_direct,
    renewed_groups,
    renewed_strands,
    seal_groups,
    seal_supplements,
    seals,
    special_entries,
    supplements,
    tiles,
    tokens,
)
from evidence_ledger.adapters.sql.tile_rows import TileRows
from evidence_ledger.core.chain import Head

_ENTRIES_AT_ONCE = 1024
_TILES_AT_ONCE = 64
_FINGERPRINTS_AT_ONCE = 1024
_STRAND = ("renewal", "seal", "position")
_AFTER = ("after_digest", "after_algorithm", "after_entry", "after_position")

DigestRange = tuple[bytes | None, bytes | None]
"""From a digest, up to another one; None for no bound."""

ALL_DIGESTS: DigestRange = (None, None)
_CUTS = [bytes([first]) for first in range(32, 256, 32)]
DIGEST_RANGES: tuple[DigestRange, ...] = tuple(pairwise([None, *_CUTS, None]))
"""All digests in parts that several processes share out."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The head, what the entries reach to, the number of full tiles, the tables with rows that
    belong to no entry, and whether two entries have one statement."""

    head: Head
    reach: int
    tiles: int
    strays: tuple[str, ...]
    repeated: bool


class AuditReader:
    """Reads a ledger for an audit."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        self._head = HeadRow(engine.dialect)
        self._entries = EntryRows(engine.dialect)
        self._claims = ClaimRows(engine.dialect)
        self._tiles = TileRows(engine.dialect)
        self._newest = Prepared(select(func.max(entries.c.number)), engine.dialect)
        self._tile_count = Prepared(select(func.count()).select_from(tiles), engine.dialect)
        self._repeated = Prepared(_repeated(), engine.dialect)
        found = _found()
        self._first_fingerprints = Prepared(found, engine.dialect)
        self._more_fingerprints = Prepared(found.where(_behind()), engine.dialect)

    @cached_property
    def _strays(self) -> dict[str, Prepared]:
        """By table, the question whether it has rows that belong to no entry."""
        return {
            table.name: Prepared(
                select(1).where(select(table).where(outside).exists()), self._engine.dialect
            )
            for table, outside in _outside()
        }

    def bounds(self) -> Bounds:
        """What there is, in one consistent look. Raises LedgerCorrupt."""
        return look(self._engine, self._place, self._bounds, whole=True)

    def _bounds(self, connection: Connection) -> Bounds:
        head = self._head.read(connection, self._place)
        strays = [
            name for name, query in self._strays.items() if query.rows(connection, size=head.size)
        ]
        newest = self._newest.rows(connection)[0][0]
        reach = newest + 1 if isinstance(newest, int) else 0
        count = self._tile_count.rows(connection)[0][0]
        repeated = bool(self._repeated.rows(connection))
        return Bounds(head, reach, count, tuple(strays), repeated)

    def _look(self, ask: Callable[[Connection], list[Row]]) -> list[Row]:
        """What is read at once, and once more where the connection is lost meanwhile."""
        return look(self._engine, self._place, ask)

    def entries(self, start: int, stop: int, *, signatures: bool) -> Iterator[list[Row]]:
        """Batches of number, entry, leaf hash, statement hash, statement, signature or None."""
        for at in range(start, stop, _ENTRIES_AT_ONCE):
            end = min(at + _ENTRIES_AT_ONCE, stop)
            rows = self._entries.rows
            yield self._look(partial(rows, start=at, stop=end, signatures=signatures))

    def tiles(self, level: int, start: int = 0, stop: int = 2**62) -> Iterator[Row]:
        """Number, hashes, inner nodes of the tiles from ``start`` to before ``stop``."""
        while start < stop:
            end = min(start + _TILES_AT_ONCE, stop)
            rows = self._look(partial(self._tiles.rows, level=level, start=start, stop=end))
            yield from rows
            if len(rows) < end - start:
                return
            start = end

    def claims(self, start: int, stop: int) -> Iterator[Row]:
        """Entry, position and bytes of the claims of a range of entries, in order."""
        return self._claims.between(self._look, start, stop)

    def index(self, part: DigestRange) -> Iterator[list[Row]]:
        """Batches of digest, algorithm, entry and position, for a range of digests in order."""
        low, high = part
        digest = fingerprints.c.digest
        given = (("low", low), ("high", high))
        bounds: dict[str, Any] = {name: value for name, value in given if value}
        inside = [digest >= bindparam("low")] * (low is not None)
        inside += [digest < bindparam("high")] * (high is not None)
        query, values = Prepared(_index().where(*inside), self._engine.dialect), bounds
        more = Prepared(_index().where(*inside, _behind()), self._engine.dialect)
        while True:
            rows = self._look(partial(query.rows, **values))
            yield rows
            if len(rows) < _FINGERPRINTS_AT_ONCE:
                return
            query = more
            values = bounds | dict(zip(_AFTER, rows[-1], strict=True))

    def fingerprints(self) -> Iterator[Row]:
        """Digest, algorithm, entry, position and the bytes of the claim there, or None."""
        query, values = self._first_fingerprints, dict[str, Any]()
        while True:
            rows = self._look(partial(query.rows, **values))
            yield from rows
            if len(rows) < _FINGERPRINTS_AT_ONCE:
                return
            query = self._more_fingerprints
            values = dict(zip(_AFTER, rows[-1][:4], strict=True))


def _repeated() -> Select[*tuple[Any, ...]]:
    key = entries.c.statement_hash
    return select(key).group_by(key).having(func.count() > 1).limit(1)


def _index() -> Select[*tuple[Any, ...]]:
    columns = tuple(fingerprints.c)
    return select(*columns).order_by(*columns).limit(_FINGERPRINTS_AT_ONCE)


def _found() -> Select[*tuple[Any, ...]]:
    columns = tuple(fingerprints.c)
    same = and_(
        claims.c.entry == fingerprints.c.entry, claims.c.position == fingerprints.c.position
    )
    joined = select(*columns, claims.c.data).select_from(fingerprints.outerjoin(claims, same))
    return joined.order_by(*columns).limit(_FINGERPRINTS_AT_ONCE)


def _behind() -> ColumnElement[bool]:
    columns = tuple(fingerprints.c)
    pairs = zip(_AFTER, columns, strict=True)
    return tuple_(*columns) > tuple_(*[bindparam(name, type_=one.type) for name, one in pairs])


def _outside() -> Iterator[tuple[Table, ColumnElement[bool]]]:
    size = bindparam("size", type_=BigInteger)
    for table, number in (
        (entries, entries.c.number),
        (documents, documents.c.entry),
        (fingerprints, fingerprints.c.entry),
        (marks, marks.c.entry),
        (special_entries, special_entries.c.entry),
    ):
        yield table, or_(number < 0, number >= size)
    yield claims, or_(claims.c.entry < 0, claims.c.entry >= size, claims.c.position < 0)
    named = select(1).where(
        special_entries.c.entry == orders.c.entry,
        special_entries.c.about == orders.c.about,
        special_entries.c.kind == "order",
    )
    yield orders, ~named.exists()
    yield seals, or_(seals.c.number < 0, seals.c.size > size)
    begun = select(renewals.c.number)
    for table in (renewed_strands, renewed_direct, renewal_tokens, renewal_supplements):
        yield table, table.c.renewal.not_in(begun)
    same = [renewed_strands.c[name] == renewed_groups.c[name] for name in _STRAND]
    over = func.length(renewed_strands.c.hashes) > 0
    yield renewed_groups, ~select(1).where(*same, over).exists()
    for table in (tokens, cosignatures, seal_groups, seal_supplements):
        yield table, ~select(seals.c.number).where(seals.c.number == table.c.seal).exists()
    linked = [
        select(1).where(links.c.digest == supplements.c.digest).exists()
        for links in (seal_supplements, renewal_supplements)
    ]
    yield supplements, ~or_(*linked)
