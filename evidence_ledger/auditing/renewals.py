"""The audit of renewals: each is over what it renews, and its tokens are right and in the chain.

Renewals are read one after the other, their strands streamed; of each strand only the newest
token's hash is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise, zip_longest

from evidence_ledger.auditing.beside import check_erased, check_supplements
from evidence_ledger.core import entry, statement
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.counting import counted
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.renewed_objects import kept_of_renewed
from evidence_ledger.core.time_trust import TimeTrust
from evidence_ledger.core.timestamp_question import TimestampQuestion
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.core.token_place import FilePlace, Place, SealPlace
from evidence_ledger.errors import EvidenceError, NoSuchEntry, Refused, Undecided
from evidence_ledger.ports import Store
from evidence_ledger.renewing.records import Renewals
from evidence_ledger.renewing.strand import SHA256, carrying, leaves_of, renewal_of, seal_of
from evidence_ledger.renewing.tree_leaves import TreeLeaves
from evidence_ledger.sealing.sealer import token_time
from evidence_ledger.stored import (
    PlacedToken,
    RenewalKind,
    RenewedStrand,
    StoredRenewal,
    StoredToken,
)

RenewalPlace = tuple[int, int]
"""A renewal's number, and the position of a token of it."""


@dataclass(frozen=True, slots=True)
class _Newest:
    """A strand's newest token: the leaf that renews it by ``digest``, and where it is stored.

    ``renewed`` is its place among the renewals', None for a first token, whose place is ``first``.
    """

    authority: str
    independent: bool
    digest: str
    leaf: bytes
    first: Place
    renewed: RenewalPlace | None = None

    @property
    def place(self) -> Place | RenewalPlace:
        """Where it is stored."""
        return self.first if self.renewed is None else self.renewed


