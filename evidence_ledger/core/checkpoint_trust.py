"""Whether a checkpoint's signatures are those that a trust policy asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import known_signatures
from evidence_ledger.core.trust_policy import TrustedLog, TrustedWitness, TrustPolicy
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import Refused, Undecided

TOLERANCE: Final = timedelta(minutes=5)
"""How far a witness's clock may be ahead of whoever checks."""
_HINT = "Name the ledger's verifier keys in a trust policy, taken from the ledger's operator."


def check_log(note: Note, checkpoint: Checkpoint, policy: TrustPolicy | None) -> str:
    """The ledger's own signatures: one of each kind of key that the policy names for it.

    Returns what was found. Raises Refused where one is wrong, Undecided where one is missing.
    """
    if policy is None:
        raise Undecided(
            "checkpoint.no-policy",
            "Nobody vouches for the ledger's keys, because no trust policy was given.",
            hint=_HINT,
        )
    log = _log(checkpoint.origin, policy)
    signed = {one.key.type for one in known_signatures(note, log.keys)}
    missing = {key.type for key in log.keys} - signed
    if missing:
        kinds = ", ".join(sorted(_kind(one) for one in missing))
        raise Undecided(
            "checkpoint.unsigned", f"The ledger's {kinds} key has not signed the checkpoint."
        )
    kinds = " and ".join(sorted(_kind(one) for one in signed))
    return f"Signed by {checkpoint.origin} with {kinds}, as the trust policy names it."


def check_own(note: Note, keys: tuple[VerifierKey, ...]) -> None:
    """The signatures against keys that the certificate itself brings, if any.

    They prove no identity. Raises Refused where one is wrong or none fits.
    """
    if keys and not known_signatures(note, keys):
        raise Refused(
            "checkpoint.own-keys", "The certificate's own keys have not signed its checkpoint."
        )


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness of the trust policy whose cosignature was verified, with one of its keys.

    ``moment`` is None where the cosignature does not say when it was made.
    """

    witness: TrustedWitness
    moment: datetime | None
    operator_run: bool


def cosigners(note: Note, policy: TrustPolicy, at: datetime) -> tuple[Cosigner, ...]:
    """The policy's witnesses that had cosigned ``note`` at the moment ``at``, in its order.

    A key of the ledger is none: neither one that the policy gives a log, nor one under the
    checkpoint's own origin. Raises Refused where the line of any witness of the policy is wrong.
    """
    origin = Checkpoint.parse(note.text).origin
    witnesses = {one.key: one for one in policy.witnesses}
    logs = {key.key for log in policy.logs for key in log.keys}
    found = [
        Cosigner(
            witnesses[one.key],
            one.cosignature.moment if one.cosignature else None,
            witnesses[one.key].name in policy.quorum.operator_run,
        )
        for one in known_signatures(note, witnesses)
    ]
    return tuple(
        one
        for one in found
        if one.witness.key.key not in logs
        and one.witness.key.name != origin
        and (one.moment is None or one.moment <= at + TOLERANCE)
    )


def check_quorum(found: Sequence[Cosigner], policy: TrustPolicy) -> str:
    """Enough witnesses have cosigned. Returns who and when. Raises Undecided."""
    names = {one.witness.name for one in found}
    lacking = "; ".join(policy.quorum.lacking(names))
    if lacking:
        raise Undecided(
            "checkpoint.witnesses",
            f"{_cosigned(found)} The trust policy asks for more: so far {lacking}.",
            hint="Ask the ledger for the certificate again: cosignatures may have come later.",
        )
    if policy.quorum.is_none:
        return f"The trust policy asks for no witness. {_cosigned(found)}"
    return _cosigned(found)


def _cosigned(found: Sequence[Cosigner]) -> str:
    """Who cosigned, and when they first did."""
    firsts: dict[str, Cosigner] = {}
    for one in found:
        before = firsts.setdefault(one.witness.name, one)
        if one.moment and (before.moment is None or one.moment < before.moment):
            firsts[one.witness.name] = one
    if not firsts:
        return "No witness that the trust policy names has cosigned."
    return f"Cosigned by {', '.join(map(_told, firsts.values()))}."


def _told(one: Cosigner) -> str:
    run = " (run by the ledger's operator)" if one.operator_run else ""
    moment = f" on {one.moment:%Y-%m-%d %H:%M:%S} UTC" if one.moment else ""
    return f"{one.witness.name}{run}{moment}"


def _log(origin: str, policy: TrustPolicy) -> TrustedLog:
    for log in policy.logs:
        if log.keys[0].name == origin:
            return log
    raise Undecided(
        "checkpoint.unknown-log", f"The trust policy does not name the ledger {origin}.", hint=_HINT
    )


def _kind(key_type: int) -> str:
    names = {KeyType.ED25519: "Ed25519", KeyType.ML_DSA_44: "ML-DSA-44"}
    return names.get(KeyType(key_type), KeyType(key_type).name)
