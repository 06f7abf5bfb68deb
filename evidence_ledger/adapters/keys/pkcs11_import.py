"""Finding a key in a PKCS #11 token, and the X.509 certificate that is its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pkcs11 import Attribute, KeyType, PKCS11Error

from evidence_ledger.adapters.keys.own_chain import KINDS, issuers_after, not_its_own, parsed
from evidence_ledger.adapters.keys.pin_desk import Pins
from evidence_ledger.adapters.keys.pkcs11_keys import (
    attribute,
    certificates,
    id_of,
    label_of,
    the_key,
)
from evidence_ledger.adapters.keys.pkcs11_library import Unlocked, identity_of, open_library
from evidence_ledger.adapters.keys.pkcs11_reference import Pkcs11Reference
from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer
from evidence_ledger.adapters.keys.pkcs11_signing import can_sign, signature_of, told
from evidence_ledger.core.algorithm import SCHEMES
from evidence_ledger.core.public_key import PublicKey
from evidence_ledger.core.x509_certificate import X509Certificate, parse_certificate
from evidence_ledger.errors import (
    EvidenceError,
    FormatError,
    KeyNotFound,
    KeyTokenUnusable,
    KeyUnreadable,
)

_TEST: Final = b"evidence-ledger: does this key belong to this X.509 certificate?"
_CURVES: Final = {"secp256r1": "ecdsa-sha256", "secp384r1": "ecdsa-sha384"}
_CURVE_OIDS: Final = {
    bytes.fromhex("06082a8648ce3d030107"): "ecdsa-sha256",
    bytes.fromhex("06052b81040022"): "ecdsa-sha384",
}
_KEY_TYPES: Final = {"rsa": KeyType.RSA, "ecdsa": KeyType.EC, "ed25519": KeyType.EC_EDWARDS}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which key is meant: the token by label or serial number, the key by label and id.

    What is None is not asked for. ``pss`` makes an RSA key sign by RSASSA-PSS.
    """

    token: str | None = None
    label: str | None = None
    key_id: bytes | None = None
    pss: bool = False


def import_key(
    module: Path, choice: Choice, pins: Pins, beside: Sequence[bytes] = ()
) -> Pkcs11Signer:
    """The key in a token, with its X.509 certificate out of ``beside`` (DER), else on the token.

    A test message is signed, and the certificate is the one that verifies it. Raises KeyUnusable.
    """
    library = open_library(module.absolute())
    with library.lock:
        token = library.token(choice.token)
        unlocked = library.unlock(token, pins)
        try:
            return _imported(library.module, unlocked, choice, pins, beside)
        except PKCS11Error as error:
            raise told(library, identity_of(token), error) from error


def _imported(
    module: Path, unlocked: Unlocked, choice: Choice, pins: Pins, beside: Sequence[bytes]
) -> Pkcs11Signer:
    token, session = unlocked.token, unlocked.session
    key = the_key(session, token.label, choice.label, choice.key_id)
    held = list(_readable(certificates(session), id_of(key)))
    candidates = parsed(beside) if beside else held
    scheme, own = _pair(key, unlocked, candidates, choice)
    reference = Pkcs11Reference(
        module, token.label, token.serial, label_of(key), id_of(key), scheme
    )
    the_key(session, token.label, reference.label or None, reference.key_id or None)
    chain = issuers_after(own, [*candidates, *held])
    return Pkcs11Signer(reference, chain, pins)


def _readable(found: Iterable[tuple[bytes, bytes]], key_id: bytes) -> Iterator[X509Certificate]:
    """Those that can be read: with the key's id first, of several the newest first."""
    read: list[tuple[bool, X509Certificate]] = []
    for named, value in found:
        try:
            read.append((named == key_id, parse_certificate(value)))
        except FormatError:
            continue
    read.sort(key=lambda one: (one[0], one[1].not_before), reverse=True)
    return (one for _, one in read)


def _pair(
    key: Any, unlocked: Unlocked, candidates: Sequence[X509Certificate], choice: Choice
) -> tuple[str, X509Certificate]:
    """How the key signs, and the X.509 certificate that verifies it."""
    possible = [(one, _schemes(one, pss=choice.pss)) for one in candidates]
    wanted = dict.fromkeys(name for _, names in possible for name in names if _fits(key, name))
    if not wanted:
        raise _none(unlocked, candidates, any(names for _, names in possible))
    usable = [name for name in wanted if can_sign(unlocked, name)]
    for scheme in usable:
        signature = signature_of(key, unlocked, scheme, _TEST)
        for one, names in possible:
            if scheme in names and _verifies(one, scheme, signature):
                return scheme, one
    if not usable:
        raise KeyTokenUnusable(
            f"The token {unlocked.token.label!r} can't make {' or '.join(wanted)} signatures."
        )
    raise not_its_own()


def _verifies(certificate: X509Certificate, scheme: str, signature: bytes) -> bool:
    return certificate.public_key.verifies(SCHEMES[scheme].scheme, signature, _TEST)


def _none(unlocked: Unlocked, candidates: Sequence[X509Certificate], usable: bool) -> EvidenceError:
    if usable:
        return not_its_own()
    if candidates:
        return KeyUnreadable("This kind of key can't sign statements.", hint=KINDS)
    return KeyNotFound(
        f"There is no X.509 certificate for the key in the token {unlocked.token.label!r}.",
        hint="Name the file with the key's X.509 certificate, with --certificates.",
    )


def _fits(key: Any, scheme: str) -> bool:
    """Whether the kind of key makes this scheme's signatures; yes where the token hides it."""
    kind, curve = attribute(key, Attribute.KEY_TYPE), attribute(key, Attribute.EC_PARAMS)
    if kind is None:
        return True
    is_kind = bool(_KEY_TYPES[scheme.partition("-")[0]] == kind)
    return is_kind and (curve not in _CURVE_OIDS or _CURVE_OIDS[curve] == scheme)


def _schemes(certificate: X509Certificate, *, pss: bool) -> list[str]:
    """The schemes that the key in an X.509 certificate can be used with, the usual one first."""
    try:
        public = certificate.public_key
    except EvidenceError:
        return []
    names = _names(public)
    if pss:
        names = [name for name in names if name == "rsa-pss-sha256"]
    return [name for name in names if public.allows(SCHEMES[name].scheme)]


def _names(public: PublicKey) -> list[str]:
    if isinstance(public.key, rsa.RSAPublicKey):
        return ["rsa-pkcs1-sha256", "rsa-pss-sha256"]
    if isinstance(public.key, ec.EllipticCurvePublicKey):
        name = _CURVES.get(public.key.curve.name)
        return [name] if name else []
    return ["ed25519"] if isinstance(public.key, ed25519.Ed25519PublicKey) else []
