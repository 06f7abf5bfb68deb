"""The check of a completeness certificate with the certificates beside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.core.completeness import verify_completeness
from evidence_ledger.core.completeness_case import PresentedCertificate
from evidence_ledger.core.report import Report
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger_cli.log_place import log_source


def verify_matter(
    source: BinaryIO,
    certificates: Sequence[str],
    policy: TrustPolicy | None,
    at: datetime,
    log: str | None,
) -> Report:
    """Check with the certificates in these files; ``log`` is an address or a folder.

    Raises FileUnreadable, LogUnreachable for what is no address.
    """
    with ExitStack() as held:
        presented = [PresentedCertificate(name, _opened(held, name)) for name in certificates]
        public = held.enter_context(log_source(log)) if log is not None else None
        return verify_completeness(source, presented, policy, at, public)


def _opened(held: ExitStack, name: str) -> BinaryIO:
    with input_errors(Path(name)):
        return held.enter_context(Path(name).open("rb"))
