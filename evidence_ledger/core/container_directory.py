"""The central directory of a ZIP file and the local headers, each held against the other.

(APPNOTE.TXT 6.3.9: 4.3.7 local header, 4.3.9 data descriptor, 4.3.12 central directory, 4.3.14
and 4.3.15 ZIP64, 4.3.16 end, 4.5.3 the ZIP64 extra field.)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from evidence_ledger.core.container_name import check_name
from evidence_ledger.errors import FormatError, Undecided

MOST_MEMBERS = 10_000
LARGEST_DIRECTORY = 16 * 1024 * 1024
LARGEST_RATIO = 200
RATIO_FROM = 1024 * 1024

_END, _END64, _LOCATOR, _ENTRY, _LOCAL = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"
_WIDE = 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x0001, 0x0008, 0x0800
_ENCRYPTED_ANYHOW = 0x2041
_KNOWN_FLAGS = 0x0006 | _DESCRIPTOR | _UTF8
_SECOND_NAME = 0x7075
_FILE_KINDS = {0, 0o040000, 0o100000}


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory lies and how many members it must list."""

    start: int
    size: int
    count: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A member as the central directory tells it; sizes in bytes, ``raw_name`` as stored."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int

    @property
    def shown(self) -> str:
        """The name, safe for a message."""
        return ascii(self.name)


def find_directory(file: BinaryIO) -> Directory:
    """The place of the central directory, which must end the file. Raises FormatError."""
    end = file.seek(0, 2) - 22
    tail = _bytes(file, end, 22) if end >= 0 else b""
    if tail[:4] != _END or tail[20:] != b"\0\0":
        raise _no_end(file, end + 22)
    disk, first_disk, here, count, size, start = struct.unpack("<4H2L", tail[4:20])
    if disk or first_disk or here != count:
        raise FormatError("container.split", "The container is one part of several.")
    if end >= 20 and _bytes(file, end - 20, 4) == _LOCATOR:
        return _wide_directory(file, end - 20, (count, size, start))
    return _placed(Directory(start, size, count), end)


def _no_end(file: BinaryIO, length: int) -> FormatError:
    tail = _bytes(file, max(0, length - 65_557), min(length, 65_557))
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < 22:
        return FormatError(
            "container.not-zip",
            "This is no container, or its end is cut off.",
            hint="Is this a certificate of an evidence ledger (.asice), and the whole of it? "
            "The file that it is about goes beside it.",
        )
    comment = int.from_bytes(tail[place + 20 : place + 22], "little")
    if place + 22 + comment == len(tail):
        return FormatError("container.comment", "The container ends in a comment.")
    return FormatError("container.trailing-data", "Bytes follow the end of the container.")


def _wide_directory(file: BinaryIO, locator: int, shown: tuple[int, int, int]) -> Directory:
    disk, place, disks = struct.unpack("<LQL", _bytes(file, locator + 4, 16))
    if disk or disks != 1 or place + 56 != locator:
        raise FormatError("container.zip64-end", "The ZIP64 end is not where it must be.")
    record = _bytes(file, place, 56)
    length, disk, first_disk, here, count, size, start = struct.unpack("<Q4x2L4Q", record[4:])
    if record[:4] != _END64 or length != 44 or disk or first_disk or here != count:
        raise FormatError("container.zip64-end", "The ZIP64 end is malformed.")
    narrow = zip(shown, (count, size, start), (0xFFFF, _WIDE, _WIDE), strict=True)
    if any(small not in (large, most) for small, large, most in narrow):
        raise FormatError("container.zip64-disagrees", "The two ends of the container disagree.")
    return _placed(Directory(start, size, count), place)


def _placed(directory: Directory, end: int) -> Directory:
    if directory.count > MOST_MEMBERS or directory.size > LARGEST_DIRECTORY:
        raise FormatError(
            "container.too-many-members", f"The container lists more than {MOST_MEMBERS} members."
        )
    if directory.start + directory.size < end:
        raise FormatError(
            "container.prepended-data", "The container's directory does not lie where it says."
        )
    if directory.start + directory.size > end:
        raise FormatError("container.directory-place", "The directory runs over its own end.")
    return directory


def listed_members(file: BinaryIO, directory: Directory) -> list[Listed]:
    """The members in the directory's order. Raises FormatError, Undecided."""
    data, position = _bytes(file, directory.start, directory.size), 0
    members = []
    for _ in range(directory.count):
        member, position = _listed(data, position)
        members.append(member)
    if position != len(data):
        raise FormatError("container.directory-size", "The directory is longer than its members.")
    return members


def _listed(data: bytes, start: int) -> tuple[Listed, int]:
    head = data[start : start + 46]
    if len(head) < 46 or head[:4] != _ENTRY:
        raise FormatError("container.directory-entry", "The directory is cut off or malformed.")
    flags, method, crc, packed, size = struct.unpack("<2H4x3L", head[8:28])
    name_size, extra_size, comment, disk = struct.unpack("<4H", head[28:36])
    attributes, offset = struct.unpack("<2L", head[38:46])
    end = start + 46 + name_size + extra_size + comment
    if end > len(data) or disk not in (0, 0xFFFF):
        raise FormatError("container.directory-entry", "The directory is cut off or malformed.")
    raw_name = data[start + 46 : start + 46 + name_size]
    name = _name(raw_name)
    extra = data[start + 46 + name_size : end - comment]
    size, packed, offset = _widened((size, packed, offset), extra, name)
    member = Listed(name, raw_name, flags, method, crc, packed, size, offset)
    _check(member, attributes)
    return member, end


