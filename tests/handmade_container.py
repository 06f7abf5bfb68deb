"""Containers built byte by byte, so that they can say one thing twice, in two ways."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Made:
    """A member as told twice; what is None follows from the content."""

    name: bytes = b"a"
    data: bytes = b"content"
    method: int = 0
    flags: int = 0
    local_name: bytes | None = None
    local_flags: int | None = None
    local_size: int | None = None
    size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    local_extra: bytes = b""
    attributes: int = 0o100644 << 16
    offset: int | None = None
    gap: bytes = b""

    def packed(self) -> bytes:
        if self.method != 8:
            return self.data
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.data) + packer.flush()

    def told(self, local: bool) -> tuple[int, int, int]:
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        size = len(self.data) if self.size is None else self.size
        if local and self.local_size is not None:
            size = self.local_size
        return crc, len(self.packed()), size

    def local(self) -> bytes:
        name = self.name if self.local_name is None else self.local_name
        flags = self.flags if self.local_flags is None else self.local_flags
        head = struct.pack("<4s3H4x3L", b"PK\3\4", 20, flags, self.method, *self.told(True))
        sizes = struct.pack("<2H", len(name), len(self.local_extra))
        return head + sizes + name + self.local_extra + self.packed() + self.gap

    def central(self, offset: int) -> bytes:
        head = struct.pack(
            "<4s4H4x3L", b"PK\1\2", 20, 20, self.flags, self.method, *self.told(False)
        )
        place = offset if self.offset is None else self.offset
        sizes = struct.pack(
            "<5H2L", len(self.name), len(self.extra), 0, 0, 0, self.attributes, place
        )
        return head + sizes + self.name + self.extra


def made(
    *members: Made,
    before: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    between: bytes = b"",
    count: int | None = None,
    shift: int = 0,
) -> bytes:
    body, directory = before, b""
    for member in members:
        directory += member.central(len(body) - len(before) + shift)
        body += member.local()
    number = len(members) if count is None else count
    end = struct.pack(
        "<4s4H2LH",
        *(b"PK\5\6", 0, 0, number, number, len(directory), len(body) - len(before) + shift),
        len(comment),
    )
    return body + directory + between + end + comment + after


def zip64_end(start: int, size: int, count: int = 1, place: int | None = None) -> bytes:
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, place or start + size, 1)


def zip64_lie(**lies: int) -> bytes:
    one = Made()
    start, size = len(one.local()), len(one.central(0))
    told = {"start": start, "size": size, "place": start + size, **lies}
    return made(one, between=zip64_end(**told))
