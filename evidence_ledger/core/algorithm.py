"""Digest and signature algorithms by AlgorithmIdentifier, and the schemes that signers use.

An ``AlgorithmIdentifier`` is read as it came; ``digest_of`` and ``scheme_of`` say what it means.
Both raise Undecided: ``algorithm.weak-digest`` for what is broken or too short to prove anything
(MD5, SHA-1, SHA-224 and its like), ``algorithm.unsupported`` for what this program can't compute.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from evidence_ledger.core import der, der_writer, oid
from evidence_ledger.errors import FormatError, Refused, Undecided


@dataclass(frozen=True, slots=True)
class AlgorithmIdentifier:
    """An algorithm's object identifier and its parameters as they came (RFC 5280, 4.1.1.2)."""

    oid: str
    parameters: bytes | None = None

    @property
    def plain(self) -> bool:
        """Whether the parameters are absent or NULL."""
        return self.parameters in (None, b"\x05\x00")

    def encode(self) -> bytes:
        """The DER."""
        return der_writer.sequence(der_writer.oid(self.oid), self.parameters or b"")


@lru_cache(maxsize=256)
def parse_identifier(data: bytes, what: str = "AlgorithmIdentifier") -> AlgorithmIdentifier:
    """An AlgorithmIdentifier from all of ``data``. Raises FormatError."""
    fields = der.parse(data, what, largest=4096).fields(what)
    name = fields.next().oid(what)
    parameters = fields.next().raw if fields.more else None
    fields.done()
    return AlgorithmIdentifier(name, parameters)


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest algorithm: its hashlib name, object identifier and size in bytes."""

    name: str
    oid: str
    size: int

    def of(self, data: bytes) -> bytes:
        """The digest of ``data``. Raises Undecided where this machine lacks the algorithm."""
        try:
            return hashlib.new(self.name, data).digest()
        except ValueError as error:
            raise Undecided(
                "algorithm.unavailable", f"This machine's cryptography has no {self.name}."
            ) from error

    @property
    def identifier(self) -> AlgorithmIdentifier:
        """The AlgorithmIdentifier without parameters (RFC 5754, section 2)."""
        return AlgorithmIdentifier(self.oid)


_NIST: Final = "2.16.840.1.101.3.4.2."
DIGESTS: Final = {
    digest.name: digest
    for digest in (
        Digest("sha256", _NIST + "1", 32),
        Digest("sha384", _NIST + "2", 48),
        Digest("sha512", _NIST + "3", 64),
        Digest("sha512_256", _NIST + "6", 32),
        Digest("sha3_256", _NIST + "8", 32),
        Digest("sha3_384", _NIST + "9", 48),
        Digest("sha3_512", _NIST + "10", 64),
        Digest("sm3", "1.2.156.10197.1.401", 32),
    )
}
WEAK_DIGESTS: Final = {
    digest.name: digest
    for digest in (
        Digest("md5", "1.2.840.113549.2.5", 16),
        Digest("sha1", "1.3.14.3.2.26", 20),
        Digest("ripemd160", "1.3.36.3.2.1", 20),
        Digest("sha224", _NIST + "4", 28),
        Digest("sha512_224", _NIST + "5", 28),
        Digest("sha3_224", _NIST + "7", 28),
    )
}
_BY_OID: Final = {digest.oid: digest for digest in DIGESTS.values()}
_WEAK_BY_OID: Final = {digest.oid: digest for digest in WEAK_DIGESTS.values()}


def digest_of(identifier: AlgorithmIdentifier, what: str) -> Digest:
    """The digest algorithm meant. Raises Undecided, or FormatError for parameters it can't have."""
    digest = _BY_OID.get(identifier.oid)
    if digest is None:
        raise _no_digest(identifier.oid, what)
    if not identifier.plain:
        raise FormatError("algorithm.parameters", f"{digest.name} has no parameters.", where=what)
    return digest


def _no_digest(name: str, what: str) -> Undecided:
    weak = _WEAK_BY_OID.get(name)
    if weak is not None:
        return Undecided(
            "algorithm.weak-digest",
            f"{weak.name} is too weak to prove anything any more.",
            where=what,
        )
    return Undecided(
        "algorithm.unsupported", f"The digest algorithm {name} is not supported.", where=what
    )


