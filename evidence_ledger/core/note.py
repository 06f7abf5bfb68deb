"""Signed notes (C2SP signed-note v1.0.0): text, a blank line, signature lines.

    Ognuno sta solo sul cuor della terra
    trafitto da un raggio di sole:

    ed è subito sera.

    — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMo…

What a note says must be ignored until ``note_verification`` has verified it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass

from evidence_ledger.core.canonical import base64_bytes
from evidence_ledger.core.verifier_key import KeyType, VerifierKey, check_key_name, key_id
from evidence_ledger.errors import FormatError

__all__ = [
    "LARGEST_NOTE",
    "MOST_SIGNATURES",
    "KeyType",
    "Note",
    "SignatureLine",
    "VerifierKey",
    "key_id",
    "parse_line",
    "signature_line",
]

LARGEST_NOTE = 1 << 20
LARGEST_LINE = 16384
MOST_SIGNATURES = 100

_DASH = "\N{EM DASH} "
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_CONTROL_BYTES = bytes(set(range(0x20)) - {0x0A})


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature: the key's name, its 4-byte ID, and the bytes after the ID (at least one)."""

    name: str
    key_id: bytes
    signature: bytes

    def encode(self) -> bytes:
        """The line, newline included."""
        return signature_line(self.name, self.key_id, self.signature)


@dataclass(frozen=True, slots=True)
class Note:
    """A note's text, its last newline included, and its signatures in order."""

    text: bytes
    signatures: tuple[SignatureLine, ...]

    def encode(self) -> bytes:
        """The bytes that ``parse`` reads."""
        return self.text + b"\n" + b"".join(line.encode() for line in self.signatures)

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """The note whose one encoding is ``data``. Raises FormatError."""
        if len(data) > LARGEST_NOTE:
            raise FormatError("note.too-large", f"A note has more than {LARGEST_NOTE} bytes.")
        _check_characters(data)
        text, blank, lines = data.rpartition(b"\n\n")
        if not blank:
            raise FormatError("note.no-blank-line", "A note has no blank line after its text.")
        if not lines.endswith(b"\n"):
            raise FormatError("note.unfinished", "A note does not end in a signature line.")
        return cls(text + b"\n", _parse_lines(lines))


def parse_line(data: bytes) -> SignatureLine:
    """The one signature line whose encoding, newline included, is ``data``. Raises FormatError."""
    _check_characters(data)
    text = data.decode()
    if text.count("\n") != 1 or not text.endswith("\n"):
        raise FormatError("note.signature-line", "Not one line '— name signature'.")
    return _parse_line(text[:-1], "signature")


def signature_line(name: str, key_id: bytes, signature: bytes) -> bytes:
    """``— name base64(key ID ‖ signature)`` with its newline. Raises FormatError for the name."""
    check_key_name(name, where="signature line")
    return f"{_DASH}{name} {b64encode(key_id + signature).decode()}\n".encode()


def _check_characters(data: bytes) -> None:
    # The search alone would take longer than all the rest for a note with long signatures.
    control = _CONTROL.search(data) if data.translate(None, _CONTROL_BYTES) != data else None
    if control:
        raise FormatError(
            "note.control-character",
            "A note holds a control character.",
            where=f"note, byte {control.start()}",
        )
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise FormatError(
            "note.not-utf8", "A note is not UTF-8.", where=f"note, byte {error.start}"
        ) from error


def _parse_lines(lines: bytes) -> tuple[SignatureLine, ...]:
    texts = lines.decode().split("\n")[:-1]
    if len(texts) > MOST_SIGNATURES:
        raise FormatError(
            "note.too-many-signatures",
            f"A note has {len(texts)} signatures; {MOST_SIGNATURES} is the limit.",
        )
    return tuple(_parse_line(text, f"signature {n}") for n, text in enumerate(texts, 1))


def _parse_line(line: str, where: str) -> SignatureLine:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or len(line) > LARGEST_LINE:
        raise FormatError("note.signature-line", "Not a line '— name signature'.", where=where)
    check_key_name(name, where=where)
    data = base64_bytes(encoded, where=where)
    if len(data) < 5:
        raise FormatError("note.signature-short", "A signature is too short.", where=where)
    return SignatureLine(name, data[:4], data[4:])
