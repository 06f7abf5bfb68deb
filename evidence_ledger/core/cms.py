"""CMS SignedData: read as it came, and built (RFC 5652, section 5).

    ContentInfo { id-signedData, SignedData { version, digestAlgorithms, encapContentInfo,
                  [0] certificates, [1] crls, signerInfos } }

Reading decides nothing: ``SignerInfo`` holds what was there, and ``signer_check`` judges it. Sets
are taken in any order, for most producers leave certificates unsorted; ``SignerInfo.sorted`` says
whether the signed attributes stood in DER's order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from evidence_ledger.core import der, oid
from evidence_ledger.core import der_writer as write
from evidence_ledger.core.algorithm import AlgorithmIdentifier, Digest, parse_identifier
from evidence_ledger.core.distinguished_name import same_name
from evidence_ledger.core.x509_certificate import X509Certificate, parse_certificate
from evidence_ledger.errors import FormatError, NewerFormat, Refused

LARGEST: Final = 4 * 1024 * 1024
MOST_CERTIFICATES: Final = 64
MOST_SIGNERS: Final = 16
MOST_ATTRIBUTES: Final = 64

_WHAT: Final = "SignedData"
_PRIMITIVE_0: Final = der.context(0, constructed=False)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its type, and the DER of each value."""

    oid: str
    values: tuple[bytes, ...]

    def encode(self) -> bytes:
        """The DER."""
        return write.sequence(write.oid(self.oid), write.set_of(self.values))


@dataclass(frozen=True, slots=True)
class SignerIdentifier:
    """Who signed: a DER issuer name with a serial number, or a subject key identifier."""

    issuer: bytes | None = None
    serial: int | None = None
    key_identifier: bytes | None = None

    def names(self, certificate: X509Certificate) -> bool:
        """Whether this identifier names that X.509 certificate."""
        if self.key_identifier is not None:
            return certificate.subject_key_identifier == self.key_identifier
        return (
            self.serial == certificate.serial
            and self.issuer is not None
            and same_name(self.issuer, certificate.issuer)
        )


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """One signature. ``hashed`` is what it covers: the signed attributes re-tagged as a SET
    (section 5.4), or None where there are none. ``sorted`` is whether they stood in DER's order.
    """

    version: int
    identifier: SignerIdentifier
    digest_algorithm: AlgorithmIdentifier
    attributes: tuple[Attribute, ...]
    hashed: bytes | None
    sorted: bool
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    unsigned: tuple[Attribute, ...]

    def value(self, name: str, title: str) -> bytes:
        """The DER of the single value of a signed attribute.

        Raises Refused where the attribute is missing, occurs twice or has several values.
        """
        found = self.optional_value(name, title)
        if found is None:
            raise Refused("cms.missing-attribute", f"The signed attribute {title} is missing.")
        return found

    def optional_value(self, name: str, title: str) -> bytes | None:
        """As ``value``, but None where the attribute is missing. Raises Refused for two."""
        found = [attribute for attribute in self.attributes if attribute.oid == name]
        if not found:
            return None
        if len(found) > 1:
            raise Refused("cms.duplicate-attribute", f"The signed attribute {title} occurs twice.")
        if len(found[0].values) != 1:
            raise Refused(
                "cms.attribute-values", f"The signed attribute {title} has not exactly one value."
            )
        return found[0].values[0]


@dataclass(frozen=True, slots=True)
class SignedData:
    """What a SignedData holds. ``content`` is None where the signature is detached.

    ``certificates`` and ``crls`` are whole encodings, as they came, of any kind.
    """

    version: int
    digest_algorithms: tuple[AlgorithmIdentifier, ...]
    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]

    def only_signer(self) -> SignerInfo:
        """The one SignerInfo. Raises Refused where there is none or several."""
        if not self.signers:
            raise Refused("cms.no-signer", "Nobody signed this.")
        if len(self.signers) > 1:
            raise Refused(
                "cms.several-signers", f"There are {len(self.signers)} signatures, not one."
            )
        return self.signers[0]

    def x509_certificates(self) -> list[X509Certificate]:
        """The embedded X.509 certificates that can be read; others are left out."""
        return [c for c in map(_readable, self.certificates) if c is not None]


def _readable(data: bytes) -> X509Certificate | None:
    try:
        return parse_certificate(data)
    except FormatError:
        return None


def parse_signed_data(data: bytes, *, largest: int = LARGEST) -> SignedData:
    """The SignedData in the ContentInfo that is all of ``data``. Raises FormatError."""
    outer = der.parse(data, "ContentInfo", largest=largest).fields("ContentInfo")
    kind = outer.next().oid("ContentInfo")
    if kind != oid.SIGNED_DATA:
        raise FormatError("cms.not-signed-data", f"This is {kind}, not signed data.")
    wrapped = outer.next().only("ContentInfo", der.context(0))
    outer.done()
    fields = wrapped.fields(_WHAT)
    version = _version(fields.next().integer(_WHAT, longest=4), most=5)
    digests = fields.next().elements("digestAlgorithms", der.SET, most=64)
    content_type, content = _content(fields.next())
    certificates = fields.optional(der.context(0))
    crls = fields.optional(der.context(1))
    signers = fields.next().elements("signerInfos", der.SET, most=MOST_SIGNERS)
    fields.done()
    return SignedData(
        version=version,
        digest_algorithms=tuple(parse_identifier(node.raw) for node in digests),
        content_type=content_type,
        content=content,
        certificates=_raws(certificates, "certificates", MOST_CERTIFICATES),
        crls=_raws(crls, "crls", MOST_CERTIFICATES),
        signers=tuple(_signer(node) for node in signers),
    )


