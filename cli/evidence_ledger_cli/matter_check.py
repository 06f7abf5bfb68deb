"""The check of a completeness certificate with the certificates beside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from evidence_ledger.core.completeness import check_completeness
from evidence_ledger.core.examined_certificate import PresentedCertificate
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.report import Report
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger_cli.file_in_turn import Turns
from evidence_ledger_cli.log_place import log_source


def verify_matter(
    source: BinaryIO,
    certificates: Sequence[str],
    policy: TrustPolicy | None,
    at: datetime,
    log: str | None,
) -> tuple[Report, Misbehaviour | None]:
    """Check with the certificates in these files; ``log`` is an address or a folder. The evidence
    is there where that shows that the operator signed two histories.

    Raises FileUnreadable, NotARegularFile, LogUnreachable for what is no address.
    """
    with ExitStack() as held:
        turns = held.enter_context(Turns())
        presented = [PresentedCertificate(name, turns.file(Path(name))) for name in certificates]
        public = held.enter_context(log_source(log)) if log is not None else None
        return check_completeness(source, presented, policy, at, public)
