"""Evidence that a ledger's operator signed two histories: two signed checkpoints and a proof.

    evidence-ledger/misbehaviour@v1
    prefix
    Vg2vAZ7kJN8VEMvJ0ZyH0IxkXHOVwbd/9kfXIUAwFhM=
    hOJ9+wkzO0ZzLcy1wIb8kPGS1NVuxX4uLZYZBtMxvYw=

    ledger.example/7                         (the note of the smaller tree)
    5
    fKo0Xb2JKmZFTWxlEuo8PqPw0+whvj/C4jdXBf049nI=

    — ledger.example/7 7tnB2efN4Pvru/Y7…

    ledger.example/7                         (the note of the larger one)
    8
    …

The second line says what the proof is: ``same-size``, ``prefix``, or ``node LEVEL INDEX``. What a
file says must be ignored until ``misbehaviour_verification`` has verified it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from evidence_ledger.core.canonical import base64_bytes
from evidence_ledger.core.checkpoint import Checkpoint, parse_decimal
from evidence_ledger.core.merkle import HASH_SIZE, Node
from evidence_ledger.core.note import LARGEST_NOTE, Note
from evidence_ledger.errors import FormatError, NewerFormat, UsageError

LARGEST = 2 * LARGEST_NOTE + (1 << 14)
MOST_HASHES = 65
PREFIX = b"evidence-ledger/misbehaviour@v"

_FIRST_LINE = "evidence-ledger/misbehaviour@v1"
_NODE = re.compile(r"node (0|[1-9][0-9]?) (0|[1-9][0-9]{0,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SameSize:
    """The two checkpoints have one size; nothing else is needed."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix proof (``merkle.prefix_nodes``) in the larger tree, from the smaller one's size."""

    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A node's hash and its path to the root, the sibling first: 32 bytes each."""

    hash: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Differing:
    """One node, all of it in both trees, with its hash in the first and in the second."""

    node: Node
    first: Shown
    second: Shown


Proof = SameSize | Prefix | Differing


@dataclass(frozen=True)
class Misbehaviour:
    """Two notes with checkpoints, the smaller tree first (of one size: the smaller root)."""

    first: Note
    second: Note
    proof: Proof

    @cached_property
    def checkpoints(self) -> tuple[Checkpoint, Checkpoint]:
        """What the notes say. Raises FormatError."""
        return Checkpoint.parse(self.first.text), Checkpoint.parse(self.second.text)

    @classmethod
    def of(cls, first: Note, second: Note, proof: Proof) -> Misbehaviour:
        """The same, whichever note comes first. Raises UsageError for two of the same tree."""
        if _order(first) > _order(second):
            if isinstance(proof, Differing):
                proof = Differing(proof.node, proof.second, proof.first)
            first, second = second, first
        if _order(first) == _order(second):
            raise UsageError("Two checkpoints of the same tree do not contradict each other.")
        return cls(first, second, proof)

    def encode(self) -> bytes:
        """The bytes that ``parse`` reads."""
        head = "".join(f"{line}\n" for line in (_FIRST_LINE, *_proof_lines(self.proof)))
        return head.encode() + b"\n" + self.first.encode() + b"\n" + self.second.encode()

    @classmethod
    def parse(cls, data: bytes) -> Misbehaviour:
        """The evidence whose one encoding is ``data``. Raises FormatError, NewerFormat.

        Whether the proof proves anything is not looked at.
        """
        if len(data) > LARGEST:
            raise FormatError("misbehaviour.too-large", f"The file has more than {LARGEST} bytes.")
        head, first, second = _parts(data)
        _check_first_line(head[0])
        if len(head) < 2:
            raise FormatError("misbehaviour.kind", "The file does not say what its proof is.")
        found = cls(Note.parse(first), Note.parse(second), _proof(head[1], head[2:]))
        found.checkpoints  # noqa: B018 raises where a note holds no checkpoint
        if _order(found.first) >= _order(found.second):
            raise FormatError("misbehaviour.order", "The checkpoints are not in order.")
        return found


def _order(note: Note) -> tuple[int, bytes]:
    checkpoint = Checkpoint.parse(note.text)
    return checkpoint.size, checkpoint.root


def _proof_lines(proof: Proof) -> list[str]:
    if isinstance(proof, SameSize):
        return ["same-size"]
    if isinstance(proof, Prefix):
        return ["prefix", *map(_base64, proof.hashes)]
    level, index = proof.node
    first, second = (_shown_lines(one) for one in (proof.first, proof.second))
    return [
        f"node {level} {index}",
        *(f"1 {one}" for one in first),
        *(f"2 {one}" for one in second),
    ]


def _shown_lines(shown: Shown) -> Iterable[str]:
    return map(_base64, (shown.hash, *shown.path))


def _base64(one: bytes) -> str:
    return b64encode(one).decode()


def _parts(data: bytes) -> tuple[list[str], bytes, bytes]:
    """A checkpoint has no empty line, so that there are exactly four in the file."""
    parts = data.split(b"\n\n")
    if len(parts) != 5:
        raise FormatError("misbehaviour.parts", "The file does not hold two signed checkpoints.")
    head, *notes = parts
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise FormatError(
            "misbehaviour.not-ascii", "A byte before the checkpoints is not ASCII."
        ) from error
    first = notes[0] + b"\n\n" + notes[1] + b"\n"
    return lines, first, notes[2] + b"\n\n" + notes[3]


def _check_first_line(line: str) -> None:
    version = line.removeprefix(PREFIX.decode())
    if line == _FIRST_LINE:
        return
    if version != line and version.isdigit():
        raise NewerFormat("misbehaviour.newer", f"The file has the format {line[:40]}.")
    raise FormatError("misbehaviour.first-line", f"The first line is not {_FIRST_LINE}.")


def _proof(kind: str, lines: list[str]) -> Proof:
    if len(lines) > 2 * MOST_HASHES:
        raise FormatError("misbehaviour.too-many-hashes", f"The proof has {len(lines)} hashes.")
    if kind == "same-size" and not lines:
        return SameSize()
    if kind == "prefix" and lines:
        return Prefix(tuple(_hash(line, f"hash {n}") for n, line in enumerate(lines)))
    node = _NODE.fullmatch(kind)
    if node is None:
        raise FormatError("misbehaviour.kind", "The file does not say what its proof is.")
    level, index = int(node[1]), parse_decimal(node[2], where="line 2")
    return Differing((level, index), *_sides(lines))


def _sides(lines: list[str]) -> tuple[Shown, Shown]:
    first = [line for line in lines if line.startswith("1 ")]
    second = [line for line in lines if line.startswith("2 ")]
    if first + second != lines or not first or not second:
        raise FormatError("misbehaviour.sides", "The proof does not give the node in both trees.")
    return _shown(first), _shown(second)


def _shown(lines: list[str]) -> Shown:
    found = [_hash(line[2:], f"tree {line[0]}, hash {n}") for n, line in enumerate(lines)]
    return Shown(found[0], tuple(found[1:]))


def _hash(text: str, where: str) -> bytes:
    found = base64_bytes(text, where=where)
    if len(found) != HASH_SIZE:
        raise FormatError("misbehaviour.hash-length", "A hash has not 32 bytes.", where=where)
    return found
