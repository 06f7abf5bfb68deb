"""Proofs that a log holds an entry, for checking offline (C2SP tlog-proof).

    c2sp.org/tlog-proof@v1
    extra YWdlLXYxLjIuMS1kYXJ3aW4=
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=

    example.com/fancylog
    109482
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

    — example.com/fancylog hI2DJw…

The line ``extra`` may be missing. Nothing vouches for what it holds.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from evidence_ledger.core.canonical import base64_bytes
from evidence_ledger.core.checkpoint import parse_decimal
from evidence_ledger.core.merkle import HASH_SIZE
from evidence_ledger.core.note import LARGEST_NOTE
from evidence_ledger.errors import FormatError, NewerFormat

LARGEST_EXTRA = 1 << 20
LARGEST_PROOF = 2 * LARGEST_EXTRA + LARGEST_NOTE
MOST_HASHES = 64

_PREFIX = "c2sp.org/tlog-proof@v"
_FIRST_LINE = f"{_PREFIX}1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An inclusion proof for leaf ``index`` under the checkpoint in a signed note.

    ``checkpoint_note`` is kept as it came: ``Note.parse`` reads it.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint_note: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The bytes that ``parse`` reads."""
        extra = [] if self.extra is None else [f"extra {b64encode(self.extra).decode()}"]
        hashes = [b64encode(one).decode() for one in self.hashes]
        lines = [_FIRST_LINE, *extra, f"index {self.index}", *hashes, "", ""]
        return "\n".join(lines).encode() + self.checkpoint_note

    @classmethod
    def parse(cls, data: bytes) -> TlogProof:
        """The proof whose one encoding is ``data``. Raises FormatError, NewerFormat."""
        if len(data) > LARGEST_PROOF:
            raise FormatError("tlog-proof.too-large", f"A proof has {len(data)} bytes.")
        lines, note = _split(data)
        extra = _extra(lines.pop(1)) if lines[1:] and lines[1].startswith("extra") else None
        if len(lines) < 2 or not lines[1].startswith("index "):
            raise FormatError("tlog-proof.no-index", "A proof does not say the entry's index.")
        index = parse_decimal(lines[1].removeprefix("index "), where="proof, line 'index'")
        return cls(index, _hashes(lines[2:]), note, extra)


def _split(data: bytes) -> tuple[list[str], bytes]:
    head, blank, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise FormatError(
            "tlog-proof.not-ascii", "Not a proof.", where=f"proof, byte {error.start}"
        ) from error
    if lines[0] != _FIRST_LINE:
        raise _strange_first_line(lines[0])
    if not blank or not note:
        raise FormatError("tlog-proof.no-checkpoint", "A proof holds no checkpoint.")
    return lines, note


def _strange_first_line(line: str) -> FormatError:
    if line.startswith(_PREFIX) and line.removeprefix(_PREFIX).isdigit():
        return NewerFormat("tlog-proof.newer", f"The proof has the format {line[:40]}.")
    return FormatError("tlog-proof.first-line", f"The first line is not {_FIRST_LINE}.")


def _extra(line: str) -> bytes:
    encoded = line.removeprefix("extra ")
    if encoded in ("", line) or len(encoded) > 2 * LARGEST_EXTRA:
        raise FormatError("tlog-proof.extra", "A proof's line 'extra' is empty or too long.")
    return base64_bytes(encoded, where="proof, line 'extra'")


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > MOST_HASHES:
        raise FormatError("tlog-proof.too-many-hashes", f"A proof has {len(lines)} hashes.")
    hashes = tuple(base64_bytes(line, where=f"proof, hash {n}") for n, line in enumerate(lines))
    for number, one in enumerate(hashes):
        if len(one) != HASH_SIZE:
            raise FormatError(
                "tlog-proof.hash-length", "A hash has not 32 bytes.", where=f"proof, hash {number}"
            )
    return hashes
