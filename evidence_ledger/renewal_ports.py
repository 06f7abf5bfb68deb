"""What a store keeps of renewals, as a contract: a part of ``ports.Store``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from evidence_ledger.core.record_groups import Group
from evidence_ledger.core.renewal_history import RenewalHistory
from evidence_ledger.core.token_place import Place, SealPlace
from evidence_ledger.stored import (
    RenewedLeaf,
    RenewedStrand,
    StoredRenewal,
    StoredSupplement,
    StoredToken,
)


class RenewalStore(Protocol):
    """The stored renewals. Raises what every method of ``ports.Store`` may raise."""

    def add_renewal(self, renewal: StoredRenewal, strands: Iterable[RenewedStrand]) -> None:
        """Keep a new renewal with what it renews. Raises HeadMoved where its number is taken."""
        ...

    def add_renewal_token(self, number: int, token: StoredToken) -> None:
        """Keep one more token of a renewal; the first one of an authority stays.

        Raises HeadMoved where the renewal has its entry.
        """
        ...

    def close_renewal(self, number: int, entry: int, tokens: int) -> None:
        """Note the index of the entry that names the renewal's tokens, ``tokens`` in number.

        Raises HeadMoved where it has another entry, or another number of tokens.
        """
        ...

    def renewal(self, number: int) -> StoredRenewal | None:
        """A renewal by its number, from 0; -1 is the newest. None where there is none."""
        ...

    def strands(self, number: int) -> Iterator[RenewedStrand]:
        """What a renewal renews, seals first, streamed."""
        ...

    def renewals_of_seal(self, seal: int) -> Sequence[RenewedLeaf]:
        """What renewals with an entry do for a seal, oldest first, then by position."""
        ...

    def renewals_of_files(self, entry: int) -> Sequence[RenewedLeaf]:
        """The same for the timestamps over the files of an entry themselves."""
        ...

    def renewed_group(self, number: int, place: SealPlace, level: int, at: int) -> bytes | None:
        """What renewal ``number`` keeps so of the objects that it renews for a token of a seal.

        See ``core.renewed_objects``. None where it is missing.
        """
        ...

    def renewed_groups(self, number: int, place: SealPlace) -> Iterator[Group]:
        """All groups that are kept so, by level and number, streamed."""
        ...

    def histories(self) -> Mapping[Place, RenewalHistory]:
        """Of each token that renewals with an entry renew."""
        ...

    def add_renewal_supplements(self, number: int, found: Sequence[StoredSupplement]) -> None:
        """Keep what helps to judge a renewal's tokens; what is there already stays as it is."""
        ...

    def renewal_supplements(self, number: int) -> Sequence[StoredSupplement]:
        """What was kept so, X.509 certificates first."""
        ...
