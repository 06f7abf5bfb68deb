"""What an issuer signs, with its signature: certificates, revocation lists, OCSP answers.

SEQUENCE { what is signed, AlgorithmIdentifier, BIT STRING, … }    RFC 5280, sections 4.1, 5.1;
                                                                   RFC 6960, section 4.2.1
"""

from __future__ import annotations

from typing import NamedTuple

from evidence_ledger.core import der
from evidence_ledger.core.algorithm import AlgorithmIdentifier, parse_identifier


class SignedValue(NamedTuple):
    """``rest`` is what follows the signature; ``signed`` is read further by whoever knows it."""

    signed: der.Node
    algorithm: AlgorithmIdentifier
    signature: bytes
    rest: der.Fields


def parse(data: bytes, what: str, *, largest: int) -> SignedValue:
    """The value that is all of ``data``, of at most ``largest`` bytes; nothing is verified.

    Raises FormatError.
    """
    outer = der.parse(data, what, largest=largest).fields(what)
    signed = outer.next()
    algorithm = parse_identifier(outer.next().raw, what)
    return SignedValue(signed, algorithm, outer.next().bits(what), outer)


def parse_whole(data: bytes, what: str, *, largest: int) -> SignedValue:
    """The same, where nothing may follow the signature. Raises FormatError."""
    found = parse(data, what, largest=largest)
    found.rest.done()
    return found
