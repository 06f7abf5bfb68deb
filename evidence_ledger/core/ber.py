"""BER to definite form: lengths made definite and short, strings made whole (X.690, clause 8).

What is DER already comes out byte for byte the same; sets keep their order and values their
bytes. So a signature over a part that was DER inside a BER envelope still verifies.
"""

from __future__ import annotations

from typing import Final

from evidence_ledger.core import der
from evidence_ledger.core.der_writer import tlv
from evidence_ledger.errors import FormatError

DEEPEST: Final = 32
MOST_NODES: Final = 65536

_WHAT: Final = "BER"
_CONSTRUCTED: Final = 0x20
_STRINGS: Final = {tag | _CONSTRUCTED for tag in (der.BIT_STRING, der.OCTET_STRING)}


def definite(data: bytes, *, largest: int = der.LARGEST) -> bytes:
    """All of ``data``, one BER encoding, in definite form.

    Raises FormatError for malformed, too large, too deep or too many nodes.
    """
    if len(data) > largest:
        raise FormatError("ber.too-large", f"More than {largest} bytes.", where=_WHAT)
    walk = _Walk(data)
    result, end = walk.node(0, len(data), 0)
    if end != len(data):
        raise FormatError(
            "der.trailing-bytes",
            f"There are {len(data) - end} bytes after the end.",
            where=f"{_WHAT}, byte {end}",
        )
    return result


class _Walk:
    __slots__ = ("_data", "_left")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MOST_NODES

    def node(self, start: int, limit: int, depth: int) -> tuple[bytes, int]:
        """The definite form of the node at ``start``, and where it ends."""
        self._count(start, depth)
        tag, body, length = self._header(start, limit)
        if not tag & _CONSTRUCTED:
            if length is None:
                raise _malformed("A primitive has an indefinite length.", start)
            return tlv(tag, self._data[body : body + length]), body + length
        end = limit if length is None else body + length
        parts, stop = self._members(body, end, depth, open_ended=length is None)
        if tag in _STRINGS:
            return _whole(tag, parts, start), stop
        return tlv(tag, b"".join(parts)), stop

    def _members(
        self, position: int, end: int, depth: int, *, open_ended: bool
    ) -> tuple[list[bytes], int]:
        parts: list[bytes] = []
        while position < end:
            if open_ended and self._data[position : position + 2] == b"\x00\x00":
                return parts, position + 2
            part, position = self.node(position, end, depth + 1)
            parts.append(part)
        if open_ended:
            raise _malformed("An indefinite length has no end.", position)
        return parts, position

    def _header(self, start: int, limit: int) -> tuple[int, int, int | None]:
        if start + 2 > limit:
            raise _malformed("The bytes end too early.", start)
        tag, first = self._data[start], self._data[start + 1]
        if tag & 0x1F == 0x1F or tag == 0:
            raise _malformed("A tag is not used here.", start)
        if first == 0x80:
            return tag, start + 2, None
        body = start + 2 + (first & 0x7F if first > 0x80 else 0)
        length = int.from_bytes(self._data[start + 2 : body], "big") if first > 0x80 else first
        if body > limit or length > limit - body:
            raise _malformed("The bytes end too early.", start)
        return tag, body, length

    def _count(self, start: int, depth: int) -> None:
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            raise FormatError(
                "ber.too-complex",
                "There are too many nested parts.",
                where=f"{_WHAT}, byte {start}",
            )


def _whole(tag: int, parts: list[bytes], start: int) -> bytes:
    simple = tag & ~_CONSTRUCTED
    contents = []
    for part in parts:
        node = der.parse(part, _WHAT).expect(simple, _WHAT)
        contents.append(node.content)
    if simple == der.BIT_STRING:
        return tlv(simple, _whole_bits(contents, start))
    return tlv(simple, b"".join(contents))


def _whole_bits(contents: list[bytes], start: int) -> bytes:
    if not contents or not all(contents) or any(part[0] for part in contents[:-1]):
        raise _malformed("A bit string is malformed.", start)
    return contents[-1][:1] + b"".join(part[1:] for part in contents)


def _malformed(message: str, start: int) -> FormatError:
    return FormatError("ber.malformed", message, where=f"{_WHAT}, byte {start}")
