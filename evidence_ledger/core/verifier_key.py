"""Verifier keys of signed notes (C2SP signed-note v1.0.0, "Verifier keys").

    example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k

The parts are the key's name, its ID in hexadecimal, and base64(type ‖ public key).
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa

from evidence_ledger.core.canonical import base64_bytes
from evidence_ledger.errors import FormatError, Refused, Undecided

LARGEST_VKEY = 8192
LARGEST_NAME = 1000
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})

_COPY = (
    "Copy it whole from the ledger's or witness's operator: one line like ledger.example/1+ID+KEY."
)
_CONTROL = re.compile(r"[\x00-\x1f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_PRIME = 2**255 - 19
_ORDER_EIGHT = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# The y coordinates of the eight points for which anyone can make a valid signature.
_WEAK_Y = frozenset({0, 1, _PRIME - 1, _ORDER_EIGHT, _PRIME - _ORDER_EIGHT})


class KeyType(IntEnum):
    """Signature type bytes (signed-note, "Signature types"). Type 0x05 is known, not checked."""

    ED25519 = 0x01
    ECDSA = 0x02
    ED25519_COSIGNATURE = 0x04
    RFC6962 = 0x05
    ML_DSA_44 = 0x06


_TYPES = frozenset(map(int, KeyType))
_KEY_SIZE: dict[int, int] = {
    KeyType.ED25519: 32,
    KeyType.ED25519_COSIGNATURE: 32,
    KeyType.ML_DSA_44: 1312,
}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name. ``key_id`` has 4 bytes; ``type`` is a KeyType or unknown."""

    name: str
    key_id: bytes
    type: int
    key: bytes

    @classmethod
    def of(cls, name: str, key_type: int, key: bytes) -> VerifierKey:
        """The verifier key of a public key. Raises FormatError."""
        check_key_name(name, where="verifier key")
        _check_key(key_type, key)
        return cls(name, key_id(name, key_type, key), key_type, key)

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key that the text names. Raises FormatError.

        The ID of an unknown type is taken as it is: nothing says how to compute it.
        """
        parts = text.split("+", 2) if len(text) <= LARGEST_VKEY else []
        if len(parts) != 3:
            raise FormatError(
                "vkey.malformed", "Not a verifier key: name+ID+key.", where=text[:80], hint=_COPY
            )
        name, digits, encoded = parts
        check_key_name(name, where="verifier key")
        if not _KEY_ID.fullmatch(digits):
            raise FormatError("vkey.malformed-id", "A key ID is not 8 hex digits.", where=name)
        data = base64_bytes(encoded, where=name)
        if len(data) < 2:
            raise FormatError("vkey.empty", "The verifier key holds no key.", where=name)
        found = cls(name, bytes.fromhex(digits), data[0], data[1:])
        _check_key(found.type, found.key)
        if found.type in _TYPES and found.key_id != key_id(name, found.type, found.key):
            raise FormatError(
                "vkey.wrong-id", "The key ID is not that of the key.", where=name, hint=_COPY
            )
        return found

    def encode(self) -> str:
        """The text that ``parse`` reads."""
        return (
            f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.type]) + self.key).decode()}"
        )

    def check(self, message: bytes, signature: bytes) -> None:
        """Check a bare signature over ``message``. Raises Refused, Undecided."""
        try:
            _arithmetic(self, message, signature)
        except InvalidSignature as error:
            raise Refused(
                "note.bad-signature", f"The signature of {self.name} is wrong.", where=self.name
            ) from error


def key_id(name: str, key_type: int, key: bytes) -> bytes:
    """The 4-byte key ID. For ECDSA it is over the key alone (signed-note, "Signature types")."""
    if key_type == KeyType.ECDSA:
        return sha256(key).digest()[:4]
    return sha256(name.encode() + b"\n" + bytes([key_type]) + key).digest()[:4]


def check_key_name(name: str, *, where: str) -> None:
    """Raises FormatError for a name that a signed note can't hold."""
    if not name or len(name.encode("utf-8", "replace")) > LARGEST_NAME:
        raise FormatError(
            "note.key-name-length", f"A key name has 1 to {LARGEST_NAME} bytes.", where=where
        )
    if "+" in name or any(map(str.isspace, name)) or _CONTROL.search(name):
        raise FormatError(
            "note.key-name", "A key name holds a space, a plus or a control character.", where=where
        )
    if _SURROGATE.search(name):
        raise FormatError("note.key-name-not-utf8", "A key name is not UTF-8.", where=where)


def _check_key(key_type: int, key: bytes) -> None:
    size = _KEY_SIZE.get(key_type)
    if size is not None and len(key) != size:
        raise FormatError("vkey.key-length", f"The key has {len(key)} bytes, not {size}.")
    if key_type in (KeyType.ED25519, KeyType.ED25519_COSIGNATURE):
        y = int.from_bytes(key, "little") & (2**255 - 1)
        if y >= _PRIME or y in _WEAK_Y:
            raise FormatError("vkey.weak-key", "Anyone can sign under this Ed25519 key.")
    if key_type == KeyType.ECDSA:
        _ecdsa_key(key)


def _ecdsa_key(key: bytes) -> ec.EllipticCurvePublicKey:
    try:
        public = serialization.load_der_public_key(key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise FormatError("vkey.malformed-key", "Not a DER SubjectPublicKeyInfo.") from error
    if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name not in CURVES:
        raise FormatError("vkey.curve", "The key is not on NIST P-256, P-384 or P-521.")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    if public.public_bytes(serialization.Encoding.DER, form) != key:
        raise FormatError("vkey.not-canonical", "The key is not in its one DER form.")
    return public


# Whoever checks a log's notes does so with the same few keys again and again.
_ed25519_key = lru_cache(64)(ed25519.Ed25519PublicKey.from_public_bytes)
_ml_dsa_key = lru_cache(64)(mldsa.MLDSA44PublicKey.from_public_bytes)


def _arithmetic(key: VerifierKey, message: bytes, signature: bytes) -> None:
    if key.type in (KeyType.ED25519, KeyType.ED25519_COSIGNATURE):
        _ed25519_key(key.key).verify(signature, message)
    elif key.type == KeyType.ML_DSA_44:
        _verify_ml_dsa(key, message, signature)
    elif key.type == KeyType.ECDSA:
        _ecdsa_key(key.key).verify(signature, message, ec.ECDSA(hashes.SHA256()))
    else:
        raise Undecided(
            "note.key-type", f"Signatures of type 0x{key.type:02x} can't be checked here."
        )


def _verify_ml_dsa(key: VerifierKey, message: bytes, signature: bytes) -> None:
    try:
        public = _ml_dsa_key(key.key)
    except UnsupportedAlgorithm as error:
        raise Undecided("note.no-ml-dsa", "This machine's library has no ML-DSA.") from error
    public.verify(signature, message)
