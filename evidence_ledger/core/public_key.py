"""Public keys out of SubjectPublicKeyInfo, and the arithmetic of signatures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from evidence_ledger.core import der, der_writer, oid
from evidence_ledger.core.algorithm import (
    AlgorithmIdentifier,
    Digest,
    Family,
    Scheme,
    parse_identifier,
    scheme_of,
)
from evidence_ledger.errors import FormatError, Undecided

SMALLEST_RSA: Final = 2048
LARGEST_RSA: Final = 16384
LARGEST_EXPONENT: Final = (1 << 32) - 1
SMALLEST_CURVE: Final = 256
"""Bits. A smaller key is too weak to prove anything; a larger RSA key only costs time, and so does
one with a public exponent above ``LARGEST_EXPONENT``."""

Key = (
    rsa.RSAPublicKey
    | ec.EllipticCurvePublicKey
    | ed25519.Ed25519PublicKey
    | ed448.Ed448PublicKey
    | mldsa.MLDSA44PublicKey
    | mldsa.MLDSA65PublicKey
    | mldsa.MLDSA87PublicKey
)

_FAMILIES: Final = (
    (ec.EllipticCurvePublicKey, frozenset({Family.ECDSA})),
    (rsa.RSAPublicKey, frozenset({Family.RSA_PKCS1, Family.RSA_PSS})),
    (ed25519.Ed25519PublicKey, frozenset({Family.ED25519})),
    (ed448.Ed448PublicKey, frozenset({Family.ED448})),
    (mldsa.MLDSA44PublicKey, frozenset({Family.ML_DSA_44})),
    (mldsa.MLDSA65PublicKey, frozenset({Family.ML_DSA_65})),
    (mldsa.MLDSA87PublicKey, frozenset({Family.ML_DSA_87})),
)
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha512_256": hashes.SHA512_256,
    "sha3_256": hashes.SHA3_256,
    "sha3_384": hashes.SHA3_384,
    "sha3_512": hashes.SHA3_512,
    "sm3": hashes.SM3,
}


Check = Callable[[Sequence[bytes], Sequence[bytes]], bool]
"""Whether signatures are right over messages, each over its own."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key, the families it may be used with, and the one RSASSA-PSS scheme it is bound to.

    ``bound`` is set for a key whose own parameters restrict it (RFC 4055, section 1.2).
    """

    key: Key
    families: frozenset[Family]
    bound: Scheme | None = None

    def allows(self, scheme: Scheme) -> bool:
        """Whether the key may be used with this scheme."""
        if scheme.family not in self.families:
            return False
        bound = self.bound
        return bound is None or (
            scheme.digest == bound.digest
            and scheme.mask_digest == bound.mask_digest
            and scheme.salt >= bound.salt
        )

    def verifies(self, scheme: Scheme, signature: bytes, message: bytes) -> bool:
        """Whether ``signature`` over ``message`` is right and the key may be used with ``scheme``.

        Raises Undecided where this machine can't compute it.
        """
        return self.allows(scheme) and self.check(scheme)([signature], [message])

    def check(self, scheme: Scheme) -> Check:
        """``verifies`` for a scheme that the key allows, of signatures and their messages."""
        try:
            verify: Callable[..., None] = self.key.verify
            further = _parameters(self.key, scheme)
        except (UnsupportedAlgorithm, ValueError) as error:
            raise _unavailable(scheme) from error

        def are_right(signatures: Sequence[bytes], messages: Sequence[bytes]) -> bool:
            try:
                for signature, message in zip(signatures, messages, strict=True):
                    verify(signature, message, *further)
            except InvalidSignature:
                return False
            except (UnsupportedAlgorithm, ValueError) as error:
                raise _unavailable(scheme) from error
            return True

        return are_right


def _unavailable(scheme: Scheme) -> Undecided:
    return Undecided(
        "algorithm.unavailable", f"This machine's cryptography can't compute {scheme.name}."
    )


@lru_cache(maxsize=512)
def parse_public_key(spki: bytes) -> PublicKey:
    """The key in a DER SubjectPublicKeyInfo.

    Raises FormatError, and Undecided (``algorithm.weak-key``, ``algorithm.unsupported``) for a key
    that is too small or of a kind that this program can't use.
    """
    identifier, info = _identifier(spki)
    if identifier.oid == oid.RSASSA_PSS:
        key, families, bound = _pss_key(identifier, info)
    else:
        key = _load(spki, identifier)
        families = next((names for kind, names in _FAMILIES if isinstance(key, kind)), frozenset())
        bound = None
    _require_strength(key)
    return PublicKey(key, families, bound)


def _identifier(spki: bytes) -> tuple[AlgorithmIdentifier, bytes]:
    fields = der.parse(spki, "public key", largest=65536).fields("public key")
    identifier = parse_identifier(fields.next().raw)
    bits = fields.next()
    fields.done()
    return identifier, bits.raw


def _pss_key(
    identifier: AlgorithmIdentifier, bits: bytes
) -> tuple[Key, frozenset[Family], Scheme | None]:
    bound = scheme_of(identifier, None, "public key") if identifier.parameters else None
    plain = AlgorithmIdentifier(oid.RSA, der_writer.null()).encode()
    key = _load(der_writer.sequence(plain, bits), identifier)
    return key, frozenset({Family.RSA_PSS}), bound


def _load(spki: bytes, identifier: AlgorithmIdentifier) -> Key:
    try:
        key = load_der_public_key(spki)
    except UnsupportedAlgorithm as error:
        raise _unsupported(identifier) from error
    except ValueError as error:
        if _spelled_out_curve(identifier):
            raise _unsupported(identifier) from error
        raise FormatError("key.malformed", "The public key is malformed.") from error
    if not isinstance(key, Key):
        raise _unsupported(identifier)
    return key


def _spelled_out_curve(identifier: AlgorithmIdentifier) -> bool:
    parameters = identifier.parameters or b""
    return identifier.oid == oid.EC_PUBLIC_KEY and parameters[:1] == b"\x30"


def _unsupported(identifier: AlgorithmIdentifier) -> Undecided:
    return Undecided(
        "algorithm.unsupported", f"Public keys of the kind {identifier.oid} are not supported."
    )


def _require_strength(key: Key) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < SMALLEST_RSA:
            raise Undecided("algorithm.weak-key", f"An RSA key of {key.key_size} bits is too weak.")
        if key.key_size > LARGEST_RSA:
            raise Undecided(
                "algorithm.unsupported", f"An RSA key of {key.key_size} bits is too large."
            )
        if key.public_numbers().e > LARGEST_EXPONENT:
            raise Undecided("algorithm.unsupported", "An RSA key's exponent is too large.")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size < SMALLEST_CURVE:
        raise Undecided("algorithm.weak-key", f"The curve {key.curve.name} is too weak.")


def _parameters(key: Key, scheme: Scheme) -> tuple[object, ...]:
    """What ``key.verify`` is told behind signature and message."""
    if isinstance(key, rsa.RSAPublicKey):
        return _padding(scheme), _hash(scheme.digest)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return (ec.ECDSA(_hash(scheme.digest)),)
    return ()


def _padding(scheme: Scheme) -> padding.AsymmetricPadding:
    if scheme.family is Family.RSA_PKCS1:
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(_hash(scheme.mask_digest)), scheme.salt)


def _hash(digest: Digest | None) -> hashes.HashAlgorithm:
    if digest is None:
        raise ValueError("a scheme without a digest")
    return _HASHES[digest.name]()
