"""The signature algorithms of RFC 9421, section 3.3, and the forms of ECDSA signatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from evidence_ledger.core import der, der_writer
from evidence_ledger.core.algorithm import DIGESTS, Family, Scheme
from evidence_ledger.core.public_key import PublicKey
from evidence_ledger.core.structured_field import Bare
from evidence_ledger.errors import Refused, UsageError

_WHAT: Final = "ECDSA signature"
_SHA256, _SHA384, _SHA512 = (DIGESTS[name] for name in ("sha256", "sha384", "sha512"))


@dataclass(frozen=True, slots=True)
class _Algorithm:
    """``half``: bytes of each of the two numbers of an ECDSA signature; 0 for others."""

    scheme: Scheme
    half: int = 0


_ALGORITHMS: Final = {
    "ecdsa-p256-sha256": _Algorithm(Scheme(Family.ECDSA, _SHA256), 32),
    "ecdsa-p384-sha384": _Algorithm(Scheme(Family.ECDSA, _SHA384), 48),
    "ed25519": _Algorithm(Scheme(Family.ED25519)),
    "rsa-pss-sha512": _Algorithm(Scheme(Family.RSA_PSS, _SHA512, _SHA512, 64)),
    "rsa-v1_5-sha256": _Algorithm(Scheme(Family.RSA_PKCS1, _SHA256)),
}
_CURVES: Final = {"secp256r1": "ecdsa-p256-sha256", "secp384r1": "ecdsa-p384-sha384"}
_OF_SIGNER: Final = {
    "ecdsa-sha256": "ecdsa-p256-sha256",
    "ecdsa-sha384": "ecdsa-p384-sha384",
    "ed25519": "ed25519",
    "rsa-pkcs1-sha256": "rsa-v1_5-sha256",
}


def verifies(key: PublicKey, named: Bare | None, signature: bytes, message: bytes) -> bool:
    """Whether a signature is right. ``named`` is its parameter ``alg``, or None without one.

    Raises Refused for an algorithm that is not the key's, Undecided.
    """
    possible = _possible(key)
    name = possible[0] if named is None and possible else named
    if name not in possible:
        raise Refused("http-signature.algorithm", "The algorithm is not one of the signer's key.")
    algorithm = _ALGORITHMS[str(name)]
    if algorithm.half:
        if len(signature) != 2 * algorithm.half:
            return False
        signature = _to_der(signature, algorithm.half)
    return key.verifies(algorithm.scheme, signature, message)


def _possible(key: PublicKey) -> tuple[str, ...]:
    if isinstance(key.key, ec.EllipticCurvePublicKey):
        name = _CURVES.get(key.key.curve.name)
        return (name,) if name else ()
    if isinstance(key.key, ed25519.Ed25519PublicKey):
        return ("ed25519",)
    if isinstance(key.key, rsa.RSAPublicKey):
        return ("rsa-pss-sha512", "rsa-v1_5-sha256")
    return ()


def _to_der(signature: bytes, half: int) -> bytes:
    numbers = signature[:half], signature[half:]
    return der_writer.sequence(*(der_writer.integer(int.from_bytes(one)) for one in numbers))


def algorithm_of(scheme: str) -> str:
    """The algorithm by which a Signer with this scheme signs requests. Raises UsageError."""
    if scheme not in _OF_SIGNER:
        raise UsageError(
            f"Requests can't be signed with {scheme}.",
            hint="RFC 9421 has no such algorithm. Use another key of yours, or an API token.",
        )
    return _OF_SIGNER[scheme]


def from_signer(name: str, signature: bytes) -> bytes:
    """A Signer's signature in the form that requests carry. Raises FormatError."""
    half = _ALGORITHMS[name].half
    if not half:
        return signature
    fields = der.parse(signature, _WHAT).fields(_WHAT)
    numbers = fields.next().integer(_WHAT), fields.next().integer(_WHAT)
    fields.done()
    return b"".join(number.to_bytes(half) for number in numbers)
