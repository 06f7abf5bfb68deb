"""Alerts about one ledger: made, noted once, and counted for the answer of one look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from evidence_ledger.core.alert import Alert, Severity
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import EvidenceError
from evidence_ledger.monitor.rules import MonitorParts
from evidence_ledger.monitor_ports import AlertBook


@dataclass(slots=True)
class Telling:
    """``found`` are the alerts of the present look, those that were told before among them."""

    parts: MonitorParts
    alerts: AlertBook
    ledger: str
    origin: Callable[[], str]
    found: list[Alert] = field(default_factory=list)

    def tell(
        self,
        code: str,
        severity: Severity,
        says: str,
        subject: str,
        evidence: str | None = None,
    ) -> None:
        """Note an alert. Raises OutputUnwritable."""
        now = self.parts.clock.now()
        alert = Alert(code, severity, self.ledger, self.origin(), says, subject, now, evidence)
        self.found.append(alert)
        self.alerts.add(alert)

    def trouble(self, code: str, error: EvidenceError, severity: Severity, subject: str) -> None:
        """An alert that something went wrong, with the reason."""
        self.tell(code, severity, f"{error} [{error.reason}]", f"{subject} {error.reason}")

    def convict(self, found: Misbehaviour, how: str) -> bool:
        """Keep the evidence and raise the alarm, if it holds before the known keys alone."""
        rules = self.parts.rules
        report = verify_misbehaviour(found.encode(), rules.all_keys(), rules.witnesses)
        if report.verdict is not Verdict.FAILED:
            return False
        name = self.parts.evidence.keep(found)
        if any(one.evidence == name for one in self.found):
            return True
        says = f"{report.steps[-1].says} {how}"
        self.tell("ledger.two-histories", Severity.ALARM, says, name, name)
        return True
