"""X.509 certificates for tests, right by default and wrong where a knob says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
TIMESTAMPS = (ExtendedKeyUsageOID.TIME_STAMPING,)

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_CURVES: dict[str, ec.EllipticCurve] = {
    "p256": ec.SECP256R1(),
    "p384": ec.SECP384R1(),
    "p521": ec.SECP521R1(),
}

Digest = hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@cache
def key_of(kind: str, number: int = 0) -> Key:
    """A key of a kind: p256, p384, p521, ed25519, rsa1024, rsa2048; ``number`` tells them apart."""
    del number
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(_CURVES[kind])


def name(text: str) -> x509.Name:
    """A distinguished name of one common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Holder:
    """A key and its X.509 certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def usage(*bits: str) -> x509.KeyUsage:
    """A keyUsage with these bits."""
    return x509.KeyUsage(**{bit: bit in bits for bit in _USAGES})


def issue(
    subject: str,
    issuer: Holder | None = None,
    *,
    key: Key | None = None,
    authority: bool = False,
    path_length: int | None = None,
    start: datetime = NOW - YEAR,
    end: datetime = NOW + YEAR,
    purposes: Sequence[x509.ObjectIdentifier] = (),
    purposes_critical: bool = True,
    key_usage: x509.KeyUsage | None = None,
    constraints: bool = True,
    extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    digest: Digest | None = None,
    pss: bool = False,
    serial: int | None = None,
) -> Holder:
    """A key (fresh unless given) and an X.509 certificate by ``issuer``, or self-signed."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    signing = issuer.key if issuer else own
    builder = x509.CertificateBuilder(
        subject_name=name(subject),
        issuer_name=issuer.certificate.subject if issuer else name(subject),
        public_key=own.public_key(),
        serial_number=serial or x509.random_serial_number(),
        not_valid_before=start,
        not_valid_after=end,
    )
    if constraints:
        basic = x509.BasicConstraints(ca=authority, path_length=path_length)
        builder = builder.add_extension(basic, critical=True)
    standard = usage("key_cert_sign", "crl_sign") if authority else usage("digital_signature")
    builder = builder.add_extension(key_usage or standard, critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(own.public_key())
    builder = builder.add_extension(identifier, critical=False)
    if purposes:
        wanted = x509.ExtendedKeyUsage(purposes)
        builder = builder.add_extension(wanted, critical=purposes_critical)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    return Holder(own, _sign(builder, signing, digest, pss=pss))


def _sign(
    builder: x509.CertificateBuilder,
    key: PrivateKeyTypes,
    digest: Digest | None,
    *,
    pss: bool,
) -> x509.Certificate:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return builder.sign(key, None)
    chosen = digest or hashes.SHA256()
    if isinstance(key, rsa.RSAPrivateKey) and pss:
        scheme = padding.PSS(padding.MGF1(chosen), chosen.digest_size)
        return builder.sign(key, chosen, rsa_padding=scheme)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return builder.sign(key, chosen)
