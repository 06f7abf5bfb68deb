"""The Store port over dictionaries: the shortest thing that keeps the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace

from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.chain import AppendedEntry, Extension, Head
from evidence_ledger.core.edge import FullTile
from evidence_ledger.core.entry import ROLL
from evidence_ledger.core.note import parse_line
from evidence_ledger.core.record_groups import Group, kept_of, split
from evidence_ledger.core.renewal_history import LISTS, RenewalHistory
from evidence_ledger.core.renewed_objects import kept_of_renewed
from evidence_ledger.core.special import Order, SpecialEntry, orders, special_entries
from evidence_ledger.core.token_place import FilePlace, Place, SealPlace
from evidence_ledger.errors import HeadMoved, LedgerCorrupt, LedgerError, NoSuchEntry
from evidence_ledger.stored import (
    DirectToken,
    Found,
    PlacedToken,
    RenewalKind,
    RenewedLeaf,
    RenewedStrand,
    SealObjects,
    StoredCosignature,
    StoredEntry,
    StoredRenewal,
    StoredSeal,
    StoredSupplement,
    StoredToken,
)


@dataclass
class FakeRows:
    """What several stores over the same ledger share."""

    head: Head = field(default_factory=Head)
    entries: list[AppendedEntry] = field(default_factory=list)
    tiles: dict[tuple[int, int], FullTile] = field(default_factory=dict)
    seals: list[StoredSeal] = field(default_factory=list)
    objects: dict[int, SealObjects] = field(default_factory=dict)
    renewals: list[StoredRenewal] = field(default_factory=list)
    strands: list[list[RenewedStrand]] = field(default_factory=list)
    supplements: dict[int, list[StoredSupplement]] = field(default_factory=dict)
    renewal_supplements: dict[int, list[StoredSupplement]] = field(default_factory=dict)
    direct: dict[int, list[DirectToken]] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    is_alone: bool = True


class FakeStore:
    """See ports.Store."""

    def __init__(self, rows: FakeRows) -> None:
        self._rows = rows

    def head(self) -> Head:
        return self._rows.head

    def append(self, before: Head, extension: Extension) -> None:
        hashes = [one.statement_hash for one in extension.entries]
        if before != self._rows.head or self.indexes_of(hashes) or len(set(hashes)) < len(hashes):
            raise HeadMoved("Somebody was first.")
        self._rows.entries += extension.entries
        self._rows.tiles |= {(one.level, one.index): one for one in extension.tiles}
        self._rows.head = extension.head

    def turn(self, *, alone: bool = True) -> AbstractContextManager[None]:  # noqa: ARG002 nobody else writes
        return nullcontext()

    def settle(self) -> None:
        pass

    @contextmanager
    def alone(self) -> Iterator[bool]:
        given, self._rows.is_alone = self._rows.is_alone, False
        try:
            yield given
        finally:
            self._rows.is_alone = self._rows.is_alone or given

    def indexes_of(self, statements: Sequence[bytes]) -> Mapping[bytes, int]:
        wanted = set(statements)
        return {
            one.statement_hash: one.index
            for one in self._rows.entries
            if one.statement_hash in wanted
        }

    def entry(self, index: int) -> StoredEntry:
        for one in self.entries(index, index + 1):
            return one
        raise NoSuchEntry(f"No entry {index}.")

    def entries(self, start: int, stop: int) -> Iterator[StoredEntry]:
        for one in self._range(start, stop):
            admission = one.admission
            is_erased = one.index in self._rows.erased
            yield StoredEntry(
                one.index,
                one.entry,
                one.leaf_hash,
                None if is_erased else admission.statement,
                None if is_erased else admission.signature,
            )

    def _range(self, start: int, stop: int) -> list[AppendedEntry]:
        return self._rows.entries[max(start, 0) : max(stop, 0)]

    def marked(self, marks: Iterable[bytes]) -> Mapping[bytes, int]:
        held = {mark: entry for entry, mark in self.marks()}
        return {mark: held[mark] for mark in marks if mark in held}

    def marks(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        for one in self._rows.entries[start:]:
            if one.admission.mark is not None and one.admission.kind != ROLL:
                yield one.index, one.admission.mark

    def special_entries(self, start: int, stop: int) -> Sequence[SpecialEntry]:
        return [
            found
            for one in self._range(start, stop)
            for found in special_entries(one.index, one.admission.kind, one.admission.statement)
        ]

    def special_about(self, about: int, most: int | None = None) -> Sequence[SpecialEntry]:
        size = len(self._rows.entries)
        return [one for one in self.special_entries(0, size) if one.about == about][:most]

    def orders_about(self, about: int, before: int) -> Sequence[Order]:
        found = [
            each
            for one in self._range(0, before)
            for each in orders(one.index, one.admission.kind, one.admission.statement)
            if one.index not in self._rows.erased and each.about == about
        ]
        return sorted(found, key=lambda each: (each.signer, each.entry))

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        return [one.leaf_hash for one in self._range(start, stop)]

    def claims(self, index: int) -> Iterator[tuple[int, bytes]]:
        for _, position, data in self.claims_between(index, index + 1):
            yield position, data

    def claims_between(self, start: int, stop: int) -> Iterator[tuple[int, int, bytes]]:
        for one in self._range(start, stop):
            for position, data in enumerate(one.admission.claims):
                if one.index in self._rows.erased:
                    break
                yield one.index, position, data

    def find(self, digest: bytes, algorithm: str) -> Sequence[Found]:
        return [
            Found(one.index, held.position)
            for one in self._rows.entries
            for held in one.admission.digests
            if (held.digest, held.algorithm) == (digest, algorithm)
            and one.index not in self._rows.erased
        ]

    def tile(self, level: int, index: int) -> FullTile | None:
        return self._rows.tiles.get((level, index))

    def tiles(self, level: int) -> Iterator[FullTile]:
        for key in sorted(self._rows.tiles):
            if key[0] == level:
                yield self._rows.tiles[key]

    def _asked(self) -> list[SpecialEntry]:
        special = self.special_entries(0, len(self._rows.entries))
        return [one for one in special if one.kind == "erasure"]

    def erase(self, indexes: Collection[int]) -> None:
        if not {*indexes} <= {one.about for one in self._asked()}:
            raise LedgerCorrupt("Nobody asked for it.")
        self._rows.erased |= {*indexes}
        for one in indexes:
            self._rows.direct.pop(one, None)

    def unfinished_erasures(self) -> Sequence[int]:
        left = {one.entry for one in self._asked() if one.about not in self._rows.erased}
        return sorted(left)

    def scrub(self) -> bool:
        return True

    def add_seal(self, seal: StoredSeal, objects: SealObjects) -> None:
        if self.seal(seal.number) is not None:
            raise HeadMoved("That seal is there.")
        self._rows.seals.append(seal)
        self._rows.objects[seal.number] = objects

    def seal_objects(self, number: int) -> SealObjects:
        if number not in self._rows.objects:
            raise LedgerCorrupt("No such seal.")
        return self._rows.objects[number]

    def seal_group(self, number: int, level: int, at: int) -> bytes | None:
        found = self.seal_groups(number) if number in self._rows.objects else ()
        return next((one.data for one in found if one[:2] == (level, at)), None)

    def seal_groups(self, number: int) -> Iterator[Group]:
        objects = self.seal_objects(number)
        return kept_of(split(objects.leaves), objects.offsets)

    def seal_count(self, number: int) -> int:
        found = self._rows.objects.get(number)
        return len(found.leaves) // 32 if found else 0

    def _change(self, number: int, **changes: object) -> None:
        self._rows.seals[number] = replace(self._rows.seals[number], **changes)  # type: ignore[arg-type]  # its own fields

    def add_token(self, number: int, token: StoredToken) -> None:
        seal = self.seal(number)
        if seal is None:
            raise LedgerError("No such seal.")
        if token.authority not in [one.authority for one in seal.tokens]:
            self._change(number, tokens=(*seal.tokens, token))

    def add_cosignatures(self, number: int, cosignatures: Sequence[StoredCosignature]) -> None:
        held = list(self._rows.seals[number].cosignatures)
        keys = {parse_line(one.line).key_id for one in held}
        for one in cosignatures:
            if (key := parse_line(one.line).key_id) not in keys:
                keys.add(key)
                held.append(one)
        self._change(number, cosignatures=tuple(held))

    def last_cosigned(self, witness: str) -> int:
        sizes = [
            one.size
            for one in self._rows.seals
            if witness in (held.witness for held in one.cosignatures)
        ]
        return max(sizes, default=0)

    def close_seal(self, number: int, entry: int) -> None:
        seal = self.seal(number)
        if seal is None or seal.entry not in (None, entry):
            raise LedgerError("No such seal, or it is closed.")
        self._change(number, entry=entry)

    def seal(self, number: int) -> StoredSeal | None:
        if number == -1:
            return self._rows.seals[-1] if self._rows.seals else None
        return self._rows.seals[number] if number < len(self._rows.seals) else None

    def token_names(self) -> Mapping[int, frozenset[str]]:
        closed = [one for one in self._rows.seals if one.entry is not None]
        return {one.number: frozenset(held.authority for held in one.tokens) for one in closed}

    def seal_of(self, index: int) -> StoredSeal | None:
        covering = (one for one in self._rows.seals if one.first <= index < one.size)
        return next(covering, None)

    def add_supplements(self, number: int, supplements: Sequence[StoredSupplement]) -> None:
        _keep(self._rows.supplements, number, supplements)

    def supplements(self, number: int) -> Sequence[StoredSupplement]:
        return _sorted(self._rows.supplements.get(number, []))

    def add_direct(self, index: int, direct: DirectToken) -> None:
        if direct.file not in dict(self.claims(index)):
            return
        held = self._rows.direct.setdefault(index, [])
        names = {(one.file, one.token.authority) for one in held}
        if (direct.file, direct.token.authority) not in names:
            held.append(direct)

    def direct_entries(self) -> Sequence[int]:
        return sorted(self._rows.direct)

    def direct(self, index: int) -> Sequence[DirectToken]:
        held = self._rows.direct.get(index, [])
        return sorted(held, key=lambda one: (one.file, one.token.authority.encode()))

    def placed_tokens(self) -> Iterator[PlacedToken]:
        for seal in self._rows.seals:
            if seal.entry is not None:
                for position, token in enumerate(seal.tokens):
                    yield PlacedToken(SealPlace(seal.number, position), token)
        for entry in self.direct_entries():
            for one in self.direct(entry):
                yield PlacedToken(FilePlace(entry, one.file, one.token.authority), one.token)

    def add_renewal(self, renewal: StoredRenewal, strands: Iterable[RenewedStrand]) -> None:
        if self.renewal(renewal.number) is not None:
            raise HeadMoved("That renewal is there.")
        known = list(strands)
        for one in known:
            if isinstance(one.place, SealPlace) and self.seal(one.place.seal) is None:
                raise LedgerError("No such seal.")
        self._rows.renewals.append(renewal)
        self._rows.strands.append(sorted(known, key=_order))

    def add_renewal_token(self, number: int, token: StoredToken) -> None:
        renewal = self.renewal(number)
        if renewal is None or renewal.entry is not None:
            raise HeadMoved("It takes no more.")
        if token.authority not in (one.authority for one in renewal.tokens):
            self._rows.renewals[number] = replace(renewal, tokens=(*renewal.tokens, token))

    def close_renewal(self, number: int, entry: int, tokens: int) -> None:
        renewal = self.renewal(number)
        if renewal is not None and renewal.entry == entry:
            return
        if renewal is None or renewal.entry is not None or len(renewal.tokens) != tokens:
            raise HeadMoved("Somebody was at it.")
        self._rows.renewals[number] = replace(renewal, entry=entry)

    def renewal(self, number: int) -> StoredRenewal | None:
        if number == -1:
            return self._rows.renewals[-1] if self._rows.renewals else None
        return self._rows.renewals[number] if number < len(self._rows.renewals) else None

    def strands(self, number: int) -> Iterator[RenewedStrand]:
        if number < len(self._rows.strands):
            yield from self._rows.strands[number]

    def _closed(self) -> Iterator[tuple[StoredRenewal, RenewedStrand]]:
        for renewal, strands in zip(self._rows.renewals, self._rows.strands, strict=True):
            if renewal.entry is not None:
                yield from ((renewal, one) for one in strands)

    def renewed_group(self, number: int, place: SealPlace, level: int, at: int) -> bytes | None:
        found = self.renewed_groups(number, place)
        return next((one.data for one in found if one[:2] == (level, at)), None)

    def renewed_groups(self, number: int, place: SealPlace) -> Iterator[Group]:
        digest = DIGESTS[self._rows.renewals[number].digest]
        for one in self._rows.strands[number]:
            if one.place == place and one.objects:
                yield from kept_of_renewed(one.objects, one.hashes, digest)

    def renewals_of_seal(self, seal: int) -> Sequence[RenewedLeaf]:
        return [
            RenewedLeaf(renewal.number, one.place, one.leaf, len(one.hashes))
            for renewal, one in self._closed()
            if isinstance(one.place, SealPlace) and one.place.seal == seal
        ]

    def renewals_of_files(self, entry: int) -> Sequence[RenewedLeaf]:
        return [
            RenewedLeaf(renewal.number, one.place, one.leaf)
            for renewal, one in self._closed()
            if isinstance(one.place, FilePlace) and one.place.entry == entry
        ]

    def histories(self) -> Mapping[Place, RenewalHistory]:
        by_place: dict[Place, list[StoredRenewal]] = {}
        for renewal, one in self._closed():
            if renewal.tokens:
                by_place.setdefault(one.place, []).append(renewal)
        return {place: _history(held) for place, held in by_place.items()}

    def add_renewal_supplements(self, number: int, found: Sequence[StoredSupplement]) -> None:
        _keep(self._rows.renewal_supplements, number, found)

    def renewal_supplements(self, number: int) -> Sequence[StoredSupplement]:
        return _sorted(self._rows.renewal_supplements.get(number, []))

    def close(self) -> None:
        pass


def _order(one: RenewedStrand) -> tuple[object, ...]:
    return (isinstance(one.place, FilePlace), *one.place)


def _history(held: Sequence[StoredRenewal]) -> RenewalHistory:
    trees = [one.number for one in held if one.kind is RenewalKind.TREE]
    since = sum(one.number >= max(trees, default=0) for one in held)
    size = sum(max(len(token.token) for token in one.tokens) for one in held)
    stamps = since if trees else since + 1
    return RenewalHistory(held[-1].number, stamps, len(trees) + 1, size + LISTS * (len(held) + 1))


def _keep(
    rows: dict[int, list[StoredSupplement]], number: int, found: Sequence[StoredSupplement]
) -> None:
    held = rows.setdefault(number, [])
    held += [one for one in found if one not in held]


def _sorted(held: Sequence[StoredSupplement]) -> list[StoredSupplement]:
    return sorted(held, key=lambda one: (one.kind.value, hashlib.sha256(one.data).digest()))
