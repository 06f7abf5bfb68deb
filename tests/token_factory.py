"""RFC 3161 tokens for tests, right by default and wrong where a knob says so.

Written apart from ``core.timestamp_issuance``, so that issuer and verifier can't share a mistake;
only the DER writer is common.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from evidence_ledger.core import der_writer as w
from tests.x509_factory import NOW, TIMESTAMPS, Holder, issue

DATA = b"the evidence"
SHA256 = w.sequence(w.oid("2.16.840.1.101.3.4.2.1"), w.null())
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
ESS_V1 = "1.2.840.113549.1.9.16.2.12"
ESS_V2 = "1.2.840.113549.1.9.16.2.47"
ALGORITHMS = {
    "rsa": w.sequence(w.oid("1.2.840.113549.1.1.11"), w.null()),
    "ecdsa": w.sequence(w.oid("1.2.840.10045.4.3.2")),
    "ed25519": w.sequence(w.oid("1.3.101.112")),
}

ROOT = issue("Test root", authority=True)
AUTHORITY = issue("Test authority", ROOT, purposes=TIMESTAMPS)

Attributes = Mapping[str, bytes]


def _same(attributes: Attributes) -> Attributes:
    return attributes


@dataclass(frozen=True)
class Recipe:
    """All that goes into a token. Attribute values are DER; ``None`` leaves a member out."""

    signer: Holder = AUTHORITY
    shown: tuple[bytes, ...] | None = None
    imprint: bytes = field(default_factory=lambda: hashlib.sha256(DATA).digest())
    imprint_algorithm: bytes = SHA256
    moment: datetime = NOW
    time: bytes | None = None
    version: int = 1
    policy: str = "1.2.3.4"
    nonce: int | None = 7
    serial: int = 99
    accuracy: bytes = b""
    tail: bytes = b""
    content_type: str = TST_INFO
    detached: bool = False
    digest_algorithm: bytes = SHA256
    signature_algorithm: bytes | None = None
    binding: Callable[[bytes], tuple[str, bytes]] | None = None
    attributes: Callable[[Attributes], Attributes] = _same
    duplicate: str | None = None
    unsorted: bool = False
    bare_signature: bool = False
    by_key_identifier: bool = False
    signers: int = 1
    signed_version: int = 3
    spoil_signature: bool = False
    status: int = 0
    signs: Callable[[bytes], bytes] | None = None
    crls: bytes = b""
    unsigned: bytes = b""

    def but(self, **changes: object) -> Recipe:
        """The same with changes."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the knobs are checked by name


RIGHT = Recipe()


def binding_v2(certificate: bytes) -> tuple[str, bytes]:
    """signing-certificate-v2 with SHA-256 and no issuer."""
    identifier = w.sequence(w.octet_string(hashlib.sha256(certificate).digest()))
    return ESS_V2, w.sequence(w.sequence(identifier))


def binding_v1(certificate: bytes) -> tuple[str, bytes]:
    """signing-certificate, with SHA-1."""
    digest = hashlib.sha1(certificate, usedforsecurity=False).digest()
    return ESS_V1, w.sequence(w.sequence(w.sequence(w.octet_string(digest))))


def info(recipe: Recipe) -> bytes:
    """The TSTInfo."""
    imprint = w.sequence(recipe.imprint_algorithm, w.octet_string(recipe.imprint))
    return w.sequence(
        w.integer(recipe.version),
        w.oid(recipe.policy),
        imprint,
        w.integer(recipe.serial),
        recipe.time or w.generalized_time(recipe.moment),
        recipe.accuracy,
        w.integer(recipe.nonce) if recipe.nonce is not None else b"",
        recipe.tail,
    )


def token(recipe: Recipe = RIGHT) -> bytes:
    """The bare token."""
    content = info(recipe)
    shown = recipe.shown if recipe.shown is not None else (recipe.signer.der,)
    signer = _signer_info(recipe, content)
    signed = w.sequence(
        w.integer(recipe.signed_version),
        w.set_of([recipe.digest_algorithm]),
        w.sequence(
            w.oid(recipe.content_type),
            b"" if recipe.detached else w.explicit(0, w.octet_string(content)),
        ),
        w.tlv(0xA0, b"".join(shown)) if shown else b"",
        w.tlv(0xA1, recipe.crls) if recipe.crls else b"",
        w.tlv(0x31, signer * recipe.signers),
    )
    return w.sequence(w.oid("1.2.840.113549.1.7.2"), w.explicit(0, signed))


def response(recipe: Recipe = RIGHT) -> bytes:
    """The response with the token."""
    return w.sequence(w.sequence(w.integer(recipe.status)), token(recipe))


def _signer_info(recipe: Recipe, content: bytes) -> bytes:
    signed = b"" if recipe.bare_signature else _attributes(recipe, content)
    message = content if recipe.bare_signature else signed
    signature = (recipe.signs or (lambda m: sign(recipe.signer, m)))(message)
    if recipe.spoil_signature:
        signature = signature[:-1] + bytes((signature[-1] ^ 1,))
    return w.sequence(
        w.integer(3 if recipe.by_key_identifier else 1),
        _identifier(recipe),
        recipe.digest_algorithm,
        w.implicit(0, signed) if signed else b"",
        recipe.signature_algorithm or ALGORITHMS[_family(recipe.signer)],
        w.octet_string(signature),
        w.tlv(0xA1, recipe.unsigned) if recipe.unsigned else b"",
    )


def _identifier(recipe: Recipe) -> bytes:
    certificate = recipe.signer.certificate
    if recipe.by_key_identifier:
        from cryptography import x509

        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return w.tlv(0x80, found.value.digest)
    return w.sequence(certificate.issuer.public_bytes(), w.integer(certificate.serial_number))


def _attributes(recipe: Recipe, content: bytes) -> bytes:
    kind, value = (recipe.binding or binding_v2)(recipe.signer.der)
    values = recipe.attributes(
        {
            CONTENT_TYPE: w.oid(TST_INFO),
            MESSAGE_DIGEST: w.octet_string(hashlib.sha256(content).digest()),
            kind: value,
        }
    )
    encoded = sorted(w.sequence(w.oid(k), w.set_of([v])) for k, v in values.items())
    if recipe.duplicate:
        encoded.append(w.sequence(w.oid(recipe.duplicate), w.set_of([values[recipe.duplicate]])))
        encoded.sort()
    if recipe.unsorted:
        encoded.reverse()
    return w.tlv(0x31, b"".join(encoded))


def _family(holder: Holder) -> str:
    if isinstance(holder.key, rsa.RSAPrivateKey):
        return "rsa"
    return "ecdsa" if isinstance(holder.key, ec.EllipticCurvePrivateKey) else "ed25519"


def sign(holder: Holder, message: bytes) -> bytes:
    """A signature with SHA-256 inside."""
    key = holder.key
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(hashes.SHA256()))
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    return key.sign(message)
