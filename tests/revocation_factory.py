"""Revocation lists and OCSP responses for tests, built by another library than the one judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.x509_factory import NOW, Holder, issue

DAY = timedelta(days=1)
Extra = Sequence[tuple[x509.ExtensionType, bool]]


@dataclass(frozen=True)
class Gone:
    """One line of a list."""

    whom: Holder
    moment: datetime
    reason: x509.ReasonFlags | None = None
    invalid_since: datetime | None = None
    extra: Extra = ()


def crl(
    issuer: Holder,
    *gone: Gone,
    issued: datetime = NOW + DAY,
    until: datetime = NOW + 8 * DAY,
    extra: Extra = (),
    signer: Holder | None = None,
) -> bytes:
    """The DER of a list by ``issuer``, signed with its key or another one's."""
    builder = x509.CertificateRevocationListBuilder(issuer.certificate.subject, issued, until)
    for one in gone:
        builder = builder.add_revoked_certificate(_line(one))
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    return builder.sign(_key(signer or issuer), hashes.SHA256()).public_bytes(Encoding.DER)


def _line(one: Gone) -> x509.RevokedCertificate:
    line = x509.RevokedCertificateBuilder(one.whom.certificate.serial_number, one.moment)
    if one.reason is not None:
        line = line.add_extension(x509.CRLReason(one.reason), critical=False)
    if one.invalid_since is not None:
        line = line.add_extension(x509.InvalidityDate(one.invalid_since), critical=False)
    for extension, critical in one.extra:
        line = line.add_extension(extension, critical)
    return line.build()


def _key(holder: Holder) -> ec.EllipticCurvePrivateKey:
    assert isinstance(holder.key, ec.EllipticCurvePrivateKey)
    return holder.key


def responder(issuer: Holder, *, delegated: bool = True, end: datetime = NOW + 365 * DAY) -> Holder:
    """Somebody whom ``issuer`` has named to answer for it, or not."""
    purposes = [ExtendedKeyUsageOID.OCSP_SIGNING if delegated else ExtendedKeyUsageOID.CODE_SIGNING]
    return issue("Responder", issuer, purposes=purposes, purposes_critical=False, end=end)


def answer(
    whom: Holder,
    issuer: Holder,
    *,
    by: Holder | None = None,
    impostor: Holder | None = None,
    unknown: bool = False,
    gone: Gone | None = None,
    issued: datetime = NOW + DAY,
    until: datetime | None = NOW + 8 * DAY,
    digest: hashes.HashAlgorithm | None = None,
    by_key: bool = True,
    extra: Extra = (),
) -> bytes:
    """The DER of a whole OCSP response about ``whom``; ``impostor`` shares the name of who should
    have signed."""
    status = ocsp.OCSPCertStatus.UNKNOWN if unknown else ocsp.OCSPCertStatus.GOOD
    speaker = impostor or by or issuer
    encoding = (
        ocsp.OCSPResponderEncoding.HASH
        if by_key and not impostor
        else ocsp.OCSPResponderEncoding.NAME
    )
    builder = ocsp.OCSPResponseBuilder().add_response(
        whom.certificate,
        issuer.certificate,
        digest or hashes.SHA1(),  # noqa: S303  # it names, and protects nothing
        ocsp.OCSPCertStatus.REVOKED if gone else status,
        issued,
        until,
        gone.moment if gone else None,
        gone.reason if gone else None,
    )
    builder = builder.responder_id(encoding, speaker.certificate)
    if by is not None:
        builder = builder.certificates([by.certificate])
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    built = builder.sign(_key(speaker), hashes.SHA256())
    return built.public_bytes(Encoding.DER)
