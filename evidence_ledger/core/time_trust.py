"""Whom and what a check of trusted time trusts, and as of when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evidence_ledger.core.revocation_values import RevocationData


@dataclass(frozen=True, slots=True)
class TimeTrust:
    """The trust of whoever checks, as of ``at`` (aware UTC).

    ``roots`` and ``intermediates`` are DER X.509 certificates; the latter only help to find a path.
    ``revocation`` is about anything. ``revocation_demanded`` are the roots under which a token
    counts only when its X.509 certificates are known not to be revoked.
    """

    roots: Sequence[bytes]
    at: datetime
    intermediates: Sequence[bytes] = ()
    revocation: RevocationData = field(default_factory=RevocationData)
    revocation_demanded: Collection[bytes] = ()
