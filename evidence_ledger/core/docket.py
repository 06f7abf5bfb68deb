"""The docket: all entries of one matter up to a roll, with what proves it (``docket.jsonl``).

    {"count":2,"end":{"other":{"index":9,"key":"5f2c…"},"path":["9f86…"]},"link":"q5rV…",
     "next":"1e0c…","v":1}
    {"entry":{"index":0,…},"inclusion":["77ab…",…],"roll":["9f86…",…]}
    {"entry":{"index":4,…},"inclusion":["03d1…",…],"roll":["9f86…",…]}

Lines in the form of RFC 8785, each with a newline. ``next`` is the mark of the entry that would be
next, number ``count``; ``link`` with it gives those of the entries listed (see ``core.matter``).
``end`` shows that it is not on the roll. ``inclusion`` leads from the entry to the checkpoint's
root (RFC 9162, section 2.1.3), ``roll`` from its mark to the roll's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evidence_ledger.core import canonical
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.matter import LENGTH, SIZE, MatterKeys, NextMark
from evidence_ledger.core.roll import DEEPEST, Enrolled, Roll, RollPath
from evidence_ledger.errors import FormatError, NewerFormat

VERSION = 1
LARGEST = 64 * 1024 * 1024
LONGEST_LINE = 32 * 1024
MOST_INCLUSION = 64

_HEAD = {"count", "end", "link", "next", "v"}
_LINE = {"entry", "inclusion", "roll"}


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An entry's exact bytes, and the hashes (32 bytes each) of its ways up to both roots.

    ``inclusion`` starts at the leaf, ``roll`` at the root.
    """

    entry: bytes
    inclusion: tuple[bytes, ...]
    roll: tuple[bytes, ...]

    def encode(self) -> bytes:
        """The line, without its newline."""
        entry = canonical.decode(self.entry, what="entry", limit=LONGEST_LINE)
        hashes: dict[str, Json] = {"inclusion": _texts(self.inclusion), "roll": _texts(self.roll)}
        return canonical.encode({"entry": entry} | hashes)


@dataclass(frozen=True, slots=True)
class Docket:
    """The entries of a matter; ``following`` is the mark of a further one, and ``end`` shows that
    there is none."""

    following: NextMark
    end: RollPath
    entries: tuple[ListedEntry, ...]

    def encode(self) -> bytes:
        """The canonical bytes."""
        other = self.end.end
        head: Json = {
            "count": len(self.entries),
            "end": {
                "other": {"index": other.index, "key": other.key.hex()} if other else None,
                "path": _texts(self.end.hashes),
            },
            "link": canonical.base64url_text(self.following.link),
            "next": self.following.mark.hex(),
            "v": VERSION,
        }
        lines = [canonical.encode(head), *(one.encode() for one in self.entries)]
        return b"".join(line + b"\n" for line in lines)


def docket_of(
    keys: MatterKeys, entries: Sequence[tuple[bytes, Sequence[bytes]]], roll: Roll
) -> Docket:
    """The docket of all entries of a matter, in order, each with its way up to the checkpoint."""
    following = keys.following(len(entries))
    listed = (
        ListedEntry(data, tuple(inclusion), roll.path(mark).hashes)
        for (data, inclusion), mark in zip(entries, keys.marks, strict=False)
    )
    return Docket(following, roll.path(following.mark), tuple(listed))


def _texts(hashes: tuple[bytes, ...]) -> list[Json]:
    return [one.hex() for one in hashes]


def parse(data: bytes) -> Docket:
    """The docket whose bytes are exactly ``data``. Raises FormatError, NewerFormat."""
    if len(data) > LARGEST:
        raise FormatError("docket.too-large", f"A docket has at most {LARGEST} bytes.")
    if not data.endswith(b"\n"):
        raise FormatError("docket.cut", "The docket's last line has no end.")
    if data.count(b"\n") > LENGTH + 1:
        raise FormatError("docket.count", f"A docket has 1 to {LENGTH} entries.")
    first, *others = data[:-1].split(b"\n")
    following, end = _head(first)
    count = following.number
    if len(others) != count:
        raise FormatError(
            "docket.count", f"The docket counts {count} entries and lists {len(others)}."
        )
    return Docket(following, end, tuple(_entries(others)))


def _head(line: bytes) -> tuple[NextMark, RollPath]:
    members = canonical.decode(line, what="docket", limit=LONGEST_LINE)
    version = members.get("v") if isinstance(members, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise NewerFormat("docket.newer", f"The docket has version {version}.")
    head = _object(members, _HEAD, "docket, line 1")
    if version is not VERSION:
        raise FormatError("docket.version", "The docket has no version 1.")
    count = head["count"]
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= LENGTH:
        raise FormatError("docket.count", f"A docket has 1 to {LENGTH} entries.")
    end = _object(head["end"], {"other", "path"}, "docket.end")
    path = RollPath(_hashes(end["path"], DEEPEST, "docket.end"), _other(end["other"]))
    mark = canonical.hex_bytes(head["next"], SIZE, where="docket.next")
    link = canonical.base64url_bytes(head["link"], where="docket.link")
    return NextMark(count, mark, link), path


def _other(value: Json) -> Enrolled | None:
    if value is None:
        return None
    where = "docket.end.other"
    members = _object(value, {"index", "key"}, where)
    index = members["index"]
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise FormatError("docket.index", "An entry's index is a whole number.", where=where)
    return Enrolled(canonical.hex_bytes(members["key"], 32, where=where), index)


def _entries(lines: list[bytes]) -> Iterator[ListedEntry]:
    for number, line in enumerate(lines, 2):
        where = f"docket, line {number}"
        members = _object(canonical.decode(line, what=where, limit=LONGEST_LINE), _LINE, where)
        yield ListedEntry(
            canonical.encode(members["entry"]),
            _hashes(members["inclusion"], MOST_INCLUSION, where),
            _hashes(members["roll"], DEEPEST, where),
        )


def _object(value: Json, members: set[str], where: str) -> dict[str, Json]:
    if not isinstance(value, dict) or set(value) != members:
        names = ", ".join(sorted(members))
        raise FormatError("docket.members", f"Must be an object of {names}.", where=where)
    return value


def _hashes(value: Json, most: int, where: str) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise FormatError("docket.hashes", f"Must be a list of at most {most}.", where=where)
    return tuple(canonical.hex_bytes(one, 32, where=where) for one in value)
