"""The X.509 certificates of a key: its own first, then issuer after issuer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives import serialization

from evidence_ledger.core.x509_certificate import X509Certificate, parse_certificate
from evidence_ledger.errors import FormatError, KeyUnreadable, WrongKey

KINDS: Final = "Use RSA with 2048 bits or more, ECDSA on P-256 or P-384, or Ed25519."
"""The keys that can sign statements."""

_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


def chain_of(public: bytes, certificates: Iterable[bytes]) -> tuple[bytes, ...]:
    """The chain of the key with this DER SubjectPublicKeyInfo, out of DER X.509 certificates.

    Raises KeyUnreadable for one that can't be read, WrongKey where none is the key's.
    """
    left = parsed(certificates)
    own = next((one for one in left if _public(one.public_key_info) == public), None)
    if own is None:
        raise not_its_own()
    return issuers_after(own, left)


def parsed(certificates: Iterable[bytes]) -> list[X509Certificate]:
    """All of them, each once. Raises KeyUnreadable."""
    try:
        return [parse_certificate(one) for one in dict.fromkeys(certificates)]
    except FormatError as error:
        raise KeyUnreadable("An X.509 certificate beside the key can't be read.") from error


def issuers_after(
    own: X509Certificate, certificates: Iterable[X509Certificate]
) -> tuple[bytes, ...]:
    """``own`` and its issuers, as far as they are there (DER)."""
    left = [one for one in {one.raw: one for one in certificates}.values() if one != own]
    chain = [own]
    while issuer := next((one for one in left if one.subject == chain[-1].issuer), None):
        left.remove(issuer)
        chain.append(issuer)
    return tuple(one.raw for one in chain)


def not_its_own() -> WrongKey:
    """None of the X.509 certificates is the key's."""
    return WrongKey(
        "The key does not belong to the X.509 certificate.",
        hint="Give the X.509 certificate that was issued for this very key.",
    )


def _public(info: bytes) -> bytes:
    """A public key in the one form that compares; the bytes themselves where it can't be read."""
    try:
        key = serialization.load_der_public_key(info)
    except ValueError:
        return info
    return key.public_bytes(serialization.Encoding.DER, _SPKI)
