"""CAdES-B-B detached signatures (ETSI EN 319 122-1, clause 6; RFC 5652).

Made in two halves, with the private key in between, wherever that is:

    attributes = to_be_signed(content, signing_time, signer.chain[0], signer.scheme)
    signature = assemble(attributes, signer.sign(attributes.encoded), signer.chain)

``verify`` checks a signature and says who made it; it does not judge whether the signer's X.509
certificate is to be trusted, which is what ``certificate_chain`` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from evidence_ledger.core import der, oid
from evidence_ledger.core import der_writer as write
from evidence_ledger.core.algorithm import DIGESTS, SCHEMES, Digest, Family, NamedScheme, Scheme
from evidence_ledger.core.cms import (
    Attribute,
    SignedData,
    SignerInfo,
    build_signed_data,
    encode_attributes,
    parse_signed_data,
)
from evidence_ledger.core.revocation_values import RevocationData, embedded_data
from evidence_ledger.core.signer_check import check_signer
from evidence_ledger.core.signing_certificate import binding_attribute, require_binding
from evidence_ledger.core.x509_certificate import KeyUsage, X509Certificate
from evidence_ledger.errors import FormatError, Refused, UsageError

LARGEST: Final = 256 * 1024
"""Bytes of one signature with its chain."""


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """The first half: ``encoded`` is the DER that the private key signs."""

    encoded: bytes
    scheme: str


@dataclass(frozen=True, slots=True)
class CadesSignature:
    """A signature that is right.

    ``certificate`` is the signer's DER X.509 certificate, ``certificates`` all embedded ones,
    ``signing_time`` the signer's own claim (aware UTC), ``scheme`` the algorithm's name,
    ``revocation`` the revocation data embedded, which is not judged here.
    """

    certificate: bytes
    certificates: tuple[bytes, ...]
    signing_time: datetime
    scheme: str
    revocation: RevocationData = field(default_factory=RevocationData)


def to_be_signed(
    content: bytes, signing_time: datetime, certificate: bytes, scheme: str
) -> SignedAttributes:
    """The signed attributes over ``content`` for the owner of the DER X.509 certificate.

    ``scheme`` is a key of ``algorithm.SCHEMES``. Raises UsageError for another one.
    """
    named = _named(scheme)
    attributes = [
        Attribute(oid.CONTENT_TYPE, (write.oid(oid.DATA),)),
        Attribute(oid.SIGNING_TIME, (write.x509_time(signing_time),)),
        Attribute(oid.MESSAGE_DIGEST, (write.octet_string(named.digest.of(content)),)),
        binding_attribute(certificate),
    ]
    return SignedAttributes(encode_attributes(attributes), scheme)


def assemble(attributes: SignedAttributes, signature: bytes, chain: tuple[bytes, ...]) -> bytes:
    """The DER ContentInfo. ``chain`` holds DER X.509 certificates, the signer's own first."""
    named = _named(attributes.scheme)
    return build_signed_data(
        content_type=oid.DATA,
        content=None,
        digest=named.digest,
        attributes=attributes.encoded,
        signature_algorithm=named.identifier,
        signature=signature,
        chain=chain,
    )


def _named(scheme: str) -> NamedScheme:
    if scheme not in SCHEMES:
        raise UsageError(f"There is no signature scheme {scheme!r}.")
    return SCHEMES[scheme]


def verify(cms: bytes, content: bytes) -> CadesSignature:
    """Check a detached CAdES-B-B signature over ``content``.

    1. DER, one SignedData, nothing behind it
    2. detached, over data, by exactly one signer
    3. the signed attributes in DER's order, each once; content-type, message-digest, signature
    4. the digest algorithm is announced and agrees with the signature's
    5. signing-time is present
    6. signing-certificate-v2 binds the signer's X.509 certificate, which is embedded
    7. its keyUsage, where present, allows signatures

    Raises Refused (one code a defect), FormatError, or Undecided for weak or unsupported
    algorithms.
    """
    signed = parse_signed_data(cms, largest=LARGEST)
    _require_detached(signed)
    signer = signed.only_signer()
    certificate = _signer_certificate(signed, signer)
    if not signer.sorted:
        raise FormatError("cades.unsorted-attributes", "Signed attributes are not in DER's order.")
    digest, scheme = check_signer(signed, signer, content, certificate)
    _require_one_digest(signed, signer, digest, scheme)
    signing_time = _signing_time(signer)
    require_binding(signer, certificate, allow_v1=False)
    _require_usage(certificate)
    return CadesSignature(
        certificate.raw, signed.certificates, signing_time, scheme.name, embedded_data(signed)
    )


def _require_detached(signed: SignedData) -> None:
    if signed.content is not None:
        raise Refused("cades.not-detached", "The signature holds its own copy of what it signs.")
    if signed.content_type != oid.DATA:
        raise Refused("cades.content-type", "The signature is not over plain data.")


def _signer_certificate(signed: SignedData, signer: SignerInfo) -> X509Certificate:
    for certificate in signed.x509_certificates():
        if signer.identifier.names(certificate):
            return certificate
    raise Refused(
        "cades.no-certificate", "The signature does not hold its signer's X.509 certificate."
    )


def _require_one_digest(
    signed: SignedData, signer: SignerInfo, digest: Digest, scheme: Scheme
) -> None:
    announced = {identifier.oid for identifier in signed.digest_algorithms}
    expected = DIGESTS["sha512"] if scheme.family is Family.ED25519 else scheme.digest or digest
    if announced != {signer.digest_algorithm.oid} or digest != expected:
        raise Refused(
            "cades.digest-algorithm", "The signature names several digest algorithms for one use."
        )


def _signing_time(signer: SignerInfo) -> datetime:
    value = signer.value(oid.SIGNING_TIME, "signing-time")
    return der.parse(value, "signing-time").time("signing-time")


def _require_usage(certificate: X509Certificate) -> None:
    usage = certificate.key_usage
    if usage is not None and not usage & {KeyUsage.DIGITAL_SIGNATURE, KeyUsage.CONTENT_COMMITMENT}:
        raise Refused(
            "cades.key-usage", "The signer's X.509 certificate is not for signatures (keyUsage)."
        )
