"""What a monitor keeps of a ledger between two looks: canonical JSON, a few kilobytes.

    {"first_seen":"2026-11-22T10:00:00Z","mark":{…},"note":"ledger.example/1\\n5\\n…",
     "origin":"ledger.example/1","progress":null,"seen":"2026-11-22T10:01:00Z","v":1,
     "watched":{"sha256:5f…":12}}

``mark`` and ``note`` belong together: the last checkpoint that was verified entry by entry.
``progress`` is a mark on the way to a checkpoint that is not verified yet, with that one's note.
``unfollowed``, there where it is not empty, are notes that were signed and shown, and led nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from evidence_ledger.core import canonical
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.edge import HASH, partial_widths
from evidence_ledger.core.log_growth import Mark
from evidence_ledger.core.note import Note
from evidence_ledger.errors import FormatError, NewerFormat

VERSION = 1
LARGEST = 8 << 20
_MEMBERS = {"v", "origin", "note", "mark", "progress", "first_seen", "seen", "watched"}
_UNFOLLOWED = "unfollowed"
_MARK = {"size", "rows", "last", "received", "waiting"}


@dataclass(frozen=True, slots=True)
class Progress:
    """Entries taken on the way to a checkpoint."""

    note: Note
    mark: Mark


@dataclass(frozen=True, slots=True)
class MonitorState:
    """See the module.

    ``first_seen`` is when ``note`` was first seen, ``seen`` when the ledger last showed it.
    ``watched`` says for what is watched, by name, from which entry on it is news.
    ``unfollowed`` are checkpoints that the ledger signed and showed, the newest last, whose entries
    were not to be had: it must stand by them too.
    """

    origin: str
    note: Note | None = None
    mark: Mark = field(default_factory=Mark)
    progress: Progress | None = None
    first_seen: datetime | None = None
    seen: datetime | None = None
    watched: Mapping[str, int] = field(default_factory=dict)
    unfollowed: tuple[Note, ...] = ()

    def encode(self) -> bytes:
        """The bytes that ``parse`` reads."""
        progress: Json = None
        if self.progress is not None:
            progress = {"note": _text(self.progress.note), "mark": _mark_json(self.progress.mark)}
        unfollowed: dict[str, Json] = (
            {_UNFOLLOWED: [_text(one) for one in self.unfollowed]} if self.unfollowed else {}
        )
        return canonical.encode(
            {
                "v": VERSION,
                "origin": self.origin,
                "note": None if self.note is None else _text(self.note),
                "mark": _mark_json(self.mark),
                "progress": progress,
                "first_seen": _time(self.first_seen),
                "seen": _time(self.seen),
                "watched": dict(self.watched),
                **unfollowed,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> MonitorState:
        """The state whose one encoding is ``data``. Raises FormatError, NewerFormat."""
        members = _object(canonical.decode(data, what="monitor state", limit=LARGEST))
        version = members.get("v")
        if type(version) is int and version > VERSION:
            raise NewerFormat("monitor-state.newer", f"The monitor's state has version {version}.")
        if version != VERSION or set(members) - {_UNFOLLOWED} != _MEMBERS:
            raise _malformed()
        note, progress = members["note"], members["progress"]
        return cls(
            origin=_string(members["origin"]),
            note=None if note is None else _note(note),
            mark=_mark(members["mark"]),
            progress=None if progress is None else _progress(_object(progress)),
            first_seen=_moment(members["first_seen"]),
            seen=_moment(members["seen"]),
            watched={name: _count(one) for name, one in _object(members["watched"]).items()},
            unfollowed=_notes(members[_UNFOLLOWED]) if _UNFOLLOWED in members else (),
        )


def _malformed() -> FormatError:
    return FormatError(
        "monitor-state.malformed",
        "The monitor's state is damaged.",
        hint="Put it aside and start with a new folder: all is then followed from the start.",
    )


def _text(note: Note) -> str:
    return note.encode().decode()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else canonical.time_text(moment)


def _mark_json(mark: Mark) -> Json:
    return {
        "size": mark.size,
        "rows": [one.hex() for one in mark.rows],
        "last": mark.last.hex(),
        "received": mark.received,
        "waiting": None if mark.waiting is None else list(mark.waiting),
    }


def _mark(value: Json) -> Mark:
    members = _object(value)
    rows = members.get("rows")
    if set(members) != _MARK or not isinstance(rows, list):
        raise _malformed()
    size, hashes = _count(members["size"]), tuple(_bytes(one) for one in rows)
    if [len(one) for one in hashes] != [HASH * width for width in partial_widths(size)]:
        raise _malformed()
    return Mark(
        size=size,
        rows=hashes,
        last=canonical.hex_bytes(members["last"], 32, where="mark.last"),
        received=_string(members["received"]),
        waiting=_waiting(members["waiting"]),
    )


def _waiting(value: Json) -> tuple[int, str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise _malformed()
    return _count(value[0]), _string(value[1])


def _progress(members: dict[str, Json]) -> Progress:
    if set(members) != {"note", "mark"}:
        raise _malformed()
    return Progress(_note(members["note"]), _mark(members["mark"]))


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise _malformed()
    return value


def _string(value: Json) -> str:
    if not isinstance(value, str):
        raise _malformed()
    return value


def _count(value: Json) -> int:
    if type(value) is not int or value < 0:
        raise _malformed()
    return value


def _bytes(value: Json) -> bytes:
    text = _string(value)
    return canonical.hex_bytes(text, len(text) // 2, where="mark.rows")


def _note(value: Json) -> Note:
    return Note.parse(_string(value).encode())


def _notes(value: Json) -> tuple[Note, ...]:
    if not isinstance(value, list) or not value:
        raise _malformed()
    return tuple(map(_note, value))


def _moment(value: Json) -> datetime | None:
    return None if value is None else canonical.time_of(value, where="monitor state")
