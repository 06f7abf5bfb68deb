"""Who signed a note (C2SP signed-note v1.0.0, "Signatures").

Signatures of unknown keys are ignored. A known key whose signature fails condemns the note.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evidence_ledger.core.cosignature import Cosignature, verify_cosignature
from evidence_ledger.core.note import Note, SignatureLine
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided


@dataclass(frozen=True, slots=True)
class Signed:
    """A key whose signature was verified; ``cosignature`` for the types that carry a time."""

    key: VerifierKey
    cosignature: Cosignature | None = None


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> tuple[Signed, ...]:
    """The verified signatures of known keys, in the note's order, at least one.

    Raises Refused where a known key's signature is wrong, Undecided where no known key signed.
    """
    signed = known_signatures(note, keys)
    if not signed:
        raise Undecided("note.no-known-key", "No key that you trust has signed this.")
    return signed


def known_signatures(note: Note, keys: Iterable[VerifierKey]) -> tuple[Signed, ...]:
    """The verified signatures of known keys; none where no known key signed. Raises Refused."""
    known: dict[tuple[str, bytes], list[VerifierKey]] = {}
    for key in keys:
        known.setdefault((key.name, key.key_id), []).append(key)
    matches = [(line, known.get((line.name, line.key_id))) for line in note.signatures]
    return tuple(_verify_line(note.text, line, keys) for line, keys in matches if keys)


def sound_part(note: Note, keys: Sequence[VerifierKey]) -> tuple[Note, EvidenceError | None]:
    """The note without the lines of known keys that fail, and why the first of them does.

    No signature covers a line, so anybody can spoil or add one. What is left accuses whoever
    signed it; it is not to be believed, since the note as it came is condemned.
    """
    sound: list[SignatureLine] = []
    doubt: EvidenceError | None = None
    for line in note.signatures:
        try:
            known_signatures(Note(note.text, (line,)), keys)
        except (Refused, Undecided, FormatError) as error:
            doubt = doubt or error
        else:
            sound.append(line)
    return (note, None) if doubt is None else (Note(note.text, tuple(sound)), doubt)


def verify_signature(key: VerifierKey, text: bytes, signature: bytes) -> Signed:
    """Check one signature of ``key`` over a note text. Raises Refused, Undecided, FormatError."""
    if key.type in (KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44):
        return Signed(key, verify_cosignature(key, text, signature))
    key.check(text, signature)
    return Signed(key)


def _verify_line(text: bytes, line: SignatureLine, keys: Sequence[VerifierKey]) -> Signed:
    """Two trusted keys may share a name and ID: one of them must have signed."""
    failure: Refused | None = None
    for key in keys:
        try:
            return verify_signature(key, text, line.signature)
        except Refused as error:
            failure = error
    assert failure is not None  # noqa: S101 # keys is never empty
    raise failure
