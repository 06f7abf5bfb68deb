"""Strands: a token of a seal, or over a file itself, and the timestamps that renew it, each over
the one before.

    seal 7, token 0    Alpha 2026 ── renewal 0 (Alpha 2028) ── renewal 3 (Beta 2034)

A renewal may hold tokens of several authorities. A strand goes on with that of its own authority,
where that gave one, or else with the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from evidence_ledger.core import evidence_record
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.renewal_history import RenewalHistory
from evidence_ledger.core.token_place import Place, SealPlace
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredRenewal, StoredSeal, StoredToken

SHA256 = DIGESTS["sha256"]


@dataclass(frozen=True, slots=True)
class Strand:
    """The state of one strand: its first and newest token, and the digest of its newest chain.

    ``digest`` is a name in ``core.algorithm.DIGESTS``.
    """

    place: Place
    first: StoredToken
    newest: StoredToken
    history: RenewalHistory
    digest: str = SHA256.name

    @property
    def renewal(self) -> int | None:
        """The number of the newest renewal, None where there is none."""
        return self.history.renewal


def carrying(renewal: StoredRenewal, authority: str) -> StoredToken:
    """The token of a renewal with which a strand of ``authority`` goes on. Raises LedgerCorrupt."""
    if not renewal.tokens:
        raise LedgerCorrupt(f"Renewal {renewal.number} has an entry, and no timestamp.")
    own = (token for token in renewal.tokens if token.authority == authority)
    return next(own, renewal.tokens[0])


def strands(store: Store) -> Iterator[Strand]:
    """All strands: of seals that have their entry, then of files. Raises LedgerCorrupt."""
    histories = store.histories()
    known = lru_cache(maxsize=64)(lambda number: renewal_of(store, number))
    for one in store.placed_tokens():
        history = histories.get(one.place)
        if history is None or history.renewal is None:
            fresh = RenewalHistory.fresh(one.token.token)
            yield Strand(one.place, one.token, one.token, fresh)
            continue
        renewal = known(history.renewal)
        token = carrying(renewal, one.token.authority)
        yield Strand(one.place, one.token, token, history, renewal.digest)


def seal_of(store: Store, renewal: int) -> StoredSeal | None:
    """The seal by whose checkpoint a renewal is named: of the first token that it renews."""
    strand = next(store.strands(renewal), None)
    if strand is None:
        return None
    place = strand.place
    return store.seal(place.seal) if isinstance(place, SealPlace) else store.seal_of(place.entry)


def renewal_of(store: Store, number: int) -> StoredRenewal:
    """A renewal that must be there. Raises LedgerCorrupt."""
    renewal = store.renewal(number)
    if renewal is None:
        raise LedgerCorrupt(f"Renewal {number} has vanished.")
    return renewal


def leaves_of(renewal: StoredRenewal) -> list[bytes]:
    """The leaves of a renewal, one by one. Raises LedgerCorrupt."""
    size = DIGESTS[renewal.digest].size
    if not renewal.leaves or len(renewal.leaves) % size:
        raise LedgerCorrupt(f"Renewal {renewal.number} is damaged.")
    return [renewal.leaves[at : at + size] for at in range(0, len(renewal.leaves), size)]


def tree_of(renewal: StoredRenewal) -> RecordTree:
    """The tree whose root the tokens of a renewal are over. Raises LedgerCorrupt."""
    return RecordTree(leaves_of(renewal), DIGESTS[renewal.digest])


def stamp_of(token: StoredToken) -> tuple[str, bytes]:
    """The digest and the imprint of a token, as it says itself. Raises FormatError, Undecided."""
    algorithm, imprint = evidence_record.token_imprint(token.token)
    return algorithm.name, imprint
