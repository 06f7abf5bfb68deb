"""The question and the trust of a check of a timestamp, from one list of options."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from evidence_ledger.core.revocation_values import RevocationData
from evidence_ledger.core.time_trust import TimeTrust
from evidence_ledger.core.timestamp_question import TimestampQuestion


def asked(
    digests: Mapping[str, bytes],
    *,
    roots: Sequence[bytes],
    at: datetime,
    nonce: int | None = None,
    policy_oid: str | None = None,
    intermediates: Sequence[bytes] = (),
    crls: Sequence[bytes] = (),
    ocsps: Sequence[bytes] = (),
    revocation_demanded: Collection[bytes] = (),
    covered_at: datetime | None = None,
) -> tuple[TimestampQuestion, TimeTrust, datetime | None]:
    """What ``check_token`` and ``verify_timestamp`` are given."""
    revocation = RevocationData(tuple(crls), tuple(ocsps))
    trust = TimeTrust(roots, at, intermediates, revocation, revocation_demanded)
    return TimestampQuestion(digests, nonce, policy_oid), trust, covered_at
