"""X.509 certificates, read as they came (RFC 5280, section 4).

Only what chains and signatures need is read; the signed bytes are kept. Nothing here is trusted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Final

from evidence_ledger.core import der, oid, signed_value
from evidence_ledger.core.algorithm import AlgorithmIdentifier, parse_identifier, scheme_of
from evidence_ledger.core.distinguished_name import name_text
from evidence_ledger.core.public_key import PublicKey, parse_public_key
from evidence_ledger.errors import FormatError

LARGEST: Final = 65536
"""Bytes of one X.509 certificate."""

_WHAT: Final = "X.509 certificate"


class KeyUsage(IntEnum):
    """Bits of the keyUsage extension (RFC 5280, 4.2.1.3)."""

    DIGITAL_SIGNATURE = 0
    CONTENT_COMMITMENT = 1
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6


@dataclass(frozen=True, slots=True)
class Extension:
    """Whether an extension is critical, and its DER value."""

    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """Whether the subject is an authority, and how many authorities may stand below it."""

    authority: bool
    path_length: int | None = None


@dataclass(frozen=True, slots=True)
class X509Certificate:
    """One X.509 certificate: ``raw`` is all of it, ``signed`` the bytes that its issuer signed.

    ``issuer``, ``subject`` and ``public_key_info`` are DER; times are aware UTC and inclusive.
    """

    raw: bytes
    signed: bytes
    version: int
    serial: int
    issuer: bytes
    subject: bytes
    not_before: datetime
    not_after: datetime
    public_key_info: bytes
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    extensions: Mapping[str, Extension]

    @property
    def sha256(self) -> bytes:
        """The fingerprint by which policies and statements name it."""
        return hashlib.sha256(self.raw).digest()

    @property
    def subject_text(self) -> str:
        """The subject's name for people."""
        return name_text(self.subject)

    @property
    def public_key(self) -> PublicKey:
        """The subject's key. Raises FormatError, Undecided."""
        return parse_public_key(self.public_key_info)

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether ``key`` made the signature on it. Raises Undecided, FormatError."""
        scheme = scheme_of(self.signature_algorithm, None, _WHAT)
        return key.verifies(scheme, self.signature, self.signed)

    @property
    def key_usage(self) -> frozenset[int] | None:
        """The bits set in keyUsage, or None where there is no such extension."""
        extension = self.extensions.get(oid.KEY_USAGE)
        if extension is None:
            return None
        bits, unused = der.parse(extension.value, "keyUsage").flags("keyUsage")
        return frozenset(
            i for i in range(len(bits) * 8 - unused) if bits[i // 8] >> (7 - i % 8) & 1
        )

    @property
    def extended_key_usage(self) -> tuple[str, ...] | None:
        """The purposes in extKeyUsage, or None where there is no such extension."""
        extension = self.extensions.get(oid.EXTENDED_KEY_USAGE)
        if extension is None:
            return None
        nodes = der.parse(extension.value, "extKeyUsage").elements("extKeyUsage", most=256)
        return tuple(node.oid("extKeyUsage") for node in nodes)

    @property
    def basic_constraints(self) -> BasicConstraints:
        """The basicConstraints (RFC 5280, 4.2.1.9); no authority where there is no such extension.

        Raises FormatError.
        """
        extension = self.extensions.get(oid.BASIC_CONSTRAINTS)
        if extension is None:
            return BasicConstraints(authority=False)
        what = "basicConstraints"
        fields = der.parse(extension.value, what).fields(what)
        authority = fields.optional(der.BOOLEAN)
        length = fields.optional(der.INTEGER)
        fields.done()
        limit = length.integer(what, longest=4) if length else None
        if limit is not None and limit < 0:
            raise FormatError("x509.path-length", "A path length is negative.", where=what)
        return BasicConstraints(authority is not None and authority.boolean(what), limit)

    @property
    def subject_key_identifier(self) -> bytes | None:
        """The subjectKeyIdentifier, or None."""
        extension = self.extensions.get(oid.SUBJECT_KEY_IDENTIFIER)
        if extension is None:
            return None
        return der.parse(extension.value, "subjectKeyIdentifier").octets("subjectKeyIdentifier")


@lru_cache(maxsize=512)
def parse_certificate(data: bytes) -> X509Certificate:
    """The X.509 certificate that is all of ``data``. Raises FormatError."""
    outer = signed_value.parse_whole(data, _WHAT, largest=LARGEST)
    inner = outer.signed.fields(_WHAT)
    version = _version(inner.optional(der.context(0)))
    serial = inner.next().integer(_WHAT, longest=64)
    if parse_identifier(inner.next().raw, _WHAT) != outer.algorithm:
        raise FormatError(
            "x509.two-algorithms", "The two signature algorithms differ.", where=_WHAT
        )
    issuer = inner.next().expect(der.SEQUENCE, _WHAT)
    validity = inner.next().fields(_WHAT)
    not_before, not_after = validity.next().time(_WHAT), validity.next().time(_WHAT)
    validity.done()
    subject = inner.next().expect(der.SEQUENCE, _WHAT)
    key = inner.next().expect(der.SEQUENCE, _WHAT)
    return X509Certificate(
        raw=data,
        signed=outer.signed.raw,
        version=version,
        serial=serial,
        issuer=issuer.raw,
        subject=subject.raw,
        not_before=not_before,
        not_after=not_after,
        public_key_info=key.raw,
        signature_algorithm=outer.algorithm,
        signature=outer.signature,
        extensions=_extensions(inner),
    )


def _version(node: der.Node | None) -> int:
    """From 1, which is not written down."""
    return 1 if node is None else node.only(_WHAT, node.tag).integer(_WHAT) + 1


def _extensions(fields: der.Fields) -> dict[str, Extension]:
    for number in (1, 2):
        fields.optional(der.context(number, constructed=False))
    node = fields.optional(der.context(3))
    fields.done()
    return read_extensions(node.only(_WHAT, node.tag), _WHAT) if node else {}


def read_extensions(node: der.Node, what: str) -> dict[str, Extension]:
    """The Extensions in a SEQUENCE, by their names. Raises FormatError."""
    found: dict[str, Extension] = {}
    for item in node.elements(what, most=128):
        members = item.fields(what)
        name = members.next().oid(what)
        critical = members.optional(der.BOOLEAN)
        value = members.next().octets(what)
        members.done()
        if name in found:
            raise FormatError(
                "x509.duplicate-extension", f"The extension {name} occurs twice.", where=what
            )
        found[name] = Extension(critical is not None and critical.boolean(what), value)
    return found
