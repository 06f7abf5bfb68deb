"""Checks of signatures that tests give to an audit instead of its own."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_ledger.core.row_audit import AuditRow
from evidence_ledger.errors import EvidenceError


class Ignore:
    """A check of signatures that lets all pass."""

    def __init__(self) -> None:
        self.found: EvidenceError | None = None

    def take(self, rows: Sequence[AuditRow], plain: object) -> None:
        """Nothing is said of statements."""
        del plain
        self.see(rows)

    def see(self, rows: Sequence[AuditRow]) -> None:
        """Nothing is said of entries."""

    def finish(self) -> EvidenceError | None:
        """What was found."""
        return self.found
