"""DER: the writer. Every function returns one whole encoding (ITU-T X.690, clauses 8 to 11)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from evidence_ledger.core import der


def tlv(tag: int, content: bytes) -> bytes:
    """One encoding from an identifier octet and its content."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of whole encodings."""
    return tlv(der.SEQUENCE, b"".join(parts))


def set_of(parts: Iterable[bytes], tag: int = der.SET) -> bytes:
    """SET OF whole encodings, sorted (clause 11.6)."""
    return tlv(tag, b"".join(sorted(parts)))


def explicit(number: int, part: bytes) -> bytes:
    """``[number] EXPLICIT`` around a whole encoding."""
    return tlv(der.context(number), part)


def implicit(number: int, part: bytes) -> bytes:
    """``[number] IMPLICIT`` instead of the tag of a whole encoding."""
    return bytes((der.context(number, constructed=bool(part[0] & 0x20)),)) + part[1:]


def integer(value: int, tag: int = der.INTEGER) -> bytes:
    """INTEGER (or ENUMERATED)."""
    bits = value.bit_length() if value >= 0 else (~value).bit_length()
    return tlv(tag, value.to_bytes(bits // 8 + 1, "big", signed=True))


def boolean(value: bool) -> bytes:
    """BOOLEAN."""
    return b"\x01\x01\xff" if value else b"\x01\x01\x00"


def null() -> bytes:
    """NULL."""
    return b"\x05\x00"


@lru_cache(maxsize=256)
def oid(text: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form. Raises ValueError."""
    arcs = [int(arc) for arc in text.split(".")]
    if len(arcs) < 2 or min(arcs) < 0 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise ValueError(text)
    return tlv(der.OID, b"".join(_base128(arc) for arc in (arcs[0] * 40 + arcs[1], *arcs[2:])))


def _base128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def octet_string(content: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(der.OCTET_STRING, content)


def bit_string(content: bytes, unused: int = 0) -> bytes:
    """BIT STRING of whole bytes less ``unused`` bits of the last."""
    return tlv(der.BIT_STRING, bytes((unused,)) + content)


def utf8_string(text: str) -> bytes:
    """UTF8String."""
    return tlv(der.UTF8_STRING, text.encode())


def generalized_time(moment: datetime) -> bytes:
    """GeneralizedTime in UTC, with a fraction down to microseconds only where it is not zero."""
    utc = moment.astimezone(UTC)
    fraction = f".{utc.microsecond:06d}".rstrip("0") if utc.microsecond else ""
    return tlv(der.GENERALIZED_TIME, f"{utc:%Y%m%d%H%M%S}{fraction}Z".encode())


def x509_time(moment: datetime) -> bytes:
    """UTCTime through 2049, GeneralizedTime after (RFC 5280, 4.1.2.5; RFC 5652, 11.3)."""
    utc = moment.astimezone(UTC).replace(microsecond=0)
    if not 1950 <= utc.year < 2050:
        return generalized_time(utc)
    return tlv(der.UTC_TIME, f"{utc:%y%m%d%H%M%SZ}".encode())
