"""Which X.509 certificate a signer bound into a signature (RFC 2634, 5.4; RFC 5035, section 3).

Without this binding, a signature could be shown with another X.509 certificate for the same key.
The first identifier in each attribute names the signer's own; later ones name the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from evidence_ledger.core import der, oid
from evidence_ledger.core import der_writer as write
from evidence_ledger.core.algorithm import (
    DIGESTS,
    WEAK_DIGESTS,
    AlgorithmIdentifier,
    Digest,
    digest_of,
    parse_identifier,
)
from evidence_ledger.core.cms import Attribute, SignerInfo
from evidence_ledger.core.distinguished_name import same_name
from evidence_ledger.core.x509_certificate import X509Certificate, parse_certificate
from evidence_ledger.errors import Refused

_WHAT: Final = "signing-certificate"
_SHA256: Final = DIGESTS["sha256"]
_SHA1: Final = WEAK_DIGESTS["sha1"]
_DIRECTORY_NAME: Final = der.context(4)
_MOST: Final = 64
_LARGEST_REMEMBERED: Final = 1024


@dataclass(frozen=True, slots=True)
class CertificateIdentifier:
    """An ESSCertID or ESSCertIDv2: a digest of the X.509 certificate, and maybe issuer and serial.

    ``issuers`` are the DER directory names given (normally one); None where no issuer is given.
    """

    digest: Digest
    value: bytes
    issuers: tuple[bytes, ...] | None = None
    serial: int | None = None

    def names(self, certificate: X509Certificate) -> bool:
        """Whether this identifier names that X.509 certificate."""
        if self.digest.of(certificate.raw) != self.value:
            return False
        if self.issuers is None:
            return True
        return self.serial == certificate.serial and any(
            same_name(issuer, certificate.issuer) for issuer in self.issuers
        )


def binding_attribute(certificate: bytes) -> Attribute:
    """signing-certificate-v2 over a DER X.509 certificate, with SHA-256, issuer and serial."""
    parsed = parse_certificate(certificate)
    names = write.sequence(write.explicit(4, parsed.issuer))
    issuer_serial = write.sequence(names, write.integer(parsed.serial))
    identifier = write.sequence(write.octet_string(parsed.sha256), issuer_serial)
    value = write.sequence(write.sequence(identifier))
    return Attribute(oid.SIGNING_CERTIFICATE_V2, (value,))


def require_binding(signer: SignerInfo, certificate: X509Certificate, *, allow_v1: bool) -> None:
    """Raises Refused where the signed attributes do not bind ``certificate``; FormatError,
    Undecided.

    Version 1 binds by SHA-1, which is enough to tell X.509 certificates of one issuer apart; it
    counts only with ``allow_v1``. Where both versions are present, both must bind.
    """
    v1 = signer.optional_value(oid.SIGNING_CERTIFICATE, "signing-certificate")
    v2 = signer.optional_value(oid.SIGNING_CERTIFICATE_V2, "signing-certificate-v2")
    if v2 is None and (v1 is None or not allow_v1):
        raise Refused(
            "cms.no-signing-certificate",
            "The signature does not say with which X.509 certificate it was made.",
        )
    for value, version in ((v1, 1), (v2, 2)):
        if value is not None and not _first(value, version).names(certificate):
            raise Refused(
                "cms.wrong-signing-certificate",
                "The signature was made with another X.509 certificate than the one shown.",
            )


def _first(value: bytes, version: int) -> CertificateIdentifier:
    if len(value) > _LARGEST_REMEMBERED:
        return parse_binding(value, version)[0]
    return _remembered(value, version)


@lru_cache(maxsize=256)
def _remembered(value: bytes, version: int) -> CertificateIdentifier:
    """A signer binds the same X.509 certificate each time."""
    return parse_binding(value, version)[0]


def parse_binding(value: bytes, version: int) -> tuple[CertificateIdentifier, ...]:
    """The identifiers in a SigningCertificate (version 1) or SigningCertificateV2 (version 2).

    Raises FormatError, Undecided, and Refused where there are none.
    """
    fields = der.parse(value, _WHAT).fields(_WHAT)
    nodes = fields.next().elements(_WHAT, most=_MOST)
    if fields.more:
        fields.next().expect(der.SEQUENCE, _WHAT)  # policies, which nobody uses
    fields.done()
    if not nodes:
        raise Refused("cms.empty-signing-certificate", "The signature names no X.509 certificate.")
    return tuple(_identifier(node, version) for node in nodes)


def _identifier(node: der.Node, version: int) -> CertificateIdentifier:
    fields = node.fields(_WHAT)
    digest = _SHA1
    if version == 2:
        algorithm = fields.optional(der.SEQUENCE)
        digest = _bound_digest(parse_identifier(algorithm.raw)) if algorithm else _SHA256
    value = fields.next().octets(_WHAT)
    issuer_serial = fields.optional(der.SEQUENCE)
    fields.done()
    if issuer_serial is None:
        return CertificateIdentifier(digest, value)
    members = issuer_serial.fields(_WHAT)
    names = members.next().elements(_WHAT, most=_MOST)
    serial = members.next().integer(_WHAT, longest=64)
    issuers = tuple(n.only(_WHAT, n.tag).raw for n in names if n.tag == _DIRECTORY_NAME)
    return CertificateIdentifier(digest, value, issuers, serial)


def _bound_digest(identifier: AlgorithmIdentifier) -> Digest:
    """SHA-1 may stand in version 2 as well, and binds as well as in version 1."""
    if identifier.oid == _SHA1.oid and identifier.plain:
        return _SHA1
    return digest_of(identifier, _WHAT)
