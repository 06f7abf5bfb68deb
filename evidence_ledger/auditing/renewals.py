"""The audit of renewals: each is over what it renews, and its tokens are right and in the chain.

Renewals are read one after the other, their strands streamed; of each strand only the newest
token's hash is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from evidence_ledger.core import entry, statement
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.errors import EvidenceError, NoSuchEntry, Refused, Undecided
from evidence_ledger.ports import (
    RenewalKind,
    RenewedStrand,
    SealedToken,
    Store,
    StoredRenewal,
    StoredToken,
)
from evidence_ledger.renewing.records import Renewals
from evidence_ledger.renewing.strand import SHA256, carrying, leaves_of, renewal_of
from evidence_ledger.renewing.tree_leaves import TreeLeaves
from evidence_ledger.sealing.sealer import token_time

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Newest:
    """A strand's newest token: the leaf that renews it by ``digest``, and where it is stored.

    ``place`` is a seal's number and a position, or a renewal's where ``renewed``.
    """

    authority: str
    independent: bool
    digest: str
    leaf: bytes
    place: Place
    renewed: bool = False


class RenewalAudit:
    """Audits the renewals that there are when it begins."""

    def __init__(self, store: Store, roots: Mapping[str, Sequence[bytes]], at: datetime) -> None:
        self._store = store
        self._roots = roots
        self._at = at
        newest = store.renewal(-1)
        self._count = 0 if newest is None else newest.number + 1
        self._covered: dict[tuple[Place, bool], datetime] = {}
        self._carrying: set[Place] = set()
        self._unsound: EvidenceError | None = None
        self._strands = 0

    def walk(self) -> None:
        """Hold each renewal against what it renews. What is wrong is told by ``check``."""
        try:
            self._walk()
        except EvidenceError as error:
            self._unsound = error

    def covered_at(self, seal: int, position: int) -> datetime | None:
        """When a renewal first covered a token of a seal, after ``walk``."""
        return self._covered.get(((seal, position), False))

    def named(self) -> dict[int, set[bytes]]:
        """By seal, the SHA-256 of the tokens that renewals name in entries of that seal."""
        found: dict[int, set[bytes]] = {}
        for renewal in self._renewals():
            strand = next(self._store.strands(renewal.number), None)
            if strand is not None:
                found.setdefault(strand.seal, set()).update(_hashes(renewal))
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
            if renewal.entry is not None:
                self._check_entry(renewal, renewal.entry)
        if not self._count:
            return "There are no renewals."
        return f"{self._count} renewals by {tokens} timestamps, of {self._strands} timestamps."

    def _renewals(self) -> Iterator[StoredRenewal]:
        return (renewal_of(self._store, number) for number in range(self._count))

    def _walk(self) -> None:
        if not self._count:
            return
        newest = {(one.seal, one.position): _first(one) for one in self._store.sealed_tokens()}
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
        """Timestamps under one token are renewed together: no sign is left of one that is gone."""
        for one in newest:
            if one.renewed and (one.place, True) in self._covered:
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
            place = (strand.seal, strand.position)
            before = newest.get(place)
            if before is None or before.independent is not renewal.independent:
                raise _wrong(renewal, "A renewal is of a timestamp that it can't renew.")
            self._check_leaf(renewal, strand, before, leaves, trees)
            used.add(strand.leaf)
            if renewal.entry is None:
                continue
            at = renewal.tokens.index(carrying(renewal, before.authority))
            self._carrying.add((renewal.number, at))
            self._covered.setdefault((before.place, before.renewed), times[at])
            newest[place] = _Newest(
                before.authority,
                before.independent,
                renewal.digest,
                hashes[at],
                (renewal.number, at),
                renewed=True,
            )
            self._strands += 1
        if used != set(range(len(leaves))):
            raise _wrong(renewal, "A renewal has leaves that renew nothing.")

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
        if renewal.kind is RenewalKind.TREE:
            self._check_objects(renewal, strand, leaves[strand.leaf], trees)
        elif before.digest != renewal.digest or before.leaf != leaves[strand.leaf]:
            raise _wrong(renewal, "A renewal is not over the timestamps that it renews.")
        elif strand.objects or strand.hashes:
            raise _wrong(renewal, "A renewal of timestamps names objects.")

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
        held = dict(zip(strand.objects, hashes, strict=True))
        now = trees.of(strand.seal, [strand.position], renewal.number)[0]
        for place, hash_ in zip(now.objects, now.hashes, strict=True):
            if held.get(place) != hash_:
                raise _wrong(renewal, "A renewal is not over the objects of its seals.")

    def _check_token(
        self, renewal: StoredRenewal, position: int, token: StoredToken, root: bytes
    ) -> None:
        """A token from which no strand goes on is judged as of its own time."""
        where = f"renewal {renewal.number}, {token.authority}"
        covered = self._covered.get(((renewal.number, position), True))
        try:
            if renewal.entry is not None and (renewal.number, position) not in self._carrying:
                covered = token_time(token.token)
            proved = check_token(
                token.response,
                {renewal.digest: root},
                roots=self._roots.get(token.authority, ()),
                at=self._at,
                covered_at=covered,
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


def _first(one: SealedToken) -> _Newest:
    token = one.token
    leaf, place = SHA256.of(token.token), (one.seal, one.position)
    return _Newest(token.authority, token.independent, SHA256.name, leaf, place)


def _hashes(renewal: StoredRenewal) -> tuple[bytes, ...]:
    return tuple(hashlib.sha256(token.token).digest() for token in renewal.tokens)


def _wrong(renewal: StoredRenewal, message: str) -> Refused:
    return Refused("audit.renewal", message, where=f"renewal {renewal.number}")
