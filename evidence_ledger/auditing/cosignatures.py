"""The audit of witnesses' cosignatures, which stand beside the checkpoints that they are over."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from evidence_ledger.core import note
from evidence_ledger.core.counting import counted
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_signature
from evidence_ledger.core.statement import SealFact
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import EvidenceError, Refused, Undecided
from evidence_ledger.stored import StoredCosignature, StoredSeal


def check_cosignatures(seals: Iterable[StoredSeal], witnesses: Mapping[str, Sequence[str]]) -> str:
    """Every cosignature is over its seal's checkpoint, by a key that its witness has.

    Raises Refused, Undecided, LedgerCorrupt.
    """
    keys = {name: list(map(VerifierKey.parse, texts)) for name, texts in witnesses.items()}
    count = 0
    for seal in seals:
        text = Note.parse(seal.checkpoint).text if seal.cosignatures else b""
        for one in seal.cosignatures:
            try:
                _check_one(one, text, keys.get(one.witness, []))
            except EvidenceError as error:
                error.where = f"seal {seal.number}, {one.witness}"
                raise
            count += 1
    return f"{counted(count, 'cosignature')}, each of its seal's checkpoint."


def _check_one(one: StoredCosignature, text: bytes, keys: Sequence[VerifierKey]) -> None:
    line = note.parse_line(one.line)
    for key in keys:
        if (key.name, key.key_id) == (line.name, line.key_id):
            verify_signature(key, text, line.signature)
            return
    raise Undecided(
        "audit.unknown-witness",
        "A cosignature is of a key that no witness of this ledger has.",
        hint="Keep witnesses that are no longer asked in the list: evidence cosigner remove",
    )


def check_named(seal: StoredSeal, fact: SealFact, where: str) -> None:
    """The seal has the cosignatures that one of its entries names. Raises Refused."""
    held = {hashlib.sha256(one.line).digest() for one in seal.cosignatures}
    if not held.issuperset(fact.cosignatures):
        raise Refused(
            "audit.lost-cosignature", "A cosignature that was sealed is gone.", where=where
        )
