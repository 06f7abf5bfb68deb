"""DER: a strict reader over bytes (ITU-T X.690, clauses 8, 10 and 11). ``der_writer`` writes.

    30 06        SEQUENCE, 6 bytes
       02 01 05  INTEGER 5
       04 01 61  OCTET STRING "a"

A ``Node`` is one tag-length-value inside a buffer and keeps the bytes as they came, so that what
was signed is hashed as it came. Nothing is read deeper than asked. What is legal BER but not DER
is refused with a reason out of ``BER_FORMS``; ``core.ber`` turns such bytes into definite form.
Every refusal is a FormatError with the byte position.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from evidence_ledger.errors import FormatError

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
T61_STRING: Final = 0x14
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
VISIBLE_STRING: Final = 0x1A
UNIVERSAL_STRING: Final = 0x1C
BMP_STRING: Final = 0x1E
SEQUENCE: Final = 0x30
SET: Final = 0x31

BER_FORMS: Final = frozenset({"der.indefinite-length", "der.long-length", "der.constructed-string"})
"""The reasons of refusals that ``core.ber.definite`` may cure."""

LARGEST: Final = 16 * 1024 * 1024
MOST_ELEMENTS: Final = 4096

_CONSTRUCTED = 0x20
_CHARSETS = {
    UTF8_STRING: "utf-8",
    PRINTABLE_STRING: "ascii",
    IA5_STRING: "ascii",
    VISIBLE_STRING: "ascii",
    T61_STRING: "latin-1",
    BMP_STRING: "utf-16-be",
    UNIVERSAL_STRING: "utf-32-be",
}
_GENERALIZED = re.compile(rb"([0-9]{14})(?:\.([0-9]{1,18}))?Z")
_new = tuple.__new__
_UTC = re.compile(rb"[0-9]{12}Z")


def context(number: int, *, constructed: bool = True) -> int:
    """The identifier octet of the context-specific tag ``[number]``, ``number`` below 31."""
    return 0x80 | (_CONSTRUCTED if constructed else 0) | number


class Node(NamedTuple):
    """One tag-length-value: ``data[start:end]`` is all of it, ``data[body:end]`` its content.

    Methods that read it raise FormatError where it is not what they ask for, in DER (X.690, 10);
    ``what`` names the structure in messages.
    """

    data: bytes
    tag: int
    start: int
    body: int
    end: int

    @property
    def raw(self) -> bytes:
        """Tag, length and content as they came."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        """The content as it came."""
        return self.data[self.body : self.end]

    def where(self, what: str) -> str:
        """The place of this node, for an error."""
        return f"{what}, byte {self.start}"

    def expect(self, tag: int, what: str) -> Node:
        """This node. Raises FormatError where its tag is not ``tag``."""
        if self.tag == tag:
            return self
        if self.tag == tag | _CONSTRUCTED:
            raise FormatError(
                "der.constructed-string",
                "A string is cut into pieces, which DER forbids.",
                where=self.where(what),
            )
        raise FormatError(
            "der.unexpected-tag",
            f"There is tag 0x{self.tag:02x} where 0x{tag:02x} must be.",
            where=self.where(what),
        )

    def fields(self, what: str, tag: int = SEQUENCE) -> Fields:
        """The members of this SEQUENCE (or other constructed ``tag``), to be taken in order."""
        self.expect(tag, what)
        return Fields(self.data, self.body, self.end, what)

    def elements(self, what: str, tag: int = SEQUENCE, *, most: int = MOST_ELEMENTS) -> list[Node]:
        """All members of this constructed node, at most ``most`` of them."""
        self.expect(tag, what)
        data, position, end = self.data, self.body, self.end
        nodes: list[Node] = []
        while position < end:
            if len(nodes) == most:
                raise FormatError(
                    "der.too-many", f"There are more than {most} elements.", where=self.where(what)
                )
            node = _read(data, position, end, what)
            nodes.append(node)
            position = node.end
        return nodes

    def only(self, what: str, tag: int) -> Node:
        """The single member of this constructed node: an EXPLICIT tag or a set of one."""
        fields = self.fields(what, tag)
        node = fields.next()
        fields.done()
        return node

    def integer(self, what: str, tag: int = INTEGER, *, longest: int = 1024) -> int:
        """An INTEGER or ENUMERATED of at most ``longest`` bytes, in its shortest form."""
        content = self.expect(tag, what).content
        if not content or (
            len(content) > 1 and content[0] in (0, 0xFF) and content[0] >> 7 == content[1] >> 7
        ):
            raise FormatError(
                "der.integer", "A number is not in its shortest form.", where=self.where(what)
            )
        if len(content) > longest:
            raise FormatError(
                "der.integer-too-long", f"A number exceeds {longest} bytes.", where=self.where(what)
            )
        return int.from_bytes(content, "big", signed=True)

    def boolean(self, what: str, tag: int = BOOLEAN) -> bool:
        """A BOOLEAN; true is 0xFF alone (clause 11.1)."""
        content = self.expect(tag, what).content
        if content not in (b"\x00", b"\xff"):
            raise FormatError(
                "der.boolean", "A truth value is not 00 or FF.", where=self.where(what)
            )
        return content == b"\xff"

    def oid(self, what: str, tag: int = OID) -> str:
        """An OBJECT IDENTIFIER in dotted form."""
        content = self.expect(tag, what).content
        try:
            return dotted(content)
        except ValueError as error:
            raise FormatError(
                "der.oid", "An object identifier is malformed.", where=self.where(what)
            ) from error

    def octets(self, what: str, tag: int = OCTET_STRING) -> bytes:
        """The content of an OCTET STRING."""
        return self.expect(tag, what).content

    def bits(self, what: str, tag: int = BIT_STRING) -> bytes:
        """The bytes of a BIT STRING whose number of bits is a multiple of 8."""
        bits, unused = self.flags(what, tag)
        if unused:
            raise FormatError(
                "der.bits", "A bit string is not whole bytes.", where=self.where(what)
            )
        return bits

    def flags(self, what: str, tag: int = BIT_STRING) -> tuple[bytes, int]:
        """The bytes of a BIT STRING and how many bits of the last one are unused."""
        content = self.expect(tag, what).content
        unused = content[0] if content else 8
        if unused > 7 or (unused and (len(content) == 1 or content[-1] & ((1 << unused) - 1))):
            raise FormatError("der.bits", "A bit string is malformed.", where=self.where(what))
        return content[1:], unused

    def text(self, what: str) -> str:
        """A character string of any of the usual types."""
        charset = _CHARSETS.get(self.tag)
        if charset is None:
            raise FormatError(
                "der.text", f"Tag 0x{self.tag:02x} is not text.", where=self.where(what)
            )
        try:
            return self.content.decode(charset)
        except UnicodeDecodeError as error:
            raise FormatError("der.text", "A text is malformed.", where=self.where(what)) from error

    def time(self, what: str) -> datetime:
        """A UTCTime or GeneralizedTime ending in Z, aware UTC, cut to microseconds.

        A fraction may end in zeros, which DER forbids: some authorities sign such times.
        """
        if self.tag == UTC_TIME and _UTC.fullmatch(self.content):
            century = b"19" if self.content >= b"50" else b"20"
            return self._moment(century + self.content[:-1], b"", what)
        if self.tag == GENERALIZED_TIME:
            match = _GENERALIZED.fullmatch(self.content)
            if match:
                return self._moment(match[1], match[2] or b"", what)
        raise FormatError("der.time", "A time is not in its one form.", where=self.where(what))

    def _moment(self, digits: bytes, fraction: bytes, what: str) -> datetime:
        parts = (int(digits[i:j]) for i, j in _TIME_PARTS)
        year, month, day, hour, minute, second = parts
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError as error:
            raise FormatError(
                "der.time", "A time does not exist in the calendar.", where=self.where(what)
            ) from error
        return moment + timedelta(microseconds=int((fraction + b"000000")[:6]))

    def ascending(self, what: str, tag: int = SET, *, most: int = MOST_ELEMENTS) -> list[Node]:
        """The elements of a SET OF in DER's order (clause 11.6). Raises FormatError otherwise."""
        nodes = self.elements(what, tag, most=most)
        if not in_order(nodes):
            raise FormatError(
                "der.unsorted-set", "A set is not in DER's order.", where=self.where(what)
            )
        return nodes


