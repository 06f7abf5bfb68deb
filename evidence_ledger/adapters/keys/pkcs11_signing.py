"""Signatures made in a PKCS #11 token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import MGF, Attribute, Mechanism, PKCS11Error
from pkcs11.exceptions import (
    FunctionNotSupported,
    KeyTypeInconsistent,
    MechanismInvalid,
    MechanismParamInvalid,
)

from evidence_ledger.adapters.keys.pin_desk import Pins
from evidence_ledger.adapters.keys.pkcs11_faults import (
    ABOUT_PIN,
    REFUSED_PIN,
    UNTRIED,
    fault,
    pulled_out,
)
from evidence_ledger.adapters.keys.pkcs11_keys import attribute, the_key
from evidence_ledger.adapters.keys.pkcs11_library import (
    Identity,
    Library,
    Unlocked,
    has_own_pad,
    open_library,
)
from evidence_ledger.adapters.keys.pkcs11_reference import Pkcs11Reference
from evidence_ledger.errors import KeyNotFound, KeyTokenUnusable, KeyUnusable

_PSS = (Mechanism.SHA256, MGF.SHA256, 32)
_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2, note 1)."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A mechanism that makes a scheme's signatures, and what it is given for a message."""

    mechanism: Mechanism
    given: Callable[[bytes], bytes] = bytes
    parameter: Any = None


def _sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _sha384(message: bytes) -> bytes:
    return hashlib.sha384(message).digest()


_WAYS: Final[dict[str, tuple[_Way, ...]]] = {
    "rsa-pkcs1-sha256": (
        _Way(Mechanism.SHA256_RSA_PKCS),
        _Way(Mechanism.RSA_PKCS, lambda message: _SHA256_INFO + _sha256(message)),
    ),
    "rsa-pss-sha256": (
        _Way(Mechanism.SHA256_RSA_PKCS_PSS, parameter=_PSS),
        _Way(Mechanism.RSA_PKCS_PSS, _sha256, _PSS),
    ),
    "ecdsa-sha256": (_Way(Mechanism.ECDSA_SHA256), _Way(Mechanism.ECDSA, _sha256)),
    "ecdsa-sha384": (_Way(Mechanism.ECDSA_SHA384), _Way(Mechanism.ECDSA, _sha384)),
    "ed25519": (_Way(Mechanism.EDDSA),),
}
_NOT_THIS_WAY = (
    *(MechanismInvalid, MechanismParamInvalid),
    *(FunctionNotSupported, KeyTypeInconsistent),
)


def sign(reference: Pkcs11Reference, pins: Pins, message: bytes) -> bytes:
    """The signature over ``message`` by the key that is referred to, not checked yet.

    A session that ended since the last signature is begun anew, once. Raises KeyUnusable.
    """
    identity = reference.serial, reference.token
    library = open_library(reference.module)
    with library.lock:
        held = library.held(identity)
        if held is not None:
            try:
                return _made(held, reference, message)
            except ABOUT_PIN as error:
                raise told(library, identity, error) from error
            except PKCS11Error as error:
                if held.is_spent:
                    raise told(library, identity, error) from error
                library.forget(identity)
            except KeyNotFound:
                library.forget(identity)
        return _made_anew(library, reference, pins, message)


def _made_anew(library: Library, reference: Pkcs11Reference, pins: Pins, message: bytes) -> bytes:
    identity = reference.serial, reference.token
    fresh = library.unlock(library.identified(identity), pins)
    try:
        return _made(fresh, reference, message)
    except PKCS11Error as error:
        raise told(library, identity, error) from error


def unlock(reference: Pkcs11Reference, pins: Pins) -> None:
    """Find the token and the key, and ask for the PIN where it is needed. Raises KeyUnusable."""
    identity = reference.serial, reference.token
    library = open_library(reference.module)
    with library.lock:
        unlocked = library.unlock(library.identified(identity), pins)
        try:
            _key(unlocked, reference)
        except PKCS11Error as error:
            raise told(library, identity, error) from error


def told(library: Library, identity: Identity, error: PKCS11Error) -> KeyUnusable:
    """The error for what the library said; the session is let go of."""
    library.forget(identity, refused=isinstance(error, REFUSED_PIN))
    if not isinstance(error, ABOUT_PIN) and not library.is_there(identity):
        return pulled_out(identity[1])
    return fault(error, identity[1])


def _made(unlocked: Unlocked, reference: Pkcs11Reference, message: bytes) -> bytes:
    key = _key(unlocked, reference)
    return signature_of(key, unlocked, reference.scheme, message)


def _key(unlocked: Unlocked, reference: Pkcs11Reference) -> Any:
    name = reference.label, reference.key_id
    if name not in unlocked.keys:
        label, key_id = reference.label or None, reference.key_id or None
        unlocked.keys[name] = the_key(unlocked.session, unlocked.token.label, label, key_id)
    return unlocked.keys[name]


def can_sign(unlocked: Unlocked, scheme: str) -> bool:
    """Whether the token has a mechanism for a scheme. Raises PKCS11Error."""
    there = unlocked.token.slot.get_mechanisms()
    return any(way.mechanism in there for way in _WAYS[scheme])


def signature_of(key: Any, unlocked: Unlocked, scheme: str, message: bytes) -> bytes:
    """A signature by ``key`` as CMS wants it. Raises KeyTokenUnusable, PKCS11Error."""
    pin = _pin_of(key, unlocked)
    for way in _usable(unlocked, scheme):
        try:
            signature = bytes(
                key.sign(
                    way.given(message),
                    mechanism=way.mechanism,
                    mechanism_param=way.parameter,
                    pin=pin,
                )
            )
        except _NOT_THIS_WAY:
            continue
        except PKCS11Error as error:
            unlocked.is_spent = bool(pin) and not isinstance(error, UNTRIED)
            raise
        return _der(signature) if scheme.startswith("ecdsa") else signature
    raise KeyTokenUnusable(
        f"The token {unlocked.token.label!r} can't make {scheme} signatures with this key."
    )


def _usable(unlocked: Unlocked, scheme: str) -> Iterator[_Way]:
    there = unlocked.token.slot.get_mechanisms()
    return (way for way in _WAYS[scheme] if way.mechanism in there)


def _pin_of(key: Any, unlocked: Unlocked) -> str | None:
    """The PIN for this one signature, where the key wants it each time; empty for a pad."""
    if not attribute(key, Attribute.ALWAYS_AUTHENTICATE):
        return None
    if not has_own_pad(unlocked.token):
        return unlocked.pin
    unlocked.tell(unlocked.token.label)
    return ""


def _der(signature: bytes) -> bytes:
    """ECDSA-Sig-Value out of r and s side by side (PKCS #11, 2.3.1)."""
    half = len(signature) // 2
    numbers = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    return encode_dss_signature(*numbers)
