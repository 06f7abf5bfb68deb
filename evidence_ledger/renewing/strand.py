"""Strands: a token of a seal, and the timestamps that renew it, each over the one before.

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
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.ports import Store, StoredRenewal, StoredToken

SHA256 = DIGESTS["sha256"]


@dataclass(frozen=True, slots=True)
class Strand:
    """The state of one strand: its first and newest token, and the digest of its newest chain.

    ``digest`` is a name in ``core.algorithm.DIGESTS``. ``renewal`` is the number of the newest
    renewal, None where there is none.
    """

    seal: int
    position: int
    first: StoredToken
    newest: StoredToken
    digest: str = SHA256.name
    renewal: int | None = None


def carrying(renewal: StoredRenewal, authority: str) -> StoredToken:
    """The token of a renewal with which a strand of ``authority`` goes on. Raises LedgerCorrupt."""
    if not renewal.tokens:
        raise LedgerCorrupt(f"Renewal {renewal.number} has an entry, and no timestamp.")
    own = (token for token in renewal.tokens if token.authority == authority)
    return next(own, renewal.tokens[0])


def strands(store: Store) -> Iterator[Strand]:
    """All strands of seals that have their entry, by seal and position. Raises LedgerCorrupt."""
    newest = store.newest_renewals()
    known = lru_cache(maxsize=64)(lambda number: renewal_of(store, number))
    for one in store.sealed_tokens():
        number = newest.get((one.seal, one.position))
        if number is None:
            yield Strand(one.seal, one.position, one.token, one.token)
            continue
        renewal = known(number)
        token = carrying(renewal, one.token.authority)
        yield Strand(one.seal, one.position, one.token, token, renewal.digest, number)


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
