"""Checking a tlog-proof offline (C2SP tlog-proof, "Verifying a tlog proof")."""

from __future__ import annotations

from evidence_ledger.core import merkle
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.checkpoint_check import Cosigned, check_log, check_witnesses
from evidence_ledger.core.counting import counted
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import Signed
from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import Report
from evidence_ledger.core.tlog_policy import NO_QUORUM, TlogPolicy, shown
from evidence_ledger.core.tlog_proof import TlogProof

_READ = Task(
    "1",
    "Read the proof",
    "C2SP tlog-proof, Format",
    "The proof must be written in its one allowed form, so that it can mean one thing only.",
)
_LOG = Task(
    "2",
    "Check the log's signature",
    "C2SP tlog-proof, Verifying, step 2",
    "The log signs the size and the root of all that it holds. The key comes from your policy.",
)
_WITNESSES = Task(
    "3",
    "Check the witnesses",
    "C2SP tlog-proof, Verifying, step 3; tlog-policy",
    "Witnesses cosign only what contains all that they saw before, so that a log can't show "
    "different histories to different people.",
)
_INCLUSION = Task(
    "4",
    "Check that the log holds the entry",
    "C2SP tlog-proof, Verifying, steps 1 and 4; RFC 9162, section 2.1.3.2",
    "The fingerprint of the entry, joined with those in the proof, must give the signed root.",
)


def verify_proof(proof: bytes, leaf: bytes, policy: TlogPolicy) -> Report:
    """Check that a log of ``policy`` holds the entry ``leaf`` and that the quorum has seen it.

    ``proof`` is a C2SP tlog-proof, ``leaf`` the entry's exact bytes (RFC 9162, 2.1.1).

    1. Read the proof and the signed note in it.
    2. Check the log's signatures under the checkpoint, and that the policy names its origin.
    3. Check the cosignatures of the policy's witnesses, and that they are the quorum.
    4. Check that the leaf's hash leads through the proof to the signed root.

    Signatures of keys outside the policy, the proof's extra data and the checkpoint's extension
    lines are named in the facts, and nothing vouches for them. Raises nothing.
    """
    recipe = Recipe("proof", {"leaf_hash": merkle.leaf_hash(leaf).hex()})
    read = recipe.step(_READ, lambda: _read(proof))
    if read is None:
        return _without(recipe, _LOG, _WITNESSES, _INCLUSION)
    found, note = read
    recipe.facts.update(index=found.index, unproved_extra=found.extra is not None)
    log = recipe.step(_LOG, lambda: _log(policy, note))
    if log is None:
        return _without(recipe, _WITNESSES, _INCLUSION)
    checkpoint, signed = log
    recipe.facts.update(_checkpoint_facts(checkpoint, signed))
    cosigned = recipe.step(_WITNESSES, lambda: _witnesses(policy, note, checkpoint)) or ()
    recipe.facts.update(_signature_facts(note, policy, cosigned))
    recipe.step(_INCLUSION, lambda: _inclusion(found, leaf, checkpoint))
    return recipe.report()


def _without(recipe: Recipe, *tasks: Task) -> Report:
    for task in tasks:
        recipe.skip(task)
    return recipe.report()


def _read(proof: bytes) -> tuple[tuple[TlogProof, Note], str]:
    found = TlogProof.parse(proof)
    note = Note.parse(found.checkpoint_note)
    return (found, note), (
        f"A proof for entry {found.index} with {counted(len(found.hashes), 'hash', 'hashes')}."
    )


def _log(policy: TlogPolicy, note: Note) -> tuple[tuple[Checkpoint, tuple[Signed, ...]], str]:
    checkpoint, signed = check_log(policy, note)
    return (checkpoint, signed), f"Signed by {checkpoint.origin} at size {checkpoint.size}."


def _witnesses(
    policy: TlogPolicy, note: Note, checkpoint: Checkpoint
) -> tuple[tuple[Cosigned, ...], str]:
    cosigned = check_witnesses(policy, note, checkpoint.origin)
    names = dict.fromkeys(shown(one.witness.name) for one in cosigned)
    if policy.quorum == NO_QUORUM:
        return cosigned, (
            f"Your policy asks for no witness. Of those that it names, {len(names)} cosigned."
        )
    return cosigned, f"Cosigned by {', '.join(names)}; the quorum is {shown(policy.quorum)}."


def _inclusion(found: TlogProof, leaf: bytes, checkpoint: Checkpoint) -> tuple[None, str]:
    merkle.verify_inclusion(
        merkle.leaf_hash(leaf), found.index, checkpoint.size, found.hashes, checkpoint.root
    )
    size = counted(checkpoint.size, "entry", "entries")
    return None, f"The log of {size} holds it as entry {found.index}."


def _checkpoint_facts(checkpoint: Checkpoint, signed: tuple[Signed, ...]) -> dict[str, object]:
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "log_keys": [one.key.key_id.hex() for one in signed],
        "unproved_extension_lines": len(checkpoint.extensions),
    }


def _signature_facts(
    note: Note, policy: TlogPolicy, cosigned: tuple[Cosigned, ...]
) -> dict[str, object]:
    keys = [log.key for log in policy.logs] + [one.key for one in policy.witnesses]
    known = {(key.name, key.key_id) for key in keys}
    lines = [line for line in note.signatures if (line.name, line.key_id) not in known]
    return {
        "witnesses": [_cosigned_fact(one) for one in cosigned],
        "ignored_signatures": [f"{line.name}+{line.key_id.hex()}" for line in lines],
    }


def _cosigned_fact(cosigned: Cosigned) -> dict[str, object]:
    cosignature = cosigned.signed.cosignature
    moment = cosignature.moment if cosignature else None
    return {
        "name": shown(cosigned.witness.name),
        "key": f"{cosigned.witness.key.name}+{cosigned.witness.key.key_id.hex()}",
        "time": time_text(moment) if moment else None,
    }
