"""A private key in this process's memory, with its X.509 certificate."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from evidence_ledger.adapters.keys.own_chain import KINDS, chain_of
from evidence_ledger.core.algorithm import SCHEMES, Digest
from evidence_ledger.core.public_key import LARGEST_RSA, SMALLEST_RSA
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import KeyUnreadable, UsageError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_CURVES = {"secp256r1": "ecdsa-sha256", "secp384r1": "ecdsa-sha384"}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {"sha256": hashes.SHA256, "sha384": hashes.SHA384}
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


class SoftwareSigner:
    """The Signer port on a key in memory. The key appears in no text form of it."""

    __slots__ = ("_chain", "_key", "_scheme")

    def __init__(
        self, key: object, certificates: Iterable[bytes], scheme: str | None = None
    ) -> None:
        """``certificates`` are DER X.509 certificates in any order; one must be the key's.

        ``scheme`` chooses between a key's possible schemes; RSA is PKCS #1 v1.5 unless it says
        ``rsa-pss-sha256``. Raises KeyUnreadable, WrongKey, UsageError.
        """
        self._key = _supported(key)
        self._scheme = _scheme(self._key, scheme)
        public = self._key.public_key().public_bytes(serialization.Encoding.DER, _SPKI)
        self._chain = chain_of(public, certificates)

    def __repr__(self) -> str:
        return f"SoftwareSigner({parse_certificate(self._chain[0]).subject_text!r}, {self._scheme})"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not to be copied out of this process")

    @property
    def chain(self) -> tuple[bytes, ...]:
        """DER X.509 certificates, the key's own first, then issuer after issuer."""
        return self._chain

    @property
    def scheme(self) -> str:
        """The name in ``core.algorithm.SCHEMES``."""
        return self._scheme

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``."""
        key = self._key
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(message, _padding(self._scheme), hashes.SHA256())
        if isinstance(key, ec.EllipticCurvePrivateKey):
            digest = SCHEMES[self._scheme].digest
            return key.sign(message, ec.ECDSA(_hash(digest)))
        return key.sign(message)

    def private_pem(self, password: str | None = None) -> bytes:
        """The key as PKCS #8 in PEM form, encrypted where there is a password."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password.encode())
            if password
            else serialization.NoEncryption(),
        )


def schemes_of(key: object) -> tuple[str, ...]:
    """By which schemes the owner of this public key can sign, the usual one first.

    Raises KeyUnreadable.
    """
    if not isinstance(key, PublicKey):
        raise KeyUnreadable("This kind of key can't sign statements.", hint=KINDS)
    if isinstance(key, rsa.RSAPublicKey) and not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
        raise KeyUnreadable(f"An RSA key of {key.key_size} bits can't be used.", hint=KINDS)
    if isinstance(key, rsa.RSAPublicKey):
        return ("rsa-pkcs1-sha256", "rsa-pss-sha256")
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            raise KeyUnreadable(f"Keys on the curve {key.curve.name} can't be used.", hint=KINDS)
        return (_CURVES[key.curve.name],)
    return ("ed25519",)


def _supported(key: object) -> PrivateKey:
    if not isinstance(key, PrivateKey):
        raise KeyUnreadable("This kind of key can't sign statements.", hint=KINDS)
    return key


def _scheme(key: PrivateKey, wanted: str | None) -> str:
    possible = schemes_of(key.public_key())
    if wanted is not None and wanted not in possible:
        raise UsageError(f"This key can't make {wanted} signatures.", hint=", ".join(possible))
    return wanted or possible[0]


def _padding(scheme: str) -> padding.AsymmetricPadding:
    if scheme == "rsa-pss-sha256":
        return padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return padding.PKCS1v15()


def _hash(digest: Digest) -> hashes.HashAlgorithm:
    return _HASHES[digest.name]()
