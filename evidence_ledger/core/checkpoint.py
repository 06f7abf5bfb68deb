"""Checkpoints: the text that a log signs (C2SP tlog-checkpoint v1.0.0).

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

The lines are the log's origin, the size of the tree in decimal, and its root in base64. Lines
after that are extensions, which nothing can audit.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass

from evidence_ledger.core.canonical import base64_bytes
from evidence_ledger.core.merkle import EMPTY_ROOT, HASH_SIZE, LARGEST_SIZE
from evidence_ledger.errors import FormatError

LARGEST_CHECKPOINT = 1 << 16

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: ``size`` leaves under ``root`` (32 bytes)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """The note text, its last newline included. Raises FormatError for what it can't hold."""
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)
        text = "".join(f"{line}\n" for line in lines).encode()
        if Checkpoint.parse(text) != self:
            raise FormatError("checkpoint.unwritable", "A checkpoint's line holds a line break.")
        return text

    @classmethod
    def parse(cls, text: bytes, *, extensions_allowed: bool = True) -> Checkpoint:
        """The checkpoint whose one encoding is ``text``. Raises FormatError."""
        found = cls.parse_claimed(text, extensions_allowed=extensions_allowed)
        found.check_empty_root()
        return found

    @classmethod
    def parse_claimed(cls, text: bytes, *, extensions_allowed: bool = True) -> Checkpoint:
        """The same, but a size of 0 may stand beside any root: a witness answers that by itself.

        Raises FormatError.
        """
        lines = _lines(text)
        if len(lines) > 3 and not extensions_allowed:
            raise FormatError(
                "checkpoint.extension", "The checkpoint has an extension line.", where="line 4"
            )
        size, root = _size(lines[1]), base64_bytes(lines[2], where="checkpoint, line 3")
        if len(root) != HASH_SIZE:
            raise FormatError(
                "checkpoint.root-length", "The root does not have 32 bytes.", where="line 3"
            )
        return cls(lines[0], size, root, tuple(lines[3:]))

    def check_empty_root(self) -> None:
        """Raises FormatError for an empty tree with another root than that of no leaves."""
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise FormatError(
                "checkpoint.empty-tree-root",
                "The root is not that of an empty tree.",
                where="line 3",
            )


def parse_decimal(text: str, *, where: str) -> int:
    """A size or index in decimal without leading zeros, at most 2**64 - 1. Raises FormatError."""
    if not _DECIMAL.fullmatch(text) or int(text) > LARGEST_SIZE:
        raise FormatError("decimal.malformed", "Not a canonical 64-bit decimal.", where=where)
    return int(text)


def _size(line: str) -> int:
    return parse_decimal(line, where="checkpoint, line 2")


def _lines(text: bytes) -> list[str]:
    if len(text) > LARGEST_CHECKPOINT:
        raise FormatError("checkpoint.too-large", "The checkpoint is too large.")
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError as error:
        raise FormatError("checkpoint.not-utf8", "The checkpoint is not UTF-8.") from error
    if len(lines) < 4 or lines.pop() != "":
        raise FormatError("checkpoint.lines", "The checkpoint does not have three whole lines.")
    if "" in lines:
        raise FormatError(
            "checkpoint.empty-line",
            "The checkpoint has an empty line.",
            where=f"line {lines.index('') + 1}",
        )
    return lines
