"""What weakens when: until when the newest timestamp of each strand proves something by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from evidence_ledger.core.record_verification import good_until
from evidence_ledger.core.time_trust import TimeTrust
from evidence_ledger.core.timestamp_question import TimestampQuestion
from evidence_ledger.core.timestamp_verification import TrustedTime, check_token
from evidence_ledger.errors import EvidenceError, Refused, Undecided
from evidence_ledger.ports import Store
from evidence_ledger.renewing.strand import Strand, stamp_of, strands

REST: Final = timedelta(days=30)
"""A timestamp younger than this is left alone until its end is as near as its beginning: another
one by the same authority would end on the same day."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How long a strand stands: ``until`` when its newest token is good, and what ends it then.

    ``made`` is the newest token's time. ``chain_until`` is the last day of its chain's digest, from
    when on only a hash-tree renewal helps. ``error`` says why the token proves nothing; ``until``
    is None there.
    """

    strand: Strand
    made: datetime | None = None
    until: datetime | None = None
    cause: str = ""
    chain_until: date | None = None
    error: EvidenceError | None = None

    @property
    def lost(self) -> bool:
        """Whether a renewal would come too late, or would be of something wrong."""
        late = isinstance(self.error, Undecided) and self.error.reason in _TOO_LATE
        return late or (self.error is not None and not isinstance(self.error, Undecided))

    def due(self, before: datetime) -> bool:
        """Whether it needs a renewal before a moment."""
        return not self.lost and (self.until is None or self.until < before)

    def rests(self, at: datetime) -> bool:
        """Whether a renewal now would gain nothing that one of later would not."""
        if self.made is None or self.until is None:
            return False
        return at - self.made < min(REST, self.until - at)

    def needs_tree(self, before: datetime) -> bool:
        """Whether the digest of its chain ends before a moment."""
        return self.chain_until is not None and self.chain_until < before.date()


_TOO_LATE = {"timestamp.certificate-expired"}


class Judge:
    """Judges strands as of ``at``. ``roots`` are DER, by the authority's name.

    ``ends`` is the last day of each algorithm that a trust policy names.
    """

    def __init__(
        self, roots: Mapping[str, Sequence[bytes]], ends: Mapping[str, date], at: datetime
    ) -> None:
        self._roots = roots
        self._ends = ends
        self._at = at
        self._renewed: dict[tuple[int, str], TrustedTime | EvidenceError] = {}

    def standings(self, store: Store) -> Iterator[Standing]:
        """Of all strands, as ``strands`` gives them. Raises LedgerCorrupt."""
        return map(self._standing, strands(store))

    def _standing(self, strand: Strand) -> Standing:
        chain_until = self._ends.get(strand.digest)
        found = self._found(strand)
        if isinstance(found, EvidenceError):
            return Standing(strand, chain_until=chain_until, error=found)
        until, cause = good_until(found.token, strand.digest, found, self._ends)
        return Standing(strand, found.moment, until, cause, chain_until)

    def _found(self, strand: Strand) -> TrustedTime | EvidenceError:
        """What the newest token proves; one of a renewal is judged once."""
        if strand.renewal is None:
            return self._judged(strand)
        key = (strand.renewal, strand.newest.authority)
        if key not in self._renewed:
            self._renewed[key] = self._judged(strand)
        return self._renewed[key]

    def _judged(self, strand: Strand) -> TrustedTime | EvidenceError:
        """Whether it is over what it must be over is for the audit."""
        newest = strand.newest
        try:
            digest, imprint = stamp_of(newest)
            if digest != strand.digest:
                return Refused(
                    "renewal.other-digest",
                    f"A timestamp in a {strand.digest} chain is by {digest}.",
                )
            roots = self._roots.get(newest.authority, ())
            question = TimestampQuestion({digest: imprint})
            return check_token(newest.token, question, TimeTrust(roots, self._at))
        except EvidenceError as error:
            return error
