"""What is kept of the check of a certificate that lies beside a completeness certificate.

A report holds all claims that a certificate shows, of whatever size; of many, not all are held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from evidence_ledger.core import certificate, entry
from evidence_ledger.core.container import Container
from evidence_ledger.core.entry import Entry
from evidence_ledger.core.report import Report, Step, Verdict
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.errors import Refused, Undecided

CASE_NUMBER = "matter/case_number"


@dataclass(frozen=True, slots=True)
class PresentedCertificate:
    """A certificate laid beside the completeness certificate; ``source`` is seekable."""

    name: str
    source: BinaryIO


@dataclass(frozen=True, slots=True)
class ExaminedCertificate:
    """``worst`` is the first step with the whole verdict; ``entry`` is None where the certificate
    is not sound enough to have one.
    """

    name: str
    verdict: Verdict
    worst: Step
    sealed: bool
    ledger: object
    case_number: str | None
    entry: Entry | None

    @classmethod
    def of(
        cls, one: PresentedCertificate, policy: TrustPolicy | None, at: datetime
    ) -> ExaminedCertificate:
        """What its own check says, as of ``at``."""
        report = verify_certificate(one.source, (), policy, at)
        parsed = None
        if "index" in report.facts:
            parsed = entry.parse(certificate.parse(Container(one.source)).entry)
        passed = {step.number for step in report.steps if step.verdict is Verdict.PASSED}
        return cls(
            one.name,
            report.verdict,
            next(step for step in report.steps if step.verdict is report.verdict),
            passed >= {"3", "6", "7"},
            report.facts.get("ledger"),
            _case_number(report),
            parsed,
        )

    def require_sealed(self) -> None:
        """Anybody can make up an entry: only one that the ledger signed says anything.

        Raises Refused, Undecided.
        """
        if not self.sealed:
            self.require_passed()

    def require_passed(self) -> None:
        """Raises Refused or Undecided where its own check did not pass."""
        if self.verdict is Verdict.PASSED:
            return
        says = f"Its own check says, in step {self.worst.number}: {self.worst.says}"
        if self.verdict is Verdict.FAILED:
            raise Refused("completeness.certificate", says, hint=self.worst.hint)
        raise Undecided("completeness.certificate-undecided", says, hint=self.worst.hint)


def _case_number(report: Report) -> str | None:
    claims = report.facts.get("claims")
    value = claims.get(CASE_NUMBER) if isinstance(claims, dict) else None
    return value if isinstance(value, str) else None
