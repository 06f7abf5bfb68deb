"""What a witness keeps of a log: the last checkpoint that it cosigned, in two places.

The second place, outside the database, also counts its writes, and says what the checkpoint took
the place of:

    memory 7
    before a4c1e0…
    text 85
    (an empty line; the checkpoint of that many bytes; its log's signature lines)

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

_HEAD = re.compile(
    rb"memory (0|[1-9][0-9]{0,17})\nbefore (none|[0-9a-f]{64})\ntext ([1-9][0-9]{0,5})\n\n"
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A checkpoint's text, and the signature lines of its log that were verified."""

    text: bytes
    signatures: bytes

    @classmethod
    def of(cls, note: Note) -> Admitted:
        """The parts of a note."""
        return cls(note.text, b"".join(line.encode() for line in note.signatures))

    @property
    def checkpoint(self) -> Checkpoint:
        """What the text says. Raises FormatError."""
        return Checkpoint.parse(self.text)

    def encode(self) -> bytes:
        """The note."""
        return self.text + b"\n" + self.signatures


@dataclass(frozen=True, slots=True)
class Cosigned:
    """An admitted checkpoint with the witness's cosignature lines and their time."""

    admitted: Admitted
    cosignatures: bytes
    moment: datetime

    @property
    def checkpoint(self) -> Checkpoint:
        """What was cosigned. Raises FormatError."""
        return self.admitted.checkpoint

    def encode(self) -> bytes:
        """The note with all signatures, as monitors get it."""
        return self.admitted.encode() + self.cosignatures


@dataclass(frozen=True, slots=True)
class Remembered:
    """The newest checkpoint and the SHA-256 of the text before it; None for the first.

    ``number`` counts the writes of the memory of this log.
    """

    number: int
    before: bytes | None
    admitted: Admitted

    def encode(self) -> bytes:
        """The bytes that ``parse`` reads."""
        before = b"none" if self.before is None else self.before.hex().encode()
        text, signatures = self.admitted.text, self.admitted.signatures
        head = b"memory %d\nbefore %s\ntext %d\n\n" % (self.number, before, len(text))
        return head + text + signatures

    @classmethod
    def parse(cls, data: bytes) -> Remembered:
        """What ``encode`` wrote. Raises FormatError."""
        head = _HEAD.match(data)
        if head is None or len(data) < head.end() + int(head[3]):
            raise FormatError("witness-memory.malformed", "Not a witness's memory.")
        before = None if head[2] == b"none" else bytes.fromhex(head[2].decode())
        start, middle = head.end(), head.end() + int(head[3])
        return cls(int(head[1]), before, Admitted(data[start:middle], data[middle:]))


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
    return None if kept is None else digest_of(kept.admitted)


def digest_of(admitted: Admitted) -> bytes:
    """SHA-256 of the text."""
    return sha256(admitted.text).digest()
