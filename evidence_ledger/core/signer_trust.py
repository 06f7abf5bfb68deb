"""Whether a signer's X.509 certificate is one that a trust policy names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from evidence_ledger.core.certificate_chain import Purpose, validate_chain
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import Undecided


def check_signer_trust(
    certificate: bytes, embedded: Sequence[bytes], policy: TrustPolicy | None, at: datetime
) -> str:
    """The X.509 certificate is pinned by the policy or leads to a root of it, valid at ``at``.

    ``at`` is the moment by which the signature is proved to have existed.
    Raises Refused, Undecided.
    """
    name = parse_certificate(certificate).subject_text
    if policy is None:
        raise Undecided(
            "signer.no-policy",
            f"Nobody vouches for the signer ({name}), because no trust policy was given.",
            hint="Name the signer's X.509 certificate or its CA in a trust policy.",
        )
    if hashlib.sha256(certificate).digest() in policy.signers.certificates:
        check_validity(certificate, at)
        return f"Signed by {name}; the trust policy names this very X.509 certificate."
    if not policy.signers.roots:
        raise Undecided("signer.unknown", f"The trust policy does not name the signer ({name}).")
    validate_chain(
        certificate, embedded, policy.signers.roots, at, purpose=Purpose.SIGNING
    )
    return f"Signed by {name}, whose X.509 certificate leads to a root of the trust policy."


def check_validity(certificate: bytes, at: datetime) -> None:
    """The X.509 certificate was within its validity at ``at``. Raises Undecided."""
    parsed = parse_certificate(certificate)
    if not parsed.not_before <= at <= parsed.not_after:
        raise Undecided(
            "signer.not-valid",
            f"The signer's X.509 certificate was not valid on {at:%Y-%m-%d}: "
            f"it runs from {parsed.not_before:%Y-%m-%d} to {parsed.not_after:%Y-%m-%d}.",
        )


def check_algorithm(name: str, policy: TrustPolicy | None, at: datetime) -> None:
    """The algorithm was still accepted at ``at``. Raises Undecided."""
    end = policy.end_dates.get(name) if policy else None
    if end is not None and at.astimezone(UTC).date() > end:
        raise Undecided(
            "algorithm.ended", f"The trust policy accepts {name} until {end.isoformat()} only."
        )


