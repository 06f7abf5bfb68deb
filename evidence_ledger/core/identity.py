"""Who signed something: an X.509 certificate, and what came with it to judge it by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from evidence_ledger.core import cades
from evidence_ledger.core.revocation_values import RevocationData


@dataclass(frozen=True, slots=True)
class Identity:
    """``certificate`` and ``others`` are DER; the signature itself was checked before."""

    certificate: bytes
    others: tuple[bytes, ...] = ()
    revocation: RevocationData = field(default_factory=RevocationData)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the X.509 certificate."""
        return hashlib.sha256(self.certificate).digest()


def identity_of(signed: cades.CadesSignature) -> Identity:
    """Who made a signature that is right."""
    return Identity(signed.certificate, signed.certificates, signed.revocation)
