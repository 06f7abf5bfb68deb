"""What a witness keeps of a log: the last checkpoint that it cosigned, in two places.

The second place, outside the database, also says what the checkpoint took the place of:

    before a4c1e0…
    (an empty line, then the signed note)

So a database that did not get as far as the memory, because the power went in between, can be told
from one that was put back to an older state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from hashlib import sha256

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.errors import FormatError

_HEAD = re.compile(rb"before (none|[0-9a-f]{64})\n\n")


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint with its log's verified signatures and the witness's cosignature lines."""

    note: Note
    cosignatures: bytes
    moment: datetime

    @property
    def checkpoint(self) -> Checkpoint:
        """What was cosigned. Raises FormatError."""
        return Checkpoint.parse(self.note.text)

    def encode(self) -> bytes:
        """The note with all signatures, as monitors get it."""
        return self.note.encode() + self.cosignatures


@dataclass(frozen=True, slots=True)
class Remembered:
    """The newest checkpoint and the SHA-256 of the text before it; None for the first."""

    before: bytes | None
    note: Note

    def encode(self) -> bytes:
        """The bytes that ``parse`` reads."""
        return b"before %s\n\n" % _hex(self.before) + self.note.encode()

    @classmethod
    def parse(cls, data: bytes) -> Remembered:
        """What ``encode`` wrote. Raises FormatError."""
        head = _HEAD.match(data)
        if head is None:
            raise FormatError("witness-memory.malformed", "Not a witness's memory.")
        before = None if head[1] == b"none" else bytes.fromhex(head[1].decode())
        return cls(before, Note.parse(data[head.end() :]))


class Standing(Enum):
    """How the two places stand to each other."""

    AGREED = auto()
    MEMORY_AHEAD = auto()
    """By the one step that is written to the memory first."""
    APART = auto()


def standing(stored: Cosigned | None, memory: Remembered | None) -> Standing:
    """What the database has beside what the memory has."""
    held = text_digest(stored)
    if held == text_digest(memory):
        return Standing.AGREED
    if memory is not None and memory.before == held:
        return Standing.MEMORY_AHEAD
    return Standing.APART


def text_digest(kept: Cosigned | Remembered | None) -> bytes | None:
    """SHA-256 of the text of what is kept; None for nothing."""
    return None if kept is None else sha256(kept.note.text).digest()


def _hex(digest: bytes | None) -> bytes:
    return b"none" if digest is None else digest.hex().encode()
