"""The structured fields that signed requests use, in their one serialised form (RFC 9651).

Dictionaries of inner lists of strings with parameters, and dictionaries and lists of byte
sequences. What any other form would say the same way is refused.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from evidence_ledger.errors import FormatError

LARGEST: Final = 64 * 1024
"""Characters of one field."""
MOST: Final = 64
"""Members of a dictionary or a list, and strings or parameters of one member."""

Bare = str | int | bool

_KEY: Final = r"[a-z*][a-z0-9_.*-]{0,63}"
_STRING: Final = r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"'
_INTEGER: Final = r"-?(?:0|[1-9][0-9]{0,14})"
_PARAMETERS: Final = rf"(?:;{_KEY}(?:=(?:{_STRING}|{_INTEGER}))?)*"
_BYTES: Final = r":[A-Za-z0-9+/]*={0,2}:"
_PARAMETER: Final = re.compile(rf";({_KEY})(?:=({_STRING}|{_INTEGER}))?", re.ASCII)
_ITEM: Final = re.compile(rf"({_STRING})({_PARAMETERS})", re.ASCII)
_INNER: Final = re.compile(
    rf"({_KEY})=(\(((?:{_STRING}{_PARAMETERS}(?: {_STRING}{_PARAMETERS})*)?)\)({_PARAMETERS}))",
    re.ASCII,
)
_MEMBER: Final = re.compile(rf"({_KEY})=({_BYTES})", re.ASCII)
_BYTES_ITEM: Final = re.compile(rf"({_BYTES})", re.ASCII)
_COMMA: Final = re.compile(r"[ \t]*,[ \t]*")


@dataclass(frozen=True, slots=True)
class Item:
    """A string with its parameters; ``text`` is how it is written."""

    value: str
    parameters: Mapping[str, Bare]
    text: str


@dataclass(frozen=True, slots=True)
class InnerList:
    """Strings with their own parameters, and those of the whole; ``text`` is how it is written."""

    items: tuple[Item, ...]
    parameters: Mapping[str, Bare] = field(default_factory=dict)
    text: str = ""


def parse_lists(text: str, *, what: str) -> dict[str, InnerList]:
    """A dictionary of inner lists. Raises FormatError; never empty."""
    found: dict[str, InnerList] = {}
    for match in _members(text, _INNER, what):
        key, whole, items, parameters = match.groups()
        inner = tuple(_item(one, what) for one in _ITEM.finditer(items))
        found[_fresh(key, found, what)] = InnerList(inner, _parameters(parameters, what), whole)
        if len(inner) > MOST:
            raise _malformed(what)
    return found


def parse_bytes(text: str, *, what: str) -> dict[str, bytes]:
    """A dictionary of byte sequences. Raises FormatError; never empty."""
    found: dict[str, bytes] = {}
    for match in _members(text, _MEMBER, what):
        found[_fresh(match[1], found, what)] = _bytes(match[2], what)
    return found


def parse_byte_list(text: str, *, what: str) -> list[bytes]:
    """A list of byte sequences. Raises FormatError; never empty."""
    return [_bytes(match[1], what) for match in _members(text, _BYTES_ITEM, what)]


def bytes_text(data: bytes) -> str:
    """A byte sequence as it is written."""
    return f":{b64encode(data).decode('ascii')}:"


def string_text(value: str) -> str:
    """A string as it is written. Raises FormatError for what is not printable ASCII."""
    text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if not re.fullmatch(_STRING, text, re.ASCII):
        raise FormatError("field.string", "A text is not printable ASCII.")
    return text


def _members(text: str, pattern: re.Pattern[str], what: str) -> Iterator[re.Match[str]]:
    if len(text) > LARGEST:
        raise _malformed(what)
    at, count = 0, 0
    while True:
        match = pattern.match(text, at)
        count += 1
        if match is None or count > MOST:
            raise _malformed(what)
        yield match
        if match.end() == len(text):
            return
        comma = _COMMA.match(text, match.end())
        if comma is None:
            raise _malformed(what)
        at = comma.end()


def _fresh(key: str, found: Mapping[str, object], what: str) -> str:
    if key in found:
        raise FormatError("field.repeated", f"{what} names {key} twice.")
    return key


def _item(match: re.Match[str], what: str) -> Item:
    return Item(_unquoted(match[1]), _parameters(match[2], what), match[0])


def _parameters(text: str, what: str) -> dict[str, Bare]:
    pairs: Sequence[tuple[str, str]] = _PARAMETER.findall(text)
    found: dict[str, Bare] = {}
    for key, value in pairs:
        found[_fresh(key, found, what)] = _bare(value)
    if len(found) > MOST:
        raise _malformed(what)
    return found


def _bare(text: str) -> Bare:
    if not text:
        return True
    return _unquoted(text) if text[0] == '"' else int(text)


def _unquoted(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])


def _bytes(text: str, what: str) -> bytes:
    try:
        data = b64decode(text[1:-1], validate=True)
    except binascii.Error as error:
        raise _malformed(what) from error
    if bytes_text(data) != text:
        raise _malformed(what)
    return data


def _malformed(what: str) -> FormatError:
    return FormatError("field.malformed", f"{what} is not in the form that it must have.")