class Family(StrEnum):
    """The arithmetic of a signature."""

    RSA_PKCS1 = "rsa-pkcs1"
    RSA_PSS = "rsa-pss"
    ECDSA = "ecdsa"
    ED25519 = "ed25519"
    ED448 = "ed448"
    ML_DSA_44 = "ml-dsa-44"
    ML_DSA_65 = "ml-dsa-65"
    ML_DSA_87 = "ml-dsa-87"


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a signature is computed. ``digest`` is None where the family hashes inside.

    ``mask_digest`` and ``salt`` (bytes) belong to RSASSA-PSS (RFC 8017, appendix A.2.3).
    """

    family: Family
    digest: Digest | None = None
    mask_digest: Digest | None = None
    salt: int = 0

    @property
    def name(self) -> str:
        """The family with its digest, as ``ecdsa-sha256``."""
        return self.family.value if self.digest is None else f"{self.family}-{self.digest.name}"


_SHA3_SIGNATURES: Final = ("sha3_256", "sha3_384", "sha3_512")
_WITH_DIGEST: Final = {
    **{
        f"1.2.840.113549.1.1.{arc}": (Family.RSA_PKCS1, digest)
        for arc, digest in ((11, "sha256"), (12, "sha384"), (13, "sha512"), (16, "sha512_256"))
    },
    **{
        f"1.2.840.10045.4.3.{arc}": (Family.ECDSA, digest)
        for arc, digest in ((2, "sha256"), (3, "sha384"), (4, "sha512"))
    },
    **{
        f"2.16.840.1.101.3.4.3.{arc}": (Family.ECDSA, digest)
        for arc, digest in enumerate(_SHA3_SIGNATURES, 10)
    },
    **{
        f"2.16.840.1.101.3.4.3.{arc}": (Family.RSA_PKCS1, digest)
        for arc, digest in enumerate(_SHA3_SIGNATURES, 14)
    },
}
_WEAK_SIGNATURES: Final = {
    "1.2.840.113549.1.1.4": "MD5 with RSA",
    "1.2.840.113549.1.1.5": "SHA-1 with RSA",
    "1.2.840.113549.1.1.14": "SHA-224 with RSA",
    "1.2.840.113549.1.1.15": "SHA-512/224 with RSA",
    "1.3.14.3.2.29": "SHA-1 with RSA",
    "1.2.840.10045.4.1": "ECDSA with SHA-1",
    "1.2.840.10045.4.3.1": "ECDSA with SHA-224",
    "2.16.840.1.101.3.4.3.9": "ECDSA with SHA3-224",
    "2.16.840.1.101.3.4.3.13": "RSA with SHA3-224",
    "1.2.840.10040.4.3": "DSA with SHA-1",
}
_HASHES_INSIDE: Final = {
    oid.ED25519: Family.ED25519,
    oid.ED448: Family.ED448,
    oid.ML_DSA_44: Family.ML_DSA_44,
    oid.ML_DSA_65: Family.ML_DSA_65,
    oid.ML_DSA_87: Family.ML_DSA_87,
}
_DIGEST_BESIDE: Final = {oid.RSA: Family.RSA_PKCS1, oid.EC_PUBLIC_KEY: Family.ECDSA}


def scheme_of(identifier: AlgorithmIdentifier, beside: Digest | None, what: str) -> Scheme:
    """The signature scheme meant.

    ``beside`` is the digest algorithm named next to it, for identifiers that name a key type only
    (``rsaEncryption`` in CMS). Raises Undecided, FormatError, or Refused for a scheme that names no
    digest at all.
    """
    if identifier.oid == oid.RSASSA_PSS:
        return _pss(identifier.parameters, what)
    if identifier.oid in _HASHES_INSIDE:
        return _hashes_inside(identifier, what)
    if not identifier.plain and identifier.oid != oid.EC_PUBLIC_KEY:
        raise _unknown(identifier, what)
    if identifier.oid in _WITH_DIGEST:
        family, digest = _WITH_DIGEST[identifier.oid]
        return Scheme(family, DIGESTS[digest])
    if identifier.oid in _DIGEST_BESIDE and beside is not None:
        return Scheme(_DIGEST_BESIDE[identifier.oid], beside)
    raise _unknown(identifier, what)


def _hashes_inside(identifier: AlgorithmIdentifier, what: str) -> Scheme:
    family = _HASHES_INSIDE[identifier.oid]
    if identifier.parameters is not None:
        raise FormatError("algorithm.parameters", f"{family} has no parameters.", where=what)
    return Scheme(family)


def _unknown(identifier: AlgorithmIdentifier, what: str) -> Undecided | Refused:
    if identifier.oid in _WEAK_SIGNATURES:
        return Undecided(
            "algorithm.weak-digest",
            f"{_WEAK_SIGNATURES[identifier.oid]} is too weak to prove anything any more.",
            where=what,
        )
    if identifier.oid in _DIGEST_BESIDE and identifier.plain:
        return Refused(
            "algorithm.no-digest", "The signature algorithm names no digest.", where=what
        )
    name = "SM2" if identifier.oid in (oid.SM2, oid.SM2_WITH_SM3) else identifier.oid
    return Undecided(
        "algorithm.unsupported", f"The signature algorithm {name} is not supported.", where=what
    )


_PSS_SHA1: Final = AlgorithmIdentifier("1.3.14.3.2.26")


@lru_cache(maxsize=64)
def _pss(parameters: bytes | None, what: str) -> Scheme:
    """RSASSA-PSS-params; what is absent means SHA-1 and 20 bytes of salt."""
    fields = der.parse(parameters or b"\x30\x00", what).fields(what)
    digest_node = fields.optional(der.context(0))
    mask_node = fields.optional(der.context(1))
    salt_node = fields.optional(der.context(2))
    trailer = fields.optional(der.context(3))
    fields.done()
    if trailer is not None and trailer.only(what, trailer.tag).integer(what) != 1:
        raise Undecided(
            "algorithm.unsupported", "This RSASSA-PSS trailer is not supported.", where=what
        )
    inner = _inner_identifier(digest_node, what) or _PSS_SHA1
    mask = _mask_digest(mask_node, what) or _PSS_SHA1
    salt = salt_node.only(what, salt_node.tag).integer(what) if salt_node else 20
    if not 0 <= salt <= 512:
        raise FormatError("algorithm.parameters", f"A salt of {salt} bytes.", where=what)
    return Scheme(Family.RSA_PSS, digest_of(inner, what), digest_of(mask, what), salt)


def _inner_identifier(node: der.Node | None, what: str) -> AlgorithmIdentifier | None:
    return parse_identifier(node.content, what) if node else None


def _mask_digest(node: der.Node | None, what: str) -> AlgorithmIdentifier | None:
    mask = _inner_identifier(node, what)
    if mask is None:
        return None
    if mask.oid != oid.MGF1 or mask.parameters is None:
        raise Undecided(
            "algorithm.unsupported", "This RSASSA-PSS mask function is not supported.", where=what
        )
    return parse_identifier(mask.parameters, what)


@dataclass(frozen=True, slots=True)
class NamedScheme:
    """A scheme that a Signer may have: what it computes and how CMS writes it down.

    ``digest`` is the message digest algorithm that goes with it in CMS.
    """

    scheme: Scheme
    digest: Digest
    identifier: AlgorithmIdentifier


def _pss_identifier(digest: Digest) -> AlgorithmIdentifier:
    inner = AlgorithmIdentifier(digest.oid, der_writer.null()).encode()
    mask = AlgorithmIdentifier(oid.MGF1, inner).encode()
    parameters = der_writer.sequence(
        der_writer.explicit(0, inner),
        der_writer.explicit(1, mask),
        der_writer.explicit(2, der_writer.integer(digest.size)),
    )
    return AlgorithmIdentifier(oid.RSASSA_PSS, parameters)


_SHA256: Final = DIGESTS["sha256"]
_SHA384: Final = DIGESTS["sha384"]
_SHA512: Final = DIGESTS["sha512"]
SCHEMES: Final = {
    "rsa-pkcs1-sha256": NamedScheme(
        Scheme(Family.RSA_PKCS1, _SHA256),
        _SHA256,
        AlgorithmIdentifier("1.2.840.113549.1.1.11", der_writer.null()),
    ),
    "rsa-pss-sha256": NamedScheme(
        Scheme(Family.RSA_PSS, _SHA256, _SHA256, 32), _SHA256, _pss_identifier(_SHA256)
    ),
    "ecdsa-sha256": NamedScheme(
        Scheme(Family.ECDSA, _SHA256), _SHA256, AlgorithmIdentifier("1.2.840.10045.4.3.2")
    ),
    "ecdsa-sha384": NamedScheme(
        Scheme(Family.ECDSA, _SHA384), _SHA384, AlgorithmIdentifier("1.2.840.10045.4.3.3")
    ),
    "ed25519": NamedScheme(Scheme(Family.ED25519), _SHA512, AlgorithmIdentifier(oid.ED25519)),
}
"""The names of ``Signer.scheme``: ``ecdsa-sha256`` is for P-256 and ``ecdsa-sha384`` for P-384."""