_TIME_PARTS = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))


class Fields:
    """A cursor over the members of one constructed node."""

    __slots__ = ("_data", "_end", "_position", "_what")

    def __init__(self, data: bytes, position: int, end: int, what: str) -> None:
        self._data, self._position, self._end, self._what = data, position, end, what

    @property
    def more(self) -> bool:
        """Whether a member is left."""
        return self._position < self._end

    def next(self) -> Node:
        """The next member, of any tag. Raises FormatError where there is none."""
        if self._position >= self._end:
            raise FormatError(
                "der.missing", "A member is missing.", where=f"{self._what}, byte {self._end}"
            )
        node = _read(self._data, self._position, self._end, self._what)
        self._position = node.end
        return node

    def optional(self, tag: int) -> Node | None:
        """The next member where it has ``tag``, else None and nothing is taken."""
        if self._position < self._end and self._data[self._position] == tag:
            return self.next()
        return None

    def done(self) -> None:
        """Raises FormatError where a member is left."""
        if self._position < self._end:
            raise FormatError(
                "der.unexpected-member",
                "There is a member too many.",
                where=f"{self._what}, byte {self._position}",
            )


def parse(data: bytes, what: str, *, largest: int = LARGEST) -> Node:
    """The one node that is all of ``data``. Raises FormatError.

    ``what`` names the bytes in errors. Only the outermost tag and length are read.
    """
    if len(data) > largest:
        raise FormatError("der.too-large", f"More than {largest} bytes.", where=what)
    node = _read(data, 0, len(data), what)
    if node.end != len(data):
        raise FormatError(
            "der.trailing-bytes",
            f"There are {len(data) - node.end} bytes after the end.",
            where=f"{what}, byte {node.end}",
        )
    return node