def _name(raw: bytes) -> str:
    """Programs that pack again often leave the UTF-8 flag out: it says nothing here."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(
            "container.name-encoding", f"The member name {raw[:80]!r} is not UTF-8."
        ) from error
    check_name(name)
    return name


def _widened(narrow: tuple[int, ...], extra: bytes, name: str) -> list[int]:
    """Sizes and offset with those that are at the limit taken from the ZIP64 field (4.5.3)."""
    fields = _extra_fields(extra, name)
    wide = fields.get(1, b"")
    missing = sum(value == _WIDE for value in narrow)
    if fields.get(_SECOND_NAME, bytes(5) + name.encode())[5:] != name.encode():
        raise FormatError("container.second-name", f"The member {name!a} has a second name.")
    if len(wide) != 8 * missing:
        raise FormatError(
            "container.zip64-field", f"The ZIP64 field of {name!a} does not fit its header."
        )
    values = iter(struct.unpack(f"<{missing}Q", wide))
    return [next(values) if value == _WIDE else value for value in narrow]


def _extra_fields(extra: bytes, name: str) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    while extra:
        kind, size = struct.unpack("<2H", extra[:4]) if len(extra) >= 4 else (0, len(extra))
        if 4 + size > len(extra) or kind in fields:
            raise FormatError(
                "container.extra-field", f"An extra field of {name!a} is cut off or repeated."
            )
        fields[kind], extra = extra[4 : 4 + size], extra[4 + size :]
    return fields


def _check(member: Listed, attributes: int) -> None:
    if member.flags & _ENCRYPTED_ANYHOW:
        raise FormatError("container.encrypted", f"The member {member.shown} is encrypted.")
    if member.flags & ~_KNOWN_FLAGS:
        raise FormatError("container.flags", f"The member {member.shown} has unknown flags.")
    if member.method not in (_STORED, _DEFLATED):
        raise Undecided(
            "container.compression",
            f"The member {member.shown} is packed by method {member.method}, not known here.",
            hint="Pack the same files again with stored or deflated members.",
        )
    if (attributes >> 16) & 0o170000 not in _FILE_KINDS:
        raise FormatError("container.special-file", f"The member {member.shown} is no plain file.")
    _check_sizes(member)


def _check_sizes(member: Listed) -> None:
    if member.method == _STORED and member.packed != member.size:
        raise FormatError("container.stored-size", f"The sizes of {member.shown} contradict.")
    if member.name.endswith("/") and member.size:
        raise FormatError("container.folder-content", f"The folder {member.shown} has content.")
    if member.size > RATIO_FROM and member.size > LARGEST_RATIO * member.packed:
        raise FormatError(
            "container.bomb", f"The member {member.shown} would swell beyond all measure."
        )


def check_local(file: BinaryIO, member: Listed, end: int) -> int:
    """Where the packed bytes of ``member`` begin; all that is its own ends at ``end``.

    Raises FormatError where the local header tells something else than the directory.
    """
    head = _bytes(file, member.offset, 30)
    if head[:4] != _LOCAL:
        raise FormatError("container.local-header", f"The member {member.shown} has no header.")
    flags, method, crc, packed, size = struct.unpack("<2H4x3L", head[6:26])
    name_size, extra_size = struct.unpack("<2H", head[26:30])
    start: int = member.offset + 30 + name_size + extra_size
    if start + member.packed > end:
        raise FormatError("container.overlap", f"The member {member.shown} runs into the next.")
    rest = _bytes(file, member.offset + 30, name_size + extra_size)
    size, packed = _widened((size, packed), rest[name_size:], member.name)
    told = (rest[:name_size], flags, method, crc, packed, size)
    stated = (member.raw_name, member.flags, member.method)
    sizes = (member.crc, member.packed, member.size)
    left_open = flags & _DESCRIPTOR and told[3:] == (0, 0, 0)
    if told[:3] != stated or not (left_open or told[3:] == sizes):
        raise FormatError(
            "container.header-disagrees",
            f"The header of {member.shown} tells something else than the directory.",
        )
    _check_after(file, member, start + member.packed, end)
    return start


def _check_after(file: BinaryIO, member: Listed, after: int, end: int) -> None:
    """Nothing may follow a member's bytes but its data descriptor (4.3.9)."""
    if after == end and not member.flags & _DESCRIPTOR:
        return
    if end - after > 24:
        raise _hidden(member)
    gap = _bytes(file, after, end - after)
    sizes = (member.crc, member.packed, member.size)
    forms = [struct.pack("<LQQ", *sizes)]
    if max(sizes) <= _WIDE:
        forms.append(struct.pack("<3L", *sizes))
    if not member.flags & _DESCRIPTOR or gap.removeprefix(b"PK\7\x08") not in forms:
        raise _hidden(member)


def _hidden(member: Listed) -> FormatError:
    return FormatError("container.hidden-data", f"Unlisted bytes follow the member {member.shown}.")


def _bytes(file: BinaryIO, start: int, count: int) -> bytes:
    file.seek(start)
    data = file.read(count)
    if len(data) != count:
        raise FormatError("container.truncated", "The container ends too early.")
    return data
