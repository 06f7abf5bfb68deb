"""How long a trust policy accepts an algorithm (ETSI EN 319 102-1, clause 5.2.7)."""

from __future__ import annotations

from datetime import UTC, datetime

from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import Undecided


def check_term(name: str, policy: TrustPolicy, at: datetime) -> None:
    """The algorithm was still accepted at ``at``, to the end of its last day in UTC.

    Raises Undecided.
    """
    end = policy.end_dates.get(name)
    if end is not None and at.astimezone(UTC).date() > end:
        raise Undecided(
            "algorithm.ended", f"The trust policy accepts {name} until {end.isoformat()} only."
        )
