"""What a renewal is asked for, what it takes on, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Final

from evidence_ledger.core.algorithm import DIGESTS, Digest
from evidence_ledger.core.token_place import FilePlace, Place, SealPlace
from evidence_ledger.renewing.strand import Strand
from evidence_ledger.renewing.tree_leaves import TreeLeaves
from evidence_ledger.renewing.weakening import Standing
from evidence_ledger.stored import RenewalKind, RenewedStrand

MOST_STRANDS: Final = 50_000
MOST_OBJECTS: Final = 100_000
"""So much is in one renewal, or one seal; more is done in several."""
TREE_DIGESTS: Final = ("sha512", "sha3_256")
TIGHT: Final = 16
"""So many further timestamps in a chain, or fewer, are told of."""


class Left(StrEnum):
    """Why something was not renewed."""

    LOST = "lost"
    RESTS = "renewed-lately"
    NEEDS_TREE = "needs-digest"
    NEEDS_INDEPENDENT = "needs-independent-authority"
    CHAIN_FULL = "chain-full"
    RECORD_FULL = "record-full"
    NO_DIGEST = "no-digest"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to renew: timestamps that weaken before a moment, or all (``before`` is None).

    ``digest``, one of ``TREE_DIGESTS``, asks for hash-tree renewals instead, of everything whose
    newest chain is by another.
    """

    before: datetime | None = None
    digest: str | None = None

    def takes(self, one: Standing) -> bool:
        """Whether a strand is meant."""
        if self.digest is not None:
            return one.strand.digest != self.digest
        return self.before is None or one.due(self.before)

    def left(self, one: Standing, now: datetime, *, independent_asked: bool) -> Left | None:
        """Why a strand is left out, where it is lost, or meant and can't be renewed.

        ``independent_asked``: there are independent authorities to ask.
        """
        if one.lost:
            return Left.LOST
        if not self.takes(one):
            return None
        if one.strand.first.independent and not independent_asked:
            return Left.NEEDS_INDEPENDENT
        return self._no_room(one) or self._not_now(one, now)

    def _no_room(self, one: Standing) -> Left | None:
        """Why a record of the strand could not be read any more, had it one more timestamp."""
        history = one.strand.history
        if history.full or (self.digest is not None and history.chains_full):
            return Left.RECORD_FULL
        return Left.CHAIN_FULL if self.digest is None and not history.room else None

    def _not_now(self, one: Standing, now: datetime) -> Left | None:
        if self.digest is not None or self.before is None:
            return None
        if one.needs_tree(self.before):
            return Left.NEEDS_TREE
        return Left.RESTS if one.rests(now) else None


class Batch:
    """What goes into one renewal; equal leaves are one. ``without`` counts objects left out."""

    def __init__(self, kind: RenewalKind, digest: str, independent: bool) -> None:
        self.kind = kind
        self.digest = digest
        self.independent = independent
        self.strands: list[RenewedStrand] = []
        self.objects = 0
        self.without = 0
        self._leaves: dict[bytes, int] = {}

    @property
    def leaves(self) -> bytes:
        """All leaves, in order."""
        return b"".join(self._leaves)

    @property
    def is_full(self) -> bool:
        """Whether the rest is for another renewal."""
        return len(self.strands) >= MOST_STRANDS or self.objects >= MOST_OBJECTS

    def add(
        self, place: Place, leaf: bytes, objects: tuple[int, ...] = (), hashes: bytes = b""
    ) -> None:
        """One more strand."""
        at = self._leaves.setdefault(leaf, len(self._leaves))
        self.strands.append(RenewedStrand(place, at, objects, hashes))
        self.objects += len(objects)


class _Batches:
    """Batches that fill up side by side: for each digest, and for each kind of authority."""

    def __init__(self, kind: RenewalKind) -> None:
        self._kind = kind
        self._open: dict[tuple[str, bool], Batch] = {}

    def batch(self, digest: str, independent: bool) -> Batch:
        key = (digest, independent)
        return self._open.setdefault(key, Batch(self._kind, *key))

    def full(self) -> list[Batch]:
        return [self._open.pop(key) for key, one in list(self._open.items()) if one.is_full]

    def rest(self) -> list[Batch]:
        return [one for one in self._open.values() if one.strands]


def timestamp_batches(chosen: Iterable[Standing]) -> Iterator[Batch]:
    """Timestamp renewals: over the newest tokens, by the digests of their chains."""
    batches = _Batches(RenewalKind.TIMESTAMP)
    for strand in (one.strand for one in chosen):
        batch = batches.batch(strand.digest, strand.first.independent)
        leaf = DIGESTS[strand.digest].of(strand.newest.token)
        batch.add(strand.place, leaf)
        yield from batches.full()
    yield from batches.rest()


def tree_batches(chosen: Iterable[Standing], digest: Digest, leaves: TreeLeaves) -> Iterator[Batch]:
    """Hash-tree renewals with ``digest``. Raises LedgerCorrupt."""
    batches = _Batches(RenewalKind.TREE)
    for one, group in groupby((one.strand for one in chosen), key=_whose):
        members = list(group)
        if isinstance(one, SealPlace):
            _add_seal(batches, one.seal, members, digest, leaves)
        else:
            _add_file(batches, one, members[0], digest, leaves)
        yield from batches.full()
    yield from batches.rest()


def _whose(strand: Strand) -> Place:
    """The place of a strand; one for all of a seal, whose objects are read once."""
    place = strand.place
    return place._replace(position=0) if isinstance(place, SealPlace) else place


def _add_seal(
    batches: _Batches, seal: int, members: list[Strand], digest: Digest, leaves: TreeLeaves
) -> None:
    places = [one.place for one in members if isinstance(one.place, SealPlace)]
    found = leaves.of(seal, [place.position for place in places])
    for strand, renewed in zip(members, found, strict=True):
        batch = batches.batch(digest.name, strand.first.independent)
        hashes = b"".join(renewed.hashes)
        batch.add(strand.place, leaves.root(renewed), tuple(renewed.objects), hashes)
        batch.without += renewed.without


def _add_file(
    batches: _Batches, place: FilePlace, strand: Strand, digest: Digest, leaves: TreeLeaves
) -> None:
    batches.batch(digest.name, strand.first.independent).add(place, leaves.of_file(place))