def _version(value: int, most: int) -> int:
    if value > most:
        raise NewerFormat("cms.newer", f"Version {value} of CMS is not known.", where=_WHAT)
    if value < 0:
        raise FormatError("cms.version", f"There is no version {value} of CMS.", where=_WHAT)
    return value


def _content(node: der.Node) -> tuple[str, bytes | None]:
    fields = node.fields("encapContentInfo")
    kind = fields.next().oid("eContentType")
    wrapped = fields.optional(der.context(0))
    fields.done()
    if wrapped is None:
        return kind, None
    return kind, wrapped.only("eContent", wrapped.tag).octets("eContent")


def _raws(node: der.Node | None, what: str, most: int) -> tuple[bytes, ...]:
    if node is None:
        return ()
    return tuple(item.raw for item in node.elements(what, node.tag, most=most))


def _signer(node: der.Node) -> SignerInfo:
    fields = node.fields("SignerInfo")
    version = _version(fields.next().integer("SignerInfo", longest=4), most=3)
    identifier = _identifier(fields.next())
    digest = parse_identifier(fields.next().raw)
    signed = fields.optional(der.context(0))
    algorithm = parse_identifier(fields.next().raw)
    signature = fields.next().octets("signature")
    unsigned = fields.optional(der.context(1))
    fields.done()
    nodes = signed.elements("signedAttrs", signed.tag, most=MOST_ATTRIBUTES) if signed else []
    return SignerInfo(
        version=version,
        identifier=identifier,
        digest_algorithm=digest,
        attributes=tuple(map(_attribute, nodes)),
        hashed=bytes((der.SET,)) + signed.raw[1:] if signed else None,
        sorted=der.in_order(nodes),
        signature_algorithm=algorithm,
        signature=signature,
        unsigned=_unsigned(unsigned),
    )


def _identifier(node: der.Node) -> SignerIdentifier:
    if node.tag == _PRIMITIVE_0:
        return SignerIdentifier(key_identifier=node.content)
    fields = node.fields("sid")
    issuer = fields.next().expect(der.SEQUENCE, "sid").raw
    serial = fields.next().integer("sid", longest=64)
    fields.done()
    return SignerIdentifier(issuer, serial)


def _unsigned(node: der.Node | None) -> tuple[Attribute, ...]:
    if node is None:
        return ()
    nodes = node.elements("unsignedAttrs", node.tag, most=MOST_ATTRIBUTES)
    return tuple(map(_attribute, nodes))


def _attribute(node: der.Node) -> Attribute:
    fields = node.fields("attribute")
    kind = fields.next().oid("attribute")
    values = fields.next().elements("attribute", der.SET, most=MOST_ATTRIBUTES)
    fields.done()
    return Attribute(kind, tuple(value.raw for value in values))


def encode_attributes(attributes: Iterable[Attribute]) -> bytes:
    """The SET OF signed attributes, which is what gets signed (section 5.4)."""
    return write.set_of(attribute.encode() for attribute in attributes)


def build_signed_data(
    *,
    content_type: str,
    content: bytes | None,
    digest: Digest,
    attributes: bytes,
    signature_algorithm: AlgorithmIdentifier,
    signature: bytes,
    chain: Sequence[bytes],
    embed: bool = True,
) -> bytes:
    """The DER ContentInfo with one SignerInfo, named by issuer and serial number.

    ``attributes`` is the SET from ``encode_attributes``, ``content`` None for a detached signature,
    ``chain`` the DER X.509 certificates, the signer's own first, which ``embed`` puts inside.
    Raises FormatError where the signer's can't be read.
    """
    owner = parse_certificate(chain[0])
    signer = write.sequence(
        write.integer(1),
        write.sequence(owner.issuer, write.integer(owner.serial)),
        digest.identifier.encode(),
        write.implicit(0, attributes),
        signature_algorithm.encode(),
        write.octet_string(signature),
    )
    wrapped = b"" if content is None else write.explicit(0, write.octet_string(content))
    signed_data = write.sequence(
        write.integer(1 if content_type == oid.DATA else 3),
        write.set_of([digest.identifier.encode()]),
        write.sequence(write.oid(content_type), wrapped),
        write.set_of(dict.fromkeys(chain), der.context(0)) if embed else b"",
        write.set_of([signer]),
    )
    return write.sequence(write.oid(oid.SIGNED_DATA), write.explicit(0, signed_data))
