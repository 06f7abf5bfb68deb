"""Whether a checkpoint's signatures are those that a trust policy asks for."""

from __future__ import annotations

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import known_signatures
from evidence_ledger.core.trust_policy import TrustedLog, TrustPolicy
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import Refused, Undecided

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


def check_witnesses(note: Note, policy: TrustPolicy | None) -> str:
    """Enough distinct witnesses have cosigned. Raises Refused, Undecided."""
    if policy is None:
        raise Undecided(
            "checkpoint.no-policy",
            "No witness counts, because no trust policy was given.",
            hint="Name the witnesses that you trust in a trust policy.",
        )
    keys = tuple(witness.key for witness in policy.witnesses)
    signed = {one.key.key for one in known_signatures(note, keys)}
    names = {witness.name for witness in policy.witnesses if witness.key.key in signed}
    if len(names) < policy.witnesses_required:
        raise Undecided(
            "checkpoint.witnesses",
            f"Witnesses that cosigned: {len(names)}; the trust policy asks for "
            f"{policy.witnesses_required}.",
            hint="Ask the ledger for the certificate again: cosignatures may have come later.",
        )
    if not names:
        return "The trust policy asks for no witness."
    return f"Cosigned by {', '.join(sorted(names))}."


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