class RenewalAudit:
    """Audits the renewals that there are when it begins."""

    def __init__(self, store: Store, roots: Mapping[str, Sequence[bytes]], at: datetime) -> None:
        self._store = store
        self._roots = roots
        self._at = at
        newest = store.renewal(-1)
        self._count = 0 if newest is None else newest.number + 1
        self._covered: dict[Place, datetime] = {}
        self._covered_renewed: dict[RenewalPlace, datetime] = {}
        self._carrying: set[RenewalPlace] = set()
        self._unsound: EvidenceError | None = None
        self._strands = 0

    def walk(self) -> None:
        """Hold each renewal against what it renews. What is wrong is told by ``check``."""
        try:
            self._walk()
        except EvidenceError as error:
            self._unsound = error

    def covered_at(self, place: Place) -> datetime | None:
        """When a renewal first covered a token of a seal or over a file, after ``walk``."""
        return self._covered.get(place)

    def named(self) -> dict[int, set[bytes]]:
        """By seal, the SHA-256 of the tokens that renewals name in entries of that seal."""
        found: dict[int, set[bytes]] = {}
        for renewal in self._renewals():
            seal = seal_of(self._store, renewal.number)
            if seal is not None:
                found.setdefault(seal.number, set()).update(_hashes(renewal))
        return found

    def check(self) -> str:
        """All of it, after ``walk``. Raises EvidenceError."""
        if self._unsound is not None:
            raise self._unsound
        tokens = 0
        for renewal in self._renewals():
            root = RecordTree(leaves_of(renewal), DIGESTS[renewal.digest]).root
            for position, token in enumerate(renewal.tokens):
                self._check_token(renewal, position, token, root)
                tokens += 1
            check_supplements(
                self._store.renewal_supplements(renewal.number), f"renewal {renewal.number}"
            )
            if renewal.entry is not None:
                self._check_entry(renewal, renewal.entry)
        if not self._count:
            return "There are no renewals."
        renewals, of = counted(self._count, "renewal"), counted(self._strands, "timestamp")
        return f"{renewals} by {counted(tokens, 'timestamp')}, of {of}."

    def _renewals(self) -> Iterator[StoredRenewal]:
        return (renewal_of(self._store, number) for number in range(self._count))

    def _walk(self) -> None:
        if not self._count:
            return
        newest = {one.place: _first(one) for one in self._store.placed_tokens()}
        for renewal in self._renewals():
            if renewal.entry is None and renewal.number + 1 < self._count:
                raise Refused(
                    "audit.renewal-open",
                    "A renewal has no entry, and later ones do.",
                    where=f"renewal {renewal.number}",
                )
            self._walk_one(renewal, newest)
        self._check_rest(newest.values())

    def _check_rest(self, newest: Iterable[_Newest]) -> None:
        """Timestamps of seals under one token are renewed together: no sign is left of one that is
        gone. One over a file may stay behind, where its new digest is not known.
        """
        for one in newest:
            if one.renewed in self._covered_renewed and isinstance(one.first, SealPlace):
                raise Undecided(
                    "audit.renewal-rest",
                    "Some timestamps are not renewed, and others under the same token are.",
                    where=f"renewal {one.place[0]}",
                    hint="Renew the rest with: evidence renew",
                )

    def _walk_one(self, renewal: StoredRenewal, newest: dict[Place, _Newest]) -> None:
        leaves, used = leaves_of(renewal), set()
        digest = DIGESTS[renewal.digest]
        trees = TreeLeaves(self._store, digest, Renewals(self._store))
        hashes = [digest.of(token.token) for token in renewal.tokens]
        times = [token_time(token.token) for token in renewal.tokens]
        for strand in self._store.strands(renewal.number):
            used.add(strand.leaf)
            before = newest.get(strand.place)
            if before is None and isinstance(strand.place, FilePlace):
                check_erased(self._store, renewal.number, strand.place)
                continue
            if before is None or before.independent is not renewal.independent:
                raise _wrong(renewal, "A renewal is of a timestamp that it can't renew.")
            self._check_leaf(renewal, strand, before, leaves, trees)
            if renewal.entry is None:
                continue
            at = renewal.tokens.index(carrying(renewal, before.authority))
            self._carrying.add((renewal.number, at))
            self._cover(before, times[at])
            newest[strand.place] = replace(
                before, digest=renewal.digest, leaf=hashes[at], renewed=(renewal.number, at)
            )
            self._strands += 1
        if used != set(range(len(leaves))):
            raise _wrong(renewal, "A renewal has leaves that renew nothing.")

    def _cover(self, before: _Newest, moment: datetime) -> None:
        if before.renewed is None:
            self._covered.setdefault(before.first, moment)
        else:
            self._covered_renewed.setdefault(before.renewed, moment)

    def _check_leaf(
        self,
        renewal: StoredRenewal,
        strand: RenewedStrand,
        before: _Newest,
        leaves: Sequence[bytes],
        trees: TreeLeaves,
    ) -> None:
        if not 0 <= strand.leaf < len(leaves):
            raise _wrong(renewal, "A renewal has fewer leaves than it needs.")
        leaf = leaves[strand.leaf]
        if renewal.kind is RenewalKind.TREE and isinstance(strand.place, FilePlace):
            self._check_file(renewal, strand.place, leaf, trees)
        elif renewal.kind is RenewalKind.TREE:
            self._check_objects(renewal, strand, leaf, trees)
        elif before.digest != renewal.digest or before.leaf != leaf:
            raise _wrong(renewal, "A renewal is not over the timestamps that it renews.")
        elif strand.objects or strand.hashes:
            raise _wrong(renewal, "A renewal of timestamps names objects.")

    def _check_file(
        self, renewal: StoredRenewal, place: FilePlace, leaf: bytes, trees: TreeLeaves
    ) -> None:
        """One whose claim was erased since can't be compared."""
        if trees.knows(place) and trees.of_file(place, renewal.number) != leaf:
            raise _wrong(renewal, "A renewal is not over the file of its timestamp.")

    def _check_objects(
        self, renewal: StoredRenewal, strand: RenewedStrand, leaf: bytes, trees: TreeLeaves
    ) -> None:
        """Each object that is known still, with its hash; those erased since can't be compared."""
        size = DIGESTS[renewal.digest].size
        hashes = [strand.hashes[at : at + size] for at in range(0, len(strand.hashes), size)]
        ascending = all(one < other for one, other in pairwise(strand.objects))
        if not hashes or len(hashes) != len(strand.objects) or not ascending:
            raise _wrong(renewal, "A renewal does not say which objects it is over.")
        if len(hashes[-1]) != size or RecordTree(hashes, DIGESTS[renewal.digest]).root != leaf:
            raise _wrong(renewal, "A renewal is not over the hashes of its objects.")
        seal, position = SealPlace(*strand.place)
        self._check_kept(renewal, strand, SealPlace(seal, position))
        held = dict(zip(strand.objects, hashes, strict=True))
        now = trees.of(seal, [position], renewal.number)[0]
        for place, hash_ in zip(now.objects, now.hashes, strict=True):
            if held.get(place) != hash_:
                raise _wrong(renewal, "A renewal is not over the objects of its seals.")

    def _check_kept(self, renewal: StoredRenewal, strand: RenewedStrand, place: SealPlace) -> None:
        kept = self._store.renewed_groups(renewal.number, place)
        digest = DIGESTS[renewal.digest]
        expected = kept_of_renewed(strand.objects, strand.hashes, digest)
        if any(one != other for one, other in zip_longest(kept, expected)):
            raise Refused(
                "audit.renewal-tree",
                "The tree that is kept of a renewal is not that of its objects.",
                where=f"renewal {renewal.number}, seal {place.seal}",
            )

    def _check_token(
        self, renewal: StoredRenewal, position: int, token: StoredToken, root: bytes
    ) -> None:
        """A token from which no strand goes on is judged as of its own time."""
        where = f"renewal {renewal.number}, {token.authority}"
        covered = self._covered_renewed.get((renewal.number, position))
        try:
            if renewal.entry is not None and (renewal.number, position) not in self._carrying:
                covered = token_time(token.token)
            proved = check_token(
                token.response,
                TimestampQuestion({renewal.digest: root}),
                TimeTrust(self._roots.get(token.authority, ()), self._at),
                covered,
            )
        except EvidenceError as error:
            error.where = where
            raise
        pretended = token.independent and proved.own_clock
        dependent = renewal.independent and not token.independent
        if proved.token != token.token or pretended or dependent:
            raise Refused("audit.token", "The timestamp is not as it was stored.", where=where)

    def _check_entry(self, renewal: StoredRenewal, index: int) -> None:
        where = f"renewal {renewal.number}, entry {index}"
        try:
            one = self._store.entry(index)
        except NoSuchEntry as error:
            raise Refused("audit.renewal-entry", "A renewal has no entry.", where=where) from error
        kind = entry.parse(one.entry).kind
        fact = statement.parse(one.statement).seal if one.statement else None
        if kind != "seal" or fact is None or fact.tokens != _hashes(renewal):
            raise Refused(
                "audit.renewal-entry", "The entry does not name the renewal's tokens.", where=where
            )


def _first(one: PlacedToken) -> _Newest:
    token, leaf = one.token, SHA256.of(one.token.token)
    return _Newest(token.authority, token.independent, SHA256.name, leaf, one.place)


def _hashes(renewal: StoredRenewal) -> tuple[bytes, ...]:
    return tuple(hashlib.sha256(token.token).digest() for token in renewal.tokens)


def _wrong(renewal: StoredRenewal, message: str) -> Refused:
    return Refused("audit.renewal", message, where=f"renewal {renewal.number}")
