"""X.509 certificates and revocation lists out of a file.

PEM (RFC 7468), any number with text between, or one in DER.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import Final

from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import FormatError

MOST: Final = 1024

_BLOCK: Final = re.compile(
    rb"-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END (?:X509 )?CERTIFICATE-----"
)
_BEGIN: Final = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----")
_LIST: Final = re.compile(
    rb"-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*)-----END X509 CRL-----",
)
_BEGIN_LIST: Final = re.compile(rb"-----BEGIN X509 CRL-----")


def certificates(data: bytes, *, where: str) -> tuple[bytes, ...]:
    """The DER X.509 certificates in a file, in order. Raises FormatError; never none."""
    if data[:1] == b"\x30":
        return (_read(data, where),)
    bodies = _BLOCK.findall(data)
    if not bodies or len(bodies) != len(_BEGIN.findall(data)) or len(bodies) > MOST:
        raise FormatError(
            "x509.pem", "This holds no readable X.509 certificate in PEM or DER form.", where=where
        )
    return tuple(_read(_decoded(body, where), where) for body in bodies)


def revocation_lists(data: bytes, *, where: str) -> tuple[bytes, ...]:
    """The DER revocation lists in a file, in order, unread. Raises FormatError; never none."""
    if data[:1] == b"\x30":
        return (data,)
    bodies = _LIST.findall(data)
    if not bodies or len(bodies) != len(_BEGIN_LIST.findall(data)) or len(bodies) > MOST:
        raise FormatError(
            "crl.pem", "This holds no readable revocation list in PEM or DER form.", where=where
        )
    return tuple(_decoded(body, where) for body in bodies)


def _read(data: bytes, where: str) -> bytes:
    try:
        return parse_certificate(data).raw
    except FormatError as error:
        place = f"{where}: {error.where}" if error.where else where
        raise FormatError(error.reason, error.message, where=place, hint=error.hint) from error


def _decoded(body: bytes, where: str) -> bytes:
    try:
        return b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as error:
        raise FormatError("x509.pem", "What is in PEM form is damaged.", where=where) from error
