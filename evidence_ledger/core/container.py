"""Reads the container of a certificate (ASiC-E, ETSI EN 319 162-1), believing nothing in it.

A ZIP file says everything twice, and programs that read it may believe either: here both tellings
must agree, members must fill the file from its first byte to the central directory without gap or
overlap, and names must be safe. Nothing is extracted by path. What is not ours but harmless is
accepted: directories, foreign extra fields, data descriptors, another order.
(APPNOTE.TXT 6.3.9 is the description of ZIP.)
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from evidence_ledger.core.container_directory import (
    Listed,
    check_local,
    find_directory,
    listed_members,
)
from evidence_ledger.core.container_name import check_name
from evidence_ledger.core.container_writer import MIMETYPE
from evidence_ledger.errors import FormatError

PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A member: its name, its size unpacked in bytes, and where its packed bytes begin."""

    name: str
    size: int
    packed: int
    crc: int
    deflated: bool
    offset: int


class Container:
    """The members of the ZIP file ``file`` (seekable, opened for reading, stays the caller's).

    The directory is checked whole here, contents when they are read. Raises FormatError, Undecided
    for a compression method that is not known here.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        directory = find_directory(file)
        listed = listed_members(file, directory)
        _check_names(listed)
        self._members = _placed(file, listed, directory.start)
        self._first = min(listed, key=lambda member: member.offset)

    @property
    def members(self) -> Mapping[str, Member]:
        """All members by name, in the directory's order; folders are left out."""
        return self._members

    @property
    def conforming(self) -> bool:
        """Whether ``mimetype`` is as ASiC wants it: first, stored, and of ASiC-E (A.1).

        Raises FormatError where it does not match its checksum.
        """
        first, form = self._first, ("mimetype", 0, len(MIMETYPE))
        return (first.name, first.method, first.size) == form and (
            self.read("mimetype", len(MIMETYPE)) == MIMETYPE
        )

    def read(self, name: str, limit: int) -> bytes:
        """The whole of a member of at most ``limit`` bytes. Raises FormatError."""
        return b"".join(self.chunks(name, limit))

    def chunks(self, name: str, limit: int) -> Iterator[bytes]:
        """A member's bytes in pieces; only after the last is it known that they are whole.

        Raises FormatError where the member is missing, larger than ``limit`` bytes, or not what
        its size and checksum say.
        """
        member = self._members.get(name)
        if member is None:
            raise FormatError("container.missing", f"The container has no member {name!a}.")
        if member.size > limit:
            raise FormatError(
                "container.member-too-large",
                f"The member {name!a} has {member.size} bytes; {limit} is the limit.",
            )
        return self._checked(member)

    def lines(self, name: str, limit: int, longest: int) -> Iterator[bytes]:
        """The lines of a member without their newlines; each must end in one.

        Raises FormatError, also for an empty line or one above ``longest`` bytes.
        """
        rest = b""
        for chunk in self.chunks(name, limit):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                if not 0 < len(line) <= longest:
                    raise FormatError("container.line", f"A line of {name!a} is empty or too long.")
                yield line
            if len(rest) > longest:
                raise FormatError("container.line", f"A line of {name!a} is too long.")
        if rest:
            raise FormatError("container.line", f"The last line of {name!a} has no end.")

    def _checked(self, member: Member) -> Iterator[bytes]:
        crc = size = 0
        for chunk in self._unpacked(member):
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
            if size > member.size:
                break
            yield chunk
        if size != member.size:
            raise FormatError(
                "container.size-mismatch", f"The member {member.name!a} has not the stated size."
            )
        if crc != member.crc:
            raise FormatError(
                "container.checksum", f"The member {member.name!a} does not match its checksum."
            )

    def _unpacked(self, member: Member) -> Iterator[bytes]:
        if not member.deflated:
            yield from self._packed(member)
            return
        try:
            yield from _inflated(self._packed(member))
        except zlib.error as error:
            raise FormatError(
                "container.compressed-data", f"The member {member.name!a} can't be unpacked."
            ) from error

    def _packed(self, member: Member) -> Iterator[bytes]:
        position, left = member.offset, member.packed
        while left:
            # Others may read between two pieces: the place is taken up anew each time.
            self._file.seek(position)
            data = self._file.read(min(left, PIECE))
            if not data:
                raise FormatError("container.truncated", "The container ends too early.")
            position, left = position + len(data), left - len(data)
            yield data


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(-15)
    for data in pieces:
        if unpacker.eof:
            raise zlib.error("bytes after the end")
        yield from _inflated_piece(unpacker, data)
    if not unpacker.eof or unpacker.unused_data:
        raise zlib.error("no end, or bytes after it")


def _inflated_piece(unpacker: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    while True:
        out = unpacker.decompress(data, PIECE)
        yield out
        data = unpacker.unconsumed_tail
        if unpacker.eof or (not data and len(out) < PIECE):
            return


def _check_names(listed: list[Listed]) -> None:
    """No name twice, for no file system; none both a file and a folder. Raises FormatError."""
    files: set[str] = set()
    folders: set[str] = set()
    for member in listed:
        key = check_name(member.name)
        if key in files:
            raise FormatError("container.duplicate-name", f"{member.shown} is there twice.")
        (folders if key.endswith("/") else files).add(key.removesuffix("/"))
        parts = key.removesuffix("/").split("/")
        folders.update("/".join(parts[:count]) for count in range(1, len(parts)))
    if not files.isdisjoint(folders):
        raise FormatError("container.name-conflict", "A member is both a file and a folder.")


def _placed(file: BinaryIO, listed: list[Listed], directory: int) -> dict[str, Member]:
    """Members by name, once they are known to fill the file up to ``directory``."""
    offsets = sorted(member.offset for member in listed)
    if not offsets or offsets[0] != 0:
        raise FormatError("container.prepended-data", "The container does not begin with a member.")
    if any(one == other for one, other in pairwise(offsets)) or offsets[-1] >= directory:
        raise FormatError("container.overlap", "Two members lie over each other.")
    ends = dict(pairwise([*offsets, directory]))
    members = {
        one.name: Member(
            name=one.name,
            size=one.size,
            packed=one.packed,
            crc=one.crc,
            deflated=one.method != 0,
            offset=check_local(file, one, ends[one.offset]),
        )
        for one in listed
    }
    return {name: member for name, member in members.items() if not name.endswith("/")}
