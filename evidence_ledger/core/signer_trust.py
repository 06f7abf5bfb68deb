"""Whether a signer's X.509 certificate is one that a trust policy names."""

from __future__ import annotations

import hashlib
from datetime import datetime

from evidence_ledger.core.certificate_chain import validate_chain
from evidence_ledger.core.certificate_purpose import Purpose
from evidence_ledger.core.revocation import check_revocation
from evidence_ledger.core.supplement import Supplement
from evidence_ledger.core.trust_policy import TrustedSigners, TrustPolicy
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import Refused, Undecided

_OUT_OF_BOUNDS = frozenset({"chain.expired", "chain.not-yet-valid"})


def check_signer_trust(
    certificate: bytes, supplement: Supplement, policy: TrustPolicy | None, at: datetime
) -> str:
    """The X.509 certificate is pinned by the policy or leads to a root of it, valid at ``at``.

    ``at`` is the moment by which the signature is proved to have existed. Of what leads to a root,
    revocation is judged too; who pins an X.509 certificate takes that on himself.
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
        raise Undecided(
            "signer.unknown",
            f"The trust policy does not name the signer ({name}).",
            hint="Name the signer's X.509 certificate or its CA in it, if you trust them.",
        )
    _check_chain(certificate, supplement, policy.signers, at)
    return f"Signed by {name}, whose X.509 certificate leads to a root of the trust policy."


def _check_chain(
    certificate: bytes, supplement: Supplement, signers: TrustedSigners, at: datetime
) -> None:
    try:
        chain = validate_chain(
            certificate, supplement.certificates, signers.roots, at, purpose=Purpose.SIGNATURE
        )
        demanded = chain.root.raw in signers.revocation_demanded
        check_revocation(chain, supplement.revocation, at, existed=at, demanded=demanded)
    except Refused as error:
        # The signature is not later than ``at``, but perhaps much older: no proof of a defect.
        if error.reason == "revocation.revoked":
            raise Undecided("signer.revoked", error.message) from error
        if error.reason not in _OUT_OF_BOUNDS:
            raise
        raise Undecided("signer.chain-not-valid", error.message, where=error.where) from error


def check_validity(certificate: bytes, at: datetime) -> None:
    """The X.509 certificate was within its validity at ``at``. Raises Undecided."""
    parsed = parse_certificate(certificate)
    if not parsed.not_before <= at <= parsed.not_after:
        raise Undecided(
            "signer.not-valid",
            f"The signer's X.509 certificate was not valid on {at:%Y-%m-%d}: "
            f"it runs from {parsed.not_before:%Y-%m-%d} to {parsed.not_after:%Y-%m-%d}.",
        )