def _read(data: bytes, start: int, limit: int, what: str) -> Node:
    body = start + 2
    if body > limit:
        raise _truncated(start, what)
    tag, length = data[start], data[start + 1]
    if tag & 0x1F == 0x1F:
        raise FormatError(
            "der.high-tag", "A tag number above 30 is not used here.", where=f"{what}, byte {start}"
        )
    if length >= 0x80:
        body, length = _long_length(data, start, limit, what)
    end = body + length
    if end > limit:
        raise _truncated(start, what)
    # What Node(…) does, without its Python-level detour: a signature has fifty nodes.
    return _new(Node, (data, tag, start, body, end))


def _long_length(data: bytes, start: int, limit: int, what: str) -> tuple[int, int]:
    count = data[start + 1] & 0x7F
    where = f"{what}, byte {start}"
    if count == 0:
        raise FormatError(
            "der.indefinite-length", "A length is indefinite, which DER forbids.", where=where
        )
    body = start + 2 + count
    if body > limit:
        raise _truncated(start, what)
    length = int.from_bytes(data[start + 2 : body], "big")
    if length < 0x80 or data[start + 2] == 0:
        raise FormatError("der.long-length", "A length is not in its shortest form.", where=where)
    return body, length


def _truncated(start: int, what: str) -> FormatError:
    return FormatError("der.truncated", "The bytes end too early.", where=f"{what}, byte {start}")


def in_order(nodes: Iterable[Node]) -> bool:
    """Whether encodings stand in the order of a SET OF (clause 11.6)."""
    raws = [node.raw for node in nodes]
    return all(before <= after for before, after in pairwise(raws))


@lru_cache(maxsize=1024)
def dotted(content: bytes) -> str:
    """The dotted form of an OBJECT IDENTIFIER's content. Raises ValueError."""
    if not content or len(content) > 128 or content[-1] & 0x80:
        raise ValueError(content)
    arcs, value, fresh = [], 0, True
    for byte in content:
        if fresh and byte == 0x80:
            raise ValueError(content)
        value = value << 7 | byte & 0x7F
        fresh = not byte & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
