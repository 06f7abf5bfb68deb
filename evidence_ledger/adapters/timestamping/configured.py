"""The timestamp authorities that a ledger's ``authorities.toml`` lists, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from evidence_ledger.adapters.timestamping.authority_list import AuthorityEntry
from evidence_ledger.adapters.timestamping.http import HttpAuthority
from evidence_ledger.adapters.timestamping.pace import Pace
from evidence_ledger.adapters.timestamping.patient import Manners, PatientAuthority
from evidence_ledger.ports import Clock, Entropy, TimestampAuthority


def remote_authority(
    one: AuthorityEntry,
    folder: Path,
    clock: Clock,
    entropy: Entropy,
    sleep: Callable[[float], object],
) -> TimestampAuthority:
    """One authority over HTTP, asked politely; ``folder`` holds whose turn it is."""
    http = HttpAuthority(
        one.name,
        one.url,
        one.roots,
        independent=one.independent,
        policy=one.policy,
        patience=float(one.timeout),
    )
    pace = Pace(folder, one.url, timedelta(seconds=one.interval), clock)
    return PatientAuthority(http, Manners(sleep, entropy, pace), one.policy)
