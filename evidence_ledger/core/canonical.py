"""The one encoding of every value: RFC 8785 JSON, hex, base64 and UTC times, read strictly.

Numbers are integers of at most 2**53 - 1 in magnitude; there are no fractions in our formats.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Never

from evidence_ledger.errors import FormatError

Json = bool | int | str | None | list["Json"] | dict[str, "Json"]

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 16

_AS_IT_STANDS = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_SORTING = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True, check_circular=False
)
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z", re.ASCII
)


def encode(value: Json) -> bytes:
    """The RFC 8785 bytes of ``value``. Raises FormatError for what JSON can't hold."""
    plain = _is_plain(value, 0)
    text = _SORTING.encode(value) if plain else _AS_IT_STANDS.encode(_ordered(value, 0))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError("json.surrogate", "A text holds half a Unicode character.") from error


def decode(data: bytes, *, what: str, limit: int) -> Json:
    """The value whose RFC 8785 bytes are exactly ``data`` (at most ``limit`` bytes).

    ``what`` names the document in messages. Raises FormatError.
    """
    if len(data) > limit:
        raise FormatError(
            "json.too-large", f"{what} has {len(data)} bytes; {limit} is the limit.", where=what
        )
    try:
        return _decode_plain(data)
    except _NotPlain:
        return _decode_any(data, what)


class _NotPlain(Exception):
    """The short way can't tell whether this is canonical."""


def _decode_plain(data: bytes) -> Json:
    """The value, where the C encoder gives back its very bytes, sorted as RFC 8785 sorts.

    Code points sort as UTF-16 does where no character takes two units of it.
    """
    if data.count(b"{") + data.count(b"[") > DEEPEST:
        raise _NotPlain
    try:
        text = data.decode("utf-8")
        value: Json = _DECODER.raw_decode(text)[0]
    except (FormatError, ValueError) as error:
        raise _NotPlain from error
    beyond = not text.isascii() and len(text.encode("utf-16-le")) != 2 * len(text)
    if beyond or _SORTING.encode(value) != text:
        raise _NotPlain
    return value


def _decode_any(data: bytes, what: str) -> Json:
    value = _loads(data, what)
    written = encode(value)
    if written != data:
        raise FormatError(
            "json.not-canonical",
            f"{what} is not in canonical form (RFC 8785).",
            where=f"{what}, byte {_first_difference(written, data)}",
        )
    return value


def _loads(data: bytes, what: str) -> Json:
    try:
        value: Json = _CAREFUL.decode(data.decode("utf-8"))
    except FormatError as error:
        error.where = what
        raise
    except (ValueError, RecursionError) as error:
        raise FormatError("json.malformed", f"{what} is not valid JSON.", where=what) from error
    return value


def _without_repeats(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise FormatError("json.repeated-member", "A JSON object names a member twice.")
    return members


def _no_fraction(text: str) -> Never:
    raise FormatError("json.fraction", f"The number {text[:32]} is not an integer.")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
        raise FormatError("json.integer-range", "An integer is above 2^53 - 1.")
    return int(text)


_DECODER = json.JSONDecoder(
    parse_float=_no_fraction, parse_int=_integer, parse_constant=_no_fraction
)
_CAREFUL = json.JSONDecoder(
    object_pairs_hook=_without_repeats,
    parse_float=_no_fraction,
    parse_int=_integer,
    parse_constant=_no_fraction,
)


def _is_plain(value: Json, depth: int) -> bool:
    """Whether the sorting encoder writes ``value`` as RFC 8785 does, with nothing to refuse."""
    if type(value) is dict:
        return depth < DEEPEST and _are_plain(value, depth + 1)
    if type(value) is int:
        return -LARGEST_INTEGER <= value <= LARGEST_INTEGER
    return value is None or type(value) is str or type(value) is bool


def _are_plain(members: dict[str, Json], depth: int) -> bool:
    for name, value in members.items():
        if not name.isascii() or (type(value) is not str and not _is_plain(value, depth)):
            return False
    return True


def _ordered(value: Json, depth: int) -> Json:
    if depth > DEEPEST:
        raise FormatError("json.too-deep", f"JSON is nested more than {DEEPEST} deep.")
    if isinstance(value, dict):
        keys = sorted(value, key=_utf16)
        return {key: _ordered(value[key], depth + 1) for key in keys}
    if isinstance(value, list):
        return [_ordered(item, depth + 1) for item in value]
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise FormatError("json.integer-range", "An integer is above 2^53 - 1.")
    if value is None or isinstance(value, bool | int | str):
        return value
    raise FormatError("json.fraction", "Our formats hold integers, texts, lists and objects only.")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _first_difference(one: bytes, other: bytes) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def hex_bytes(text: object, length: int, *, where: str) -> bytes:
    """The ``length`` bytes that a lower-case hex text stands for. Raises FormatError."""
    try:
        data = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        data = b""
    if len(data) != length or data.hex() != text:
        raise FormatError(
            "hex.malformed", f"Not {2 * length} lower-case hexadecimal digits.", where=where
        )
    return data


def is_hex(digits: str) -> bool:
    """Whether these are lowercase hex digits, two for each byte."""
    try:
        return bytes.fromhex(digits).hex() == digits
    except ValueError:
        return False


def base64_bytes(text: str, *, where: str) -> bytes:
    """Standard base64 (RFC 4648, section 4) in its one canonical form. Raises FormatError."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise FormatError("base64.malformed", "Not base64.", where=where) from error
    if base64.b64encode(data).decode() != text:
        raise FormatError("base64.not-canonical", "Not canonical base64.", where=where)
    return data


def base64url_text(data: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def base64url_bytes(text: object, *, where: str) -> bytes:
    """The bytes of a base64url text without padding, in its one canonical form (RFC 4648, 5).

    Raises FormatError.
    """
    try:
        if not isinstance(text, str):
            raise TypeError
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        data = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise FormatError("base64.malformed", "Not base64url.", where=where) from error
    if base64url_text(data) != text:
        raise FormatError("base64.not-canonical", "Not canonical base64url.", where=where)
    return data


def decimal(text: str, *, where: str) -> int:
    """A canonical decimal of at most 19 digits. Raises FormatError."""
    if not _DECIMAL.fullmatch(text):
        raise FormatError("decimal.malformed", "Not a canonical decimal number.", where=where)
    return int(text)


def time_text(moment: datetime, *, microseconds: bool = False) -> str:
    """RFC 3339 in UTC, seconds or microseconds. ``moment`` must be aware."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="microseconds" if microseconds else "seconds")[:-6] + "Z"


def moments_text(one: datetime, other: datetime) -> tuple[str, str]:
    """Two different moments for people: whole seconds, where these tell them apart for sure."""
    exact = abs(one - other) < timedelta(seconds=1)
    return time_text(one, microseconds=exact), time_text(other, microseconds=exact)


def time_of(text: object, *, where: str, microseconds: bool = False) -> datetime:
    """The moment that ``time_text`` wrote. Raises FormatError."""
    if not isinstance(text, str) or not _TIME.fullmatch(text) or ("." in text) != microseconds:
        raise FormatError("time.malformed", "Not a UTC time in canonical form.", where=where)
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise FormatError("time.malformed", "No such day or time.", where=where) from error
