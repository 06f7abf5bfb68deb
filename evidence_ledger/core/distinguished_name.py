"""Distinguished names: comparison and text (RFC 5280, section 7.1; RFC 4514)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from evidence_ledger.core import der
from evidence_ledger.core.oid import attribute_name
from evidence_ledger.errors import FormatError

_Pairs = frozenset[tuple[str, str | bytes]]


def same_name(one: bytes, other: bytes) -> bool:
    """Whether two DER names are one name: equal bytes, or equal but for case, spacing and string
    type.

    Malformed names are the same only where their bytes are equal.
    """
    if one == other:
        return True
    return _comparable(one) is not None and _comparable(one) == _comparable(other)


def name_text(name: bytes) -> str:
    """A name as ``CN=…, O=…, C=…``, most specific part first, fit to be shown.

    What can't be printed is escaped; what is no name at all is shown in hex.
    """
    try:
        relatives = der.parse(name, "name").elements("name", most=64)
        return ", ".join(_relative_text(relative) for relative in reversed(relatives))
    except FormatError:
        return f"#{name.hex()}"


def _relative_text(relative: der.Node) -> str:
    return "+".join(_pair_text(pair) for pair in relative.elements("name", der.SET, most=64))


def _pair_text(pair: der.Node) -> str:
    fields = pair.fields("name")
    kind = attribute_name(fields.next().oid("name"))
    return f"{kind}={_text(fields.next())}"


def _text(value: der.Node) -> str:
    try:
        text = value.text("name")
    except FormatError:
        return f"#{value.raw.hex()}"
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


@lru_cache(maxsize=256)
def _comparable(name: bytes) -> tuple[_Pairs, ...] | None:
    try:
        relatives = der.parse(name, "name").elements("name", most=64)
        return tuple(_pairs(relative) for relative in relatives)
    except (FormatError, ValueError):
        return None


def _pairs(relative: der.Node) -> _Pairs:
    members = (pair.elements("name", most=2) for pair in relative.elements("name", der.SET))
    return frozenset((kind.oid("name"), _prepared(value)) for kind, value in members)


def _prepared(value: der.Node) -> str | bytes:
    try:
        text = value.text("name")
    except FormatError:
        return value.raw
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
