"""The Store port over a database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine

from evidence_ledger.adapters.sql.claim_rows import ClaimRows
from evidence_ledger.adapters.sql.cosignature_rows import CosignatureRows
from evidence_ledger.adapters.sql.dialects import dialect_of
from evidence_ledger.adapters.sql.direct_rows import DirectRows
from evidence_ledger.adapters.sql.engine import alone, reading, turn, writing
from evidence_ledger.adapters.sql.entry_rows import EntryRows, stored_entries
from evidence_ledger.adapters.sql.erasure_rows import ErasureRows
from evidence_ledger.adapters.sql.head_row import HeadRow
from evidence_ledger.adapters.sql.mark_rows import MarkRows
from evidence_ledger.adapters.sql.order_rows import OrderRows
from evidence_ledger.adapters.sql.renewal_store import SqlRenewals
from evidence_ledger.adapters.sql.schema import seal_supplements
from evidence_ledger.adapters.sql.seal_place import BEFORE_ALL
from evidence_ledger.adapters.sql.seal_rows import SealRows
from evidence_ledger.adapters.sql.special_rows import SpecialRows
from evidence_ledger.adapters.sql.supplement_rows import SupplementRows
from evidence_ledger.adapters.sql.tile_rows import TileRows
from evidence_ledger.core.chain import Extension, Head
from evidence_ledger.core.edge import FullTile
from evidence_ledger.core.record_groups import Group
from evidence_ledger.core.special import Order, SpecialEntry
from evidence_ledger.core.token_place import FilePlace
from evidence_ledger.errors import HeadMoved, LedgerCorrupt, LedgerFull, LedgerLocked, NoSuchEntry
from evidence_ledger.ports import NonceMemory
from evidence_ledger.stored import (
    DirectToken,
    Found,
    PlacedToken,
    SealObjects,
    StoredCosignature,
    StoredEntry,
    StoredSeal,
    StoredSupplement,
    StoredToken,
)

_ENTRIES_AT_ONCE = 512
_CLAIMS_AT_ONCE = 2048
_MARKS_AT_ONCE = 2048
_TILES_AT_ONCE = 64
_TOKENS_AT_ONCE = 512
_LARGEST = (1 << 53) - 1


class SqlStore(SqlRenewals):
    """A ledger in a database. Safe to use from several threads. See ports.Store."""

    def __init__(self, engine: Engine, place: str) -> None:
        super().__init__(engine, place)
        self._dialect = dialect_of(engine.dialect.name)
        self._head = HeadRow(engine.dialect)
        self._entries = EntryRows(engine.dialect)
        self._claims = ClaimRows(engine.dialect)
        self._marks = MarkRows(engine.dialect)
        self._special = SpecialRows(engine.dialect)
        self._orders = OrderRows(engine.dialect)
        self._tiles = TileRows(engine.dialect)
        self._seals = SealRows(engine.dialect)
        self._cosignatures = CosignatureRows(engine.dialect)
        self._supplements = SupplementRows(seal_supplements, engine.dialect)
        self._direct = DirectRows(engine.dialect)
        self._erasures = ErasureRows(engine.dialect)

    def head(self) -> Head:
        """See ports.Store."""
        return self._look(self._head.read, self._place)

    def append(self, before: Head, extension: Extension) -> None:
        """See ports.Store."""
        try:
            with writing(self._engine, self._place) as connection:
                # The head first: the writer that lost must not meet the winner's rows.
                self._head.move(connection, before, extension.head)
                self._write(connection, extension)
        except LedgerCorrupt as error:
            if self._is_conflict(error.__cause__) and self._is_repeated(extension):
                raise HeadMoved("A statement of these is in the ledger already.") from error
            raise

    def _write(self, connection: Connection, extension: Extension) -> None:
        self._entries.add(connection, extension.entries)
        self._claims.add(connection, extension.entries)
        self._marks.add(connection, extension.entries)
        self._special.add(connection, extension.entries)
        self._orders.add(connection, extension.entries)
        self._tiles.add(connection, extension.tiles)

    def _is_conflict(self, error: BaseException | None) -> bool:
        return isinstance(error, Exception) and self._dialect.is_conflict(error)

    def _is_repeated(self, extension: Extension) -> bool:
        hashes = [one.statement_hash for one in extension.entries]
        return len(set(hashes)) != len(hashes) or bool(self.indexes_of(hashes))

    def turn(self, *, alone: bool = True) -> AbstractContextManager[None]:
        """See ports.Store."""
        return turn(self._engine, self._place, alone=alone)

    def settle(self) -> None:
        """See ports.Store."""
        with writing(self._engine, self._place) as connection:
            self._head.hold(connection)

    def alone(self) -> AbstractContextManager[bool]:
        """See ports.Store."""
        return alone(self._engine, self._place)

    def indexes_of(self, statements: Sequence[bytes]) -> Mapping[bytes, int]:
        """See ports.Store."""
        return self._look(self._entries.numbers, statements)

    def entry(self, index: int) -> StoredEntry:
        """See ports.Store."""
        for found in self.entries(index, index + 1) if index <= _LARGEST else ():
            return found
        raise NoSuchEntry(f"The ledger has no entry {index}.", where=self._place)

    def entries(self, start: int, stop: int) -> Iterator[StoredEntry]:
        """See ports.Store."""
        for at in range(max(start, 0), stop, _ENTRIES_AT_ONCE):
            rows = self._look(self._entries.rows, at, min(at + _ENTRIES_AT_ONCE, stop))
            yield from stored_entries(rows, at)
            if len(rows) < _ENTRIES_AT_ONCE:
                return

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        """See ports.Store."""
        return self._look(self._entries.leaves, start, stop)

    def marked(self, marks: Iterable[bytes]) -> Mapping[bytes, int]:
        """See ports.Store."""
        return self._look(self._marks.entries, list(marks))

    def marks(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """See ports.Store."""
        while True:
            page = self._look(self._marks.page, start, _MARKS_AT_ONCE)
            yield from page
            if len(page) < _MARKS_AT_ONCE:
                return
            start = page[-1][0] + 1

    def special_entries(self, start: int, stop: int) -> Sequence[SpecialEntry]:
        """See ports.Store."""
        return self._look(self._special.between, start, stop)

    def special_about(self, about: int, most: int | None = None) -> Sequence[SpecialEntry]:
        """See ports.Store."""
        return self._look(self._special.about, about, most)

    def orders_about(self, about: int, before: int) -> Sequence[Order]:
        """See ports.Store."""
        return self._look(self._orders.about, about, before)

    def claims(self, index: int) -> Iterator[tuple[int, bytes]]:
        """See ports.Store."""
        start = 0
        while True:
            page = self._look(self._claims.page, index, start, _CLAIMS_AT_ONCE)
            yield from page
            if len(page) < _CLAIMS_AT_ONCE:
                return
            start = page[-1][0] + 1

    def claims_between(self, start: int, stop: int) -> Iterator[tuple[int, int, bytes]]:
        """See ports.Store."""
        rows = self._claims.between(self._look, start, stop)
        for number, position, data in rows:
            if type(number) is not int or type(position) is not int or type(data) is not bytes:
                raise LedgerCorrupt(f"A claim of entry {number} is damaged.")
            yield number, position, data

    def find(self, digest: bytes, algorithm: str) -> Sequence[Found]:
        """See ports.Store."""
        return self._look(self._claims.find, digest, algorithm)

    def tile(self, level: int, index: int) -> FullTile | None:
        """See ports.Store."""
        return self._look(self._tiles.tile, level, index)

    def tiles(self, level: int) -> Iterator[FullTile]:
        """See ports.Store."""
        start = 0
        while True:
            page = self._look(self._tiles.page, level, start, start + _TILES_AT_ONCE)
            yield from page
            if len(page) < _TILES_AT_ONCE:
                return
            start += len(page)

    def add_seal(self, seal: StoredSeal, objects: SealObjects) -> None:
        """See ports.Store."""
        with writing(self._engine, self._place) as connection:
            if self._seals.seal(connection, seal.number) is not None:
                raise HeadMoved(f"Another program made seal {seal.number} first.")
            self._seals.add(connection, seal, objects)

    def add_token(self, number: int, token: StoredToken) -> None:
        """See ports.Store."""
        with writing(self._engine, self._place) as connection:
            self._seals.add_token(connection, number, token)

    def add_cosignatures(self, number: int, cosignatures: Sequence[StoredCosignature]) -> None:
        """See ports.Store."""
        with writing(self._engine, self._place) as connection:
            self._cosignatures.add(connection, number, cosignatures)

    def last_cosigned(self, witness: str) -> int:
        """See ports.Store."""
        return self._look(self._cosignatures.last_size, witness)

    def close_seal(self, number: int, entry: int) -> None:
        """See ports.Store."""
        with writing(self._engine, self._place) as connection:
            self._seals.close(connection, number, entry)

    def seal(self, number: int) -> StoredSeal | None:
        """See ports.Store."""
        return self._look_whole(self._seals.seal, number)

    def seal_objects(self, number: int) -> SealObjects:
        """See ports.Store."""
        return self._look(self._seals.objects, number)

    def seal_group(self, number: int, level: int, at: int) -> bytes | None:
        """See ports.Store."""
        return self._look(self._seals.groups.data, (number,), level, at)

    def seal_groups(self, number: int) -> Iterator[Group]:
        """See ports.Store."""
        return self._seals.groups.all(self._look, (number,))

    def seal_count(self, number: int) -> int:
        """See ports.Store."""
        return self._look(self._seals.groups.count, (number,))

    def token_names(self) -> Mapping[int, frozenset[str]]:
        """See ports.Store."""
        return self._look(self._seals.token_names)

    def seal_of(self, index: int) -> StoredSeal | None:
        """See ports.Store."""
        return self._look_whole(self._seals.covering, index)

    def add_supplements(self, number: int, supplements: Sequence[StoredSupplement]) -> None:
        """See ports.Store."""
        with writing(self._engine, self._place) as connection:
            self._supplements.add(connection, number, supplements)

    def supplements(self, number: int) -> Sequence[StoredSupplement]:
        """See ports.Store."""
        return self._look(self._supplements.of, number)

    def add_direct(self, index: int, direct: DirectToken) -> None:
        """See ports.Store."""
        with writing(self._engine, self._place) as connection:
            self._direct.add(connection, index, direct)

    def direct_entries(self) -> Sequence[int]:
        """See ports.Store."""
        return self._look(self._direct.entries)

    def direct(self, index: int) -> Sequence[DirectToken]:
        """See ports.Store."""
        return self._look(self._direct.of_entry, index)

    def placed_tokens(self) -> Iterator[PlacedToken]:
        """See ports.Store."""
        after = BEFORE_ALL
        while True:
            page = self._look(self._seals.closed_tokens, after, _TOKENS_AT_ONCE)
            yield from (PlacedToken(place, token) for place, token in page)
            if len(page) < _TOKENS_AT_ONCE:
                break
            after = page[-1][0]
        for entry in self.direct_entries():
            for one in self.direct(entry):
                yield PlacedToken(FilePlace(entry, one.file, one.token.authority), one.token)

    def nonces(self) -> NonceMemory:
        """The nonces of signed requests, in the same database, which is of PostgreSQL."""
        # Here: it loads what only PostgreSQL needs.
        from evidence_ledger.adapters.sql.nonces import SqlNonces

        return SqlNonces(self._engine, self._place)

    def erase(self, indexes: Collection[int]) -> None:
        """See ports.Store."""
        with writing(self._engine, self._place) as connection:
            self._erasures.remove(connection, indexes)
            self._dialect.note_remnants(connection)

    def unfinished_erasures(self) -> Sequence[int]:
        """See ports.Store."""
        return self._look(self._erasures.unfinished)

    def scrub(self) -> bool:
        """See ports.Store."""
        try:
            with reading(self._engine, self._place) as connection:
                return self._dialect.scrub(connection)
        except (LedgerLocked, LedgerFull):
            return False

    def close(self) -> None:
        """See ports.Store."""
        self._engine.dispose()
