"""A private key in a PKCS #11 token: a smart card, an HSM. The key never leaves it."""

from __future__ import annotations

from types import ModuleType

from evidence_ledger.adapters.keys.pin_desk import PinDesk, Pins
from evidence_ledger.adapters.keys.pkcs11_reference import Pkcs11Reference, reference_file
from evidence_ledger.core.algorithm import SCHEMES
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import KeyTokenUnusable, WrongKey


class Pkcs11Signer:
    """The Signer port on a key in a token. The token is not touched before the first signature."""

    __slots__ = ("_chain", "_pins", "_reference")

    def __init__(self, reference: Pkcs11Reference, chain: tuple[bytes, ...], pins: Pins) -> None:
        self._reference = reference
        self._chain = chain
        self._pins = pins

    def __repr__(self) -> str:
        return f"Pkcs11Signer({parse_certificate(self._chain[0]).subject_text!r}, {self.scheme})"

    def __reduce__(self) -> str:
        raise TypeError("a signer in a token is not to be copied out of this process")

    @property
    def chain(self) -> tuple[bytes, ...]:
        """DER X.509 certificates, the key's own first, then issuer after issuer."""
        return self._chain

    @property
    def scheme(self) -> str:
        """The name in ``core.algorithm.SCHEMES``."""
        return self._reference.scheme

    @property
    def reference(self) -> Pkcs11Reference:
        """Where the key is."""
        return self._reference

    def attend(self, desk: PinDesk) -> None:
        """From now on somebody is there who can be asked for the PIN."""
        self._pins.desk = desk

    def unlock(self) -> None:
        """Find the key, and ask for the PIN where it is needed, before there is work to lose.

        Raises KeyUnusable.
        """
        _signing().unlock(self._reference, self._pins)

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``, which the key's X.509 certificate verifies.

        Raises KeyUnusable, and WrongKey where that X.509 certificate does not verify it.
        """
        signature: bytes = _signing().sign(self._reference, self._pins, message)
        key = parse_certificate(self._chain[0]).public_key
        if not key.verifies(SCHEMES[self.scheme].scheme, signature, message):
            raise WrongKey(
                f"What the token {self._reference.token!r} signs, its X.509 certificate does not "
                "verify.",
                hint="Is another key in its place? Write it anew: evidence key import --pkcs11",
            )
        return signature

    def file(self) -> bytes:
        """The file that stands for the key."""
        return reference_file(self._reference, self._chain)


def require_pkcs11() -> None:
    """Raises KeyTokenUnusable where the part for PKCS #11 is not installed."""
    try:
        import pkcs11  # noqa: F401
    except ImportError as error:
        raise KeyTokenUnusable(
            "The part that reaches PKCS #11 tokens is not installed.",
            hint="Install it with: pip install 'evidence-ledger[pkcs11]'",
        ) from error


def _signing() -> ModuleType:
    require_pkcs11()
    from evidence_ledger.adapters.keys import pkcs11_signing

    return pkcs11_signing
