"""Writes containers: ZIP files as ASiC wants them (ETSI EN 319 162-1, A.1).

The same members and the same moment give the same bytes on every machine with the same zlib:
``mimetype`` comes first, sizes and checksums stand in the local headers, there are no extra
fields but ZIP64's, and no comments. (APPNOTE.TXT 6.3.9 is the description of ZIP.)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from evidence_ledger.core.container_directory import MOST_MEMBERS
from evidence_ledger.core.container_name import check_name
from evidence_ledger.errors import UsageError

MIMETYPE = b"application/vnd.etsi.asic-e+zip"
ZIP64_FROM = 0xFFFFFFFF

_STORED, _DEFLATED = 0, 8
_UTF8 = 0x0800
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class _Written:
    """A member as the central directory will list it."""

    name: bytes
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    wide: bool


class ContainerWriter:
    """Members one after the other into a seekable ``out`` that stands at its beginning.

    ``moment`` is the modification time of every member (UTC, whole two seconds, 1980 to 2107),
    ``mimetype`` the content of the first one.
    Whoever calls owns ``out``: after an error what was written is no container and must be
    dropped. Raises UsageError for a name given twice or one member too many, FormatError for a name
    that is not allowed.
    """

    def __init__(self, out: BinaryIO, moment: datetime, mimetype: bytes = MIMETYPE) -> None:
        self._out = out
        self._time = _dos_time(moment)
        self._members: list[_Written] = []
        self._names: set[str] = set()
        self.add("mimetype", mimetype)

    def add(self, name: str, data: bytes, *, deflate: bool = False) -> None:
        """A member that is in memory."""
        self.add_chunks(name, (data,), deflate=deflate)

    def add_chunks(
        self, name: str, chunks: Iterable[bytes], *, deflate: bool = False, wide: bool = False
    ) -> None:
        """A member in pieces. ``wide`` must be set where it may reach 4 GiB."""
        key = check_name(name)
        if key in self._names or len(self._members) >= MOST_MEMBERS:
            raise UsageError(f"The container has a member {name!r}, or too many members.")
        self._names.add(key)
        offset, method = self._out.tell(), _DEFLATED if deflate else _STORED
        blank = _Written(name.encode(), method, 0, 0, 0, offset, wide)
        self._out.write(self._local(blank))
        crc, packed, size = self._copy(_deflated(chunks) if deflate else _stored(chunks))
        if not wide and max(packed, size) >= ZIP64_FROM:
            raise UsageError(f"The member {name!r} has 4 GiB or more.")
        member = _Written(name.encode(), method, crc, packed, size, offset, wide)
        end = self._out.tell()
        self._out.seek(offset)
        self._out.write(self._local(member))
        self._out.seek(end)
        self._members.append(member)

    def close(self) -> None:
        """Write the central directory. ``out`` itself stays open."""
        start = self._out.tell()
        for member in self._members:
            self._out.write(self._central(member))
        size, count = self._out.tell() - start, len(self._members)
        if start >= ZIP64_FROM:
            self._out.write(_wide_end(start, size, count))
        shown = min(start, ZIP64_FROM)
        self._out.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, shown, 0))

    def _copy(self, pieces: Iterator[tuple[bytes, int, int]]) -> tuple[int, int, int]:
        crc = packed = size = 0
        for data, crc, size in pieces:  # noqa: B007 - the last values are the totals
            self._out.write(data)
            packed += len(data)
        return crc, packed, size

    def _local(self, member: _Written) -> bytes:
        sizes = (member.packed, member.size)
        extra = struct.pack("<2H2Q", 1, 16, sizes[1], sizes[0]) if member.wide else b""
        shown = (ZIP64_FROM, ZIP64_FROM) if member.wide else sizes
        head = struct.pack(
            "<4s3H4s3L2H",
            *(b"PK\3\4", _needed(member), _flags(member), member.method, self._time),
            *(member.crc, *shown, len(member.name), len(extra)),
        )
        return head + member.name + extra

    def _central(self, member: _Written) -> bytes:
        far = member.offset >= ZIP64_FROM
        fields = [member.size, member.packed] if member.wide else []
        fields += [member.offset] if far else []
        extra = struct.pack(f"<2H{len(fields)}Q", 1, 8 * len(fields), *fields) if fields else b""
        shown = (ZIP64_FROM, ZIP64_FROM) if member.wide else (member.packed, member.size)
        head = struct.pack(
            "<4s4H4s3L5H2L",
            *(b"PK\1\2", 3 << 8 | 45, _needed(member), _flags(member), member.method),
            *(self._time, member.crc, *shown, len(member.name), len(extra), 0, 0, 0),
            *(_REGULAR_FILE, ZIP64_FROM if far else member.offset),
        )
        return head + member.name + extra


def _stored(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, int, int]]:
    crc = size = 0
    for chunk in chunks:
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        yield chunk, crc, size


def _deflated(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, int, int]]:
    crc = size = 0
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    for chunk in chunks:
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        yield packer.compress(chunk), crc, size
    yield packer.flush(), crc, size


def _needed(member: _Written) -> int:
    far = member.wide or member.offset >= ZIP64_FROM
    return 45 if far else 20


def _flags(member: _Written) -> int:
    return 0 if member.name.isascii() else _UTF8


def _wide_end(start: int, size: int, count: int) -> bytes:
    version = 3 << 8 | 45
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, version, 45, 0, 0, count, count, size, start)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)


def _dos_time(moment: datetime) -> bytes:
    utc = moment.astimezone(UTC)
    if not 1980 <= utc.year <= 2107:
        raise UsageError(f"A ZIP file can't hold the year {utc.year}.")
    day = (utc.year - 1980) << 9 | utc.month << 5 | utc.day
    return struct.pack("<2H", utc.hour << 11 | utc.minute << 5 | utc.second // 2, day)
