"""Tiles and entry bundles: the files that publish a log (C2SP tlog-tiles v0.1.0).

    tile/0/x001/x234/067            256 leaf hashes from leaf 1234067 * 256 on
    tile/1/000.p/17                 17 roots of full tiles of level 0
    tile/entries/273.p/112          112 entries, each behind its length in two bytes

A tile holds 1 to 256 hashes; an entry has at most 65,535 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evidence_ledger.core.merkle import HASH_SIZE, LARGEST_SIZE
from evidence_ledger.errors import FormatError, UsageError

WIDTH = 256
HEIGHT = 8
HIGHEST_LEVEL = 63
LARGEST_ENTRY = 65535
LARGEST_TILE = WIDTH * HASH_SIZE
LARGEST_BUNDLE = WIDTH * (2 + LARGEST_ENTRY)
LARGEST_INDEX = LARGEST_SIZE >> HEIGHT

_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6})([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class TilePath:
    """Where a tile is: ``level`` 0 to 63, or None for an entry bundle; ``width`` 256 if full."""

    level: int | None
    index: int
    width: int = WIDTH

    def encode(self) -> str:
        """The path below the log's prefix, without a slash in front. Raises UsageError."""
        if not (0 <= self.index <= LARGEST_INDEX and 1 <= self.width <= WIDTH):
            raise UsageError(f"There is no tile {self.index} of width {self.width}.")
        if self.level is not None and not 0 <= self.level <= HIGHEST_LEVEL:
            raise UsageError(f"There is no tile level {self.level}.")
        level = "entries" if self.level is None else str(self.level)
        suffix = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_index_text(self.index)}{suffix}"

    @classmethod
    def parse(cls, text: str) -> TilePath:
        """The tile whose one path is ``text``. Raises FormatError."""
        match = _PATH.fullmatch(text)
        if match is None:
            raise FormatError("tile.path", "Not the path of a tile.", where=text[:80])
        level, groups, last, width = match.groups()
        found = cls(
            None if level == "entries" else int(level),
            int(groups.replace("x", "").replace("/", "") + last),
            WIDTH if width is None else int(width),
        )
        return _canonical(found, text)

    @property
    def full(self) -> TilePath:
        """The same tile once it is full."""
        return TilePath(self.level, self.index)


def _canonical(path: TilePath, text: str) -> TilePath:
    sane = path.index <= LARGEST_INDEX and path.width <= WIDTH
    if not sane or (path.level or 0) > HIGHEST_LEVEL or path.encode() != text:
        raise FormatError("tile.path-not-canonical", "Not the path of a tile.", where=text[:80])
    return path


def _index_text(index: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])


def partial_width(level: int, size: int) -> int:
    """The width of the partial tile of a level in a tree of ``size``; 0 where there is none."""
    return (size >> HEIGHT * level) % WIDTH


def full_tiles(level: int, size: int) -> int:
    """The number of full tiles of a level in a tree of ``size``."""
    return size >> HEIGHT * (level + 1)


def level_paths(level: int | None, size: int) -> Iterator[TilePath]:
    """All tiles of a level (None: the entry bundles) in a tree of ``size``, in order."""
    full, width = full_tiles(level or 0, size), partial_width(level or 0, size)
    yield from (TilePath(level, index) for index in range(full))
    if width:
        yield TilePath(level, full, width)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bundle of 1 to 256 entries. Raises UsageError."""
    if not 1 <= len(entries) <= WIDTH or max(map(len, entries)) > LARGEST_ENTRY:
        raise UsageError(f"A bundle holds 1 to {WIDTH} entries of at most {LARGEST_ENTRY} bytes.")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes, width: int) -> list[bytes]:
    """The exactly ``width`` entries of a bundle. Raises FormatError."""
    entries, at = [], 0
    for number in range(width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise FormatError(
                "tile.bundle-short", f"The bundle ends within its entry {number} of {width}."
            )
        entries.append(data[start:at])
    if at != len(data):
        raise FormatError("tile.bundle-long", f"The bundle goes on after its {width} entries.")
    return entries
