"""Whether a signed checkpoint satisfies a tlog-policy (C2SP tlog-policy, tlog-proof steps 2, 3).

A key of the log never counts as a witness: neither a public key that a log line holds, nor a
cosignature under the checkpoint's own origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import Signed, known_signatures
from evidence_ledger.core.tlog_policy import PolicyWitness, TlogPolicy, shown
from evidence_ledger.errors import Undecided


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness of the policy and its verified cosignature."""

    witness: PolicyWitness
    signed: Signed


def check_log(policy: TlogPolicy, note: Note) -> tuple[Checkpoint, tuple[Signed, ...]]:
    """The checkpoint in ``note`` and its signatures by the log of that origin, at least one.

    Raises FormatError for what is no checkpoint, Refused where the signature of any log of the
    policy is wrong, Undecided where the policy does not know the log or the log has not signed.
    """
    checkpoint = Checkpoint.parse(note.text)
    signed = known_signatures(note, [log.key for log in policy.logs])
    origins = {log.key.name for log in policy.logs}
    if checkpoint.origin not in origins:
        raise Undecided(
            "checkpoint.unknown-origin",
            f"Your policy does not name the log {checkpoint.origin}.",
            hint="Add the log's verifier key to the policy, if you trust it.",
        )
    own = tuple(one for one in signed if one.key.name == checkpoint.origin)
    if not own:
        raise Undecided(
            "checkpoint.unsigned", "No key that your policy gives for this log has signed."
        )
    return checkpoint, own


def check_witnesses(policy: TlogPolicy, note: Note, origin: str) -> tuple[Cosigned, ...]:
    """The cosignatures of the policy's witnesses, in the note's order.

    Raises Refused where one of them is wrong, Undecided where they are fewer than the quorum.
    """
    witnesses = {witness.key: witness for witness in policy.witnesses}
    signed = known_signatures(note, witnesses)
    logs = {log.key.key for log in policy.logs}
    cosigned = [Cosigned(witnesses[one.key], one) for one in signed]
    counted = tuple(
        one
        for one in cosigned
        if one.witness.key.key not in logs and one.witness.key.name != origin
    )
    if not policy.satisfied_by(one.witness.name for one in counted):
        raise Undecided(
            "checkpoint.quorum",
            f"Cosigned by {_names(counted)}; that is not the quorum {shown(policy.quorum)}.",
        )
    return counted


def _names(cosigned: Sequence[Cosigned]) -> str:
    names = dict.fromkeys(shown(one.witness.name) for one in cosigned)
    return ", ".join(names) or "no witness of your policy"
