"""What a log asks a witness, and what it keeps of the answer (C2SP tlog-witness v1.0.0).

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcy…

The answer is one or more signature lines.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from evidence_ledger.core.checkpoint import Checkpoint, parse_decimal
from evidence_ledger.core.note import Note, SignatureLine
from evidence_ledger.core.note_verification import verify_signature
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import FormatError, Refused, UsageError

MOST_HASHES: Final = 63
ED25519_SIZE: Final = 64
LARGEST_SIZE_TEXT: Final = 21


def encode_request(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The body of ``add-checkpoint``. Raises UsageError for a proof of more than 63 hashes."""
    if len(proof) > MOST_HASHES:
        raise UsageError(f"A consistency proof has {len(proof)} hashes; {MOST_HASHES} is the most.")
    lines = [f"old {old_size}", *(b64encode(one).decode() for one in proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + note


def own_note(note: bytes, *, ed25519_only: bool = False) -> bytes:
    """A signed checkpoint with the log's own lines alone: those under its origin's name.

    ``ed25519_only`` leaves out the long ones, for witnesses that take small bodies only.
    Raises FormatError.
    """
    whole = Note.parse(note)
    origin = Checkpoint.parse(whole.text).origin
    lines = [line for line in whole.signatures if line.name == origin]
    if ed25519_only:
        lines = [line for line in lines if len(line.signature) == ED25519_SIZE]
    return Note(whole.text, tuple(lines)).encode()


def parse_size(body: bytes) -> int:
    """The size that a witness cosigned last, from the body of its answer 409.

    Raises FormatError.
    """
    text = body.decode("ascii", "replace")
    if len(text) > LARGEST_SIZE_TEXT or not text.endswith("\n"):
        raise FormatError("witness-exchange.size", "Not a size and a newline.")
    return parse_decimal(text[:-1], where="the witness's size")


def verified_lines(
    answer: bytes, text: bytes, keys: Sequence[VerifierKey], earliest: datetime, latest: datetime
) -> tuple[bytes, ...]:
    """The witness's lines over the note text, one of each of ``keys`` at most, at least one.

    Lines of other keys are left out. Raises FormatError for what is no signature line, Refused
    where a line of a key is wrong or its time is not from ``earliest`` to ``latest``, or where no
    key has signed, Undecided where a signature can't be checked here.
    """
    note = Note.parse(text + b"\n" + answer)
    if note.text != text:
        raise FormatError("witness-exchange.lines", "The answer is more than signature lines.")
    found: dict[VerifierKey, bytes] = {}
    for key, line in _of_keys(note.signatures, keys):
        _check(key, text, line, earliest, latest)
        found.setdefault(key, line.encode())
    if not found:
        raise Refused(
            "witness-exchange.no-key", "No line of the answer is of a key that is known for it."
        )
    return tuple(found.values())


def _of_keys(
    lines: Sequence[SignatureLine], keys: Sequence[VerifierKey]
) -> Iterator[tuple[VerifierKey, SignatureLine]]:
    for line in lines:
        for key in keys:
            if (line.name, line.key_id) == (key.name, key.key_id):
                yield key, line


def _check(
    key: VerifierKey, text: bytes, line: SignatureLine, earliest: datetime, latest: datetime
) -> None:
    found = verify_signature(key, text, line.signature).cosignature
    moment = found.moment if found is not None else None
    if moment is None:
        raise Refused("witness-exchange.no-time", "A cosignature does not say when it was made.")
    if not earliest <= moment <= latest:
        raise Refused(
            "witness-exchange.time",
            f"A cosignature is of {moment:%Y-%m-%d %H:%M:%S} UTC, which can't be.",
            hint="Check this machine's clock, and the witness's.",
        )
