"""An accusation as it is written: under each checkpoint stand only signatures that were verified.

No signature covers a line, so anybody can spoil one or add one. A line that is wrong under a key
that whoever checks knows condemns its note, and one that nobody here could verify may be such a
line: what is left says exactly what was checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.misbehaviour_verification import keys_of_ledger
from evidence_ledger.core.note import Note, SignatureLine
from evidence_ledger.core.note_verification import known_signatures
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line under the checkpoint of ``size`` entries that was not verified, and why not; None
    where no key for it was named.
    """

    size: int
    line: SignatureLine
    why: EvidenceError | None

    @property
    def key(self) -> str:
        """The key that the line names: its name and its ID."""
        return f"{self.line.name}+{self.line.key_id.hex()}"

    @property
    def says(self) -> str:
        """In one sentence."""
        because = str(self.why) if self.why else "You have named no such key."
        return f"Left out under the checkpoint of {self.size} entries: {self.key}. {because}"

    def to_json(self) -> dict[str, object]:
        """As JSON values."""
        reason = self.why.reason if self.why else None
        return {"size": self.size, "key": self.key, "reason": reason}


def only_verified(
    found: Misbehaviour, keys: Sequence[VerifierKey]
) -> tuple[Misbehaviour, tuple[LeftOut, ...]]:
    """The evidence with the lines that verify under ``keys``, and those that were left out.

    Raises Undecided where no key of the ledger is named, or none has signed a checkpoint.
    """
    first, second = found.checkpoints
    own = keys_of_ledger(keys, first.origin)
    one, without_one = _verified(found.first, first.size, keys)
    other, without_other = _verified(found.second, second.size, keys)
    for note in (one, other):
        if not known_signatures(note, own):
            raise Undecided(
                "misbehaviour.not-signed",
                "Under a checkpoint there is no right signature of a key that you name for this "
                "ledger.",
            )
    return replace(found, first=one, second=other), (*without_one, *without_other)


def _verified(note: Note, size: int, keys: Sequence[VerifierKey]) -> tuple[Note, list[LeftOut]]:
    kept: list[SignatureLine] = []
    left: list[LeftOut] = []
    for line in note.signatures:
        try:
            signed = known_signatures(Note(note.text, (line,)), keys)
        except (Refused, Undecided, FormatError) as error:
            left.append(LeftOut(size, line, error))
            continue
        if signed:
            kept.append(line)
        else:
            left.append(LeftOut(size, line, None))
    return Note(note.text, tuple(kept)), left
