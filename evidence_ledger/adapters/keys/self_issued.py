"""Fresh keys with X.509 certificates that nobody else vouches for."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from evidence_ledger.adapters.clock import SystemEntropy
from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.errors import UsageError
from evidence_ledger.ports import Clock, Entropy

YEARS: Final = 10
"""How long such an X.509 certificate is valid."""


def generate_signer(name: str, clock: Clock, entropy: Entropy | None = None) -> SoftwareSigner:
    """A fresh ECDSA P-256 key with a self-issued X.509 certificate for signatures.

    Raises UsageError for a name that an X.509 certificate can't hold.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = common_name(name)
    start = clock.now().replace(microsecond=0)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key())
        .serial_number(serial_number(entropy or SystemEntropy()))
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=round(365.25 * YEARS)))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return SoftwareSigner(key, [certificate.public_bytes(serialization.Encoding.DER)])


def common_name(text: str) -> x509.Name:
    """A distinguished name of one common name. Raises UsageError."""
    if not text.isprintable():
        raise UsageError("A name holds characters that can't be printed.")
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
    except ValueError as error:
        raise UsageError("A name has 1 to 64 characters.") from error


def serial_number(entropy: Entropy) -> int:
    """A positive serial number of at most 159 bits (RFC 5280, 4.1.2.2)."""
    return (int.from_bytes(entropy.take(20), "big") >> 1) | 1


def key_usage(*, authority: bool = False) -> x509.KeyUsage:
    """For signing X.509 certificates (``authority``), or else for signing anything but those."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
