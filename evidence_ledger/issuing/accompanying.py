"""What goes with a certificate to judge its timestamps by: X.509 certificates, revocation data.

No proof leans on it. A check reads so many members and bytes of it, so no more is written: what was
captured with the seal goes first, then that of the newest renewals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from evidence_ledger.core.certificate import MOST_BESIDE
from evidence_ledger.ports import Store
from evidence_ledger.renewing.records import TokenRecords
from evidence_ledger.sealing.capturing import carried
from evidence_ledger.stored import StoredSeal, StoredSupplement, SupplementKind

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of each kind, in one certificate."""


class Accompanying:
    """Gathered for a seal, and for the renewals in ``records``."""

    def __init__(self, store: Store, seal: StoredSeal, records: Iterable[TokenRecords]) -> None:
        self._seal = seal
        numbers = {number for one in records for number in one.renewals}
        self._held: list[StoredSupplement] = [*store.supplements(seal.number)]
        for number in sorted(numbers, reverse=True):
            self._held += store.renewal_supplements(number)

    def chains(self, signature: bytes) -> tuple[bytes, ...]:
        """The X.509 certificates, with those inside the seal's tokens and a CMS signature."""
        inside = carried([token.token for token in self._seal.tokens], signature)
        return _within([*self._of(SupplementKind.CHAIN), *inside])

    def revocation(self) -> dict[str, bytes]:
        """Lists and OCSP responses, by their names in a certificate."""
        found = _within(self._of(SupplementKind.REVOCATION))
        return {f"{at:04d}.der": data for at, data in enumerate(found, 1)}

    def _of(self, kind: SupplementKind) -> Iterator[bytes]:
        return (one.data for one in self._held if one.kind is kind)


def _within(found: Iterable[bytes]) -> tuple[bytes, ...]:
    """Each once, as many as a check reads."""
    kept: list[bytes] = []
    size = 0
    for one in dict.fromkeys(found):
        size += len(one)
        if size > MOST_BYTES or len(kept) == MOST_BESIDE:
            break
        kept.append(one)
    return tuple(kept)
