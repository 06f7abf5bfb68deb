"""A checkpoint that another host of the same ledger signed."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import known_signatures
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import LedgerForked, Refused
from evidence_ledger.ports import NoteSigner


def own_checkpoint(note: bytes, signers: Sequence[NoteSigner]) -> Checkpoint:
    """The checkpoint in ``note``, if all of the ledger's own keys signed it.

    Raises LedgerForked where they did not, and FormatError for what is no checkpoint.
    """
    signed = Note.parse(note)
    keys = [VerifierKey.parse(one.vkey) for one in signers]
    try:
        if len(known_signatures(signed, keys)) == len(keys):
            return Checkpoint.parse(signed.text)
    except Refused as error:
        raise LedgerForked("The newest seal's signatures are not this ledger's.") from error
    raise LedgerForked("The newest seal is not signed with this ledger's keys.")
