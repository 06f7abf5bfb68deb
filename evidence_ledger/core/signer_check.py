"""Whether one CMS signature is right, given its content and its X.509 certificate (RFC 5652, 5.4,
5.6 and 11).

1. there are signed attributes, each type once
2. content-type is the type of the content
3. message-digest is the digest of the content
4. the algorithm protection attribute, where present, agrees (RFC 6211)
5. the signature over the signed attributes is right

Not judged here: whom the X.509 certificate belongs to, and whether the signature binds it.
"""

from __future__ import annotations

from collections import Counter

from evidence_ledger.core import der, oid
from evidence_ledger.core.algorithm import Digest, Scheme, digest_of, parse_identifier, scheme_of
from evidence_ledger.core.cms import SignedData, SignerInfo, encode_attributes
from evidence_ledger.core.x509_certificate import X509Certificate
from evidence_ledger.errors import Refused


def check_signer(
    signed: SignedData, signer: SignerInfo, content: bytes, certificate: X509Certificate
) -> tuple[Digest, Scheme]:
    """The message digest algorithm and signature scheme of a signature that is right.

    Raises Refused, one code a defect; Undecided for weak or unsupported algorithms; FormatError.
    """
    hashed = _signed_attributes(signer)
    _require_content_type(signer, signed.content_type)
    digest = digest_of(signer.digest_algorithm, "digestAlgorithm")
    _require_message_digest(signer, digest, content)
    _require_protection(signer)
    scheme = scheme_of(signer.signature_algorithm, digest, "signatureAlgorithm")
    _require_signature(signer, hashed, scheme, certificate)
    return digest, scheme


def _signed_attributes(signer: SignerInfo) -> bytes:
    if signer.hashed is None:
        raise Refused("cms.no-signed-attributes", "There are no signed attributes.")
    for name, count in Counter(attribute.oid for attribute in signer.attributes).items():
        if count > 1:
            raise Refused("cms.duplicate-attribute", f"The signed attribute {name} occurs twice.")
    return signer.hashed


def _require_content_type(signer: SignerInfo, expected: str) -> None:
    value = der.parse(signer.value(oid.CONTENT_TYPE, "content-type"), "content-type")
    if value.oid("content-type") != expected:
        raise Refused(
            "cms.content-type", "The signed content-type is not the type of what was signed."
        )


def _require_message_digest(signer: SignerInfo, digest: Digest, content: bytes) -> None:
    value = der.parse(signer.value(oid.MESSAGE_DIGEST, "message-digest"), "message-digest")
    if value.octets("message-digest") != digest.of(content):
        raise Refused(
            "cms.message-digest",
            "The bytes were altered after they were signed, or they are not what was signed.",
        )


def _require_protection(signer: SignerInfo) -> None:
    what = "algorithm-protection"
    value = signer.optional_value(oid.ALGORITHM_PROTECTION, what)
    if value is None:
        return
    fields = der.parse(value, what).fields(what)
    digest = parse_identifier(fields.next().raw)
    node = fields.optional(der.context(1))
    if node is None:
        raise Refused("cms.algorithm-protection", "The signed algorithms name no signature.")
    signature = parse_identifier(b"\x30" + node.raw[1:])
    if digest != signer.digest_algorithm or signature != signer.signature_algorithm:
        raise Refused("cms.algorithm-protection", "The algorithms are not those that were signed.")


def _require_signature(
    signer: SignerInfo, hashed: bytes, scheme: Scheme, certificate: X509Certificate
) -> None:
    key = certificate.public_key
    if not key.allows(scheme):
        raise Refused("cms.key-mismatch", f"The signer's key can't make {scheme.name} signatures.")
    if key.verifies(scheme, signer.signature, hashed):
        return
    # Section 5.4 asks for DER's order whatever was sent; some producers sign what they sent.
    if not signer.sorted and key.verifies(
        scheme, signer.signature, encode_attributes(signer.attributes)
    ):
        return
    raise wrong_signature()


def wrong_signature() -> Refused:
    """The arithmetic says no."""
    return Refused("cms.signature", "The signature does not verify with the signer's key.")
