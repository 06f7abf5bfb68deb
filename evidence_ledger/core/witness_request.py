"""What a log sends to a witness (C2SP tlog-witness v1.0.0, "add-checkpoint").

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhc…

The lines are the size of the checkpoint that the witness should have, the consistency proof from
there, an empty line, and the new checkpoint as a signed note.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from evidence_ledger.core.canonical import base64_bytes
from evidence_ledger.core.checkpoint import Checkpoint, parse_decimal
from evidence_ledger.core.merkle import HASH_SIZE
from evidence_ledger.core.note import Note
from evidence_ledger.errors import FormatError

LARGEST_REQUEST = 1 << 16
"""Bytes of a body: a full proof and a checkpoint with 16 signatures of ML-DSA-44 fit in."""

MOST_HASHES = 63

_OLD = "old "


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The request: ``checkpoint`` is what ``note`` says, and nothing of it is verified."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    def encode(self) -> bytes:
        """The body that ``parse`` reads."""
        hashes = "".join(f"{b64encode(one).decode()}\n" for one in self.proof)
        return f"{_OLD}{self.old_size}\n{hashes}\n".encode() + self.note.encode()

    @classmethod
    def parse(cls, body: bytes) -> AddCheckpoint:
        """The request whose one encoding is ``body``. Raises FormatError."""
        if len(body) > LARGEST_REQUEST:
            raise FormatError(
                "witness-request.too-large", f"The request has more than {LARGEST_REQUEST} bytes."
            )
        head, blank, data = body.partition(b"\n\n")
        if not blank:
            raise FormatError("witness-request.no-empty-line", "No empty line ends the proof.")
        old, *hashes = _lines(head)
        note = Note.parse(data)
        checkpoint = Checkpoint.parse_claimed(note.text)
        return cls(_old_size(old), _proof(hashes), note, checkpoint)


def _lines(head: bytes) -> list[str]:
    try:
        return head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise FormatError(
            "witness-request.not-ascii", "A byte before the checkpoint is not ASCII."
        ) from error


def _old_size(line: str) -> int:
    if not line.startswith(_OLD):
        raise FormatError(
            "witness-request.old-size",
            "The request does not begin with the old size.",
            where="line 1",
        )
    return parse_decimal(line.removeprefix(_OLD), where="line 1")


def _proof(lines: list[str]) -> tuple[bytes, ...]:
    if len(lines) > MOST_HASHES:
        raise FormatError(
            "witness-request.too-many-hashes", f"A proof has at most {MOST_HASHES} hashes."
        )
    return tuple(_hash(line, f"line {number}") for number, line in enumerate(lines, 2))


def _hash(line: str, where: str) -> bytes:
    found = base64_bytes(line, where=where)
    if len(found) != HASH_SIZE:
        raise FormatError(
            "witness-request.hash-length", "A hash does not have 32 bytes.", where=where
        )
    return found
