"""What a monitor is asked to do, and with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.held import Held
from evidence_ledger.core.quorum import Quorum
from evidence_ledger.core.trust_policy import TrustedWitness, TrustPolicy
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.monitor_ports import EvidenceKeeper, WitnessView
from evidence_ledger.ports import Clock

SEAL_WITHIN = timedelta(days=1)
SAVE_EVERY = 64 * 256
"""Entries after which the way to a checkpoint is saved."""

FOLLOW_WITHIN = timedelta(minutes=10)
"""How long one look follows one ledger before another has its turn."""

COMPARE_WITHIN = timedelta(minutes=2)
"""After which one look begins no further comparison with what could not be followed."""

LOOK_WITHIN = timedelta(minutes=15)
"""After which one look asks a ledger nothing more, whatever it is asked for."""

PROMPT = timedelta(seconds=10)
"""A ledger that takes longer, or does not answer, is looked at aside the next time."""

LONG = timedelta(minutes=1)
"""One that takes longer is looked at apart from those again."""

WORKERS = 8
"""Ledgers that are followed at the same time."""

MOST_UNFOLLOWED = 16
"""Checkpoints that are kept of those that were signed and could not be followed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """``keys`` by origin. ``files`` and ``signers`` are watched for: a digest with its algorithm,
    and SHA-256 of an X.509 certificate, each with the name that alerts call it by. ``held`` are
    checkpoints by which the ledgers must stand. With ``signatures`` the certificate of each entry
    is checked against ``policy``.
    """

    keys: Mapping[str, Sequence[VerifierKey]]
    witnesses: Sequence[TrustedWitness] = ()
    quorum: Quorum = field(default_factory=Quorum)
    seal_within: timedelta = SEAL_WITHIN
    files: Mapping[tuple[Algorithm, bytes], str] = field(default_factory=dict)
    signers: Mapping[bytes, str] = field(default_factory=dict)
    held: Sequence[Held] = ()
    signatures: bool = False
    policy: TrustPolicy | None = None

    def all_keys(self) -> list[VerifierKey]:
        """Those of every ledger."""
        return [key for keys in self.keys.values() for key in keys]


@dataclass(frozen=True, slots=True)
class MonitorParts:
    """What all followed ledgers share."""

    clock: Clock
    evidence: EvidenceKeeper
    rules: Rules
    witnesses: Sequence[WitnessView] = ()
