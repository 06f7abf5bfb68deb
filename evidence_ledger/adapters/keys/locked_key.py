"""The public half of a key file: what can be told of it without its password."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from evidence_ledger.adapters.keys.key_files import private_blocks, read_key_file
from evidence_ledger.adapters.keys.own_chain import issuers_after, parsed
from evidence_ledger.adapters.keys.pkcs11_reference import START
from evidence_ledger.adapters.keys.software_signer import schemes_of
from evidence_ledger.core import pem
from evidence_ledger.core.x509_certificate import X509Certificate
from evidence_ledger.errors import FormatError, KeyUnreadable


@dataclass(frozen=True, slots=True)
class PublicHalf:
    """The X.509 certificates of a key that was not looked at: DER, its own first.

    ``scheme`` is the one that such a key signs with unless told otherwise. ``locked`` says whether
    a key is there behind a password; else the file holds none.
    """

    chain: tuple[bytes, ...]
    scheme: str
    locked: bool


def public_half(path: Path) -> PublicHalf | None:
    """The X.509 certificates in a PEM file whose key is locked, or which holds none, or in DER.

    None where the key is in a token, can be opened, or has to be, as in PKCS #12 and where more
    than one of the X.509 certificates may be its own. Raises KeyUnreadable.
    """
    data = read_key_file(path)
    blocks = private_blocks(data)
    if (
        data.startswith(START)
        or len(blocks) > 1
        or any(b"ENCRYPTED" not in block for block in blocks)
    ):
        return None
    try:
        certificates = parsed(pem.certificates(data, where=str(path)))
    except FormatError:
        return None
    own = _own(certificates)
    if own is None:
        return None
    return PublicHalf(issuers_after(own, certificates), _scheme(own), bool(blocks))


def _own(certificates: list[X509Certificate]) -> X509Certificate | None:
    """The one that issued none of the others, if it is the only one."""
    leaves = [
        one
        for one in certificates
        if not any(other is not one and other.issuer == one.subject for other in certificates)
    ]
    return leaves[0] if len(leaves) == 1 else None


def _scheme(certificate: X509Certificate) -> str:
    try:
        key = serialization.load_der_public_key(certificate.public_key_info)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable("The key of the X.509 certificate can't be read.") from error
    return schemes_of(key)[0]
