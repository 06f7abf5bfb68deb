"""What a monitor tells: one line of JSON, with an id that is the same whenever it is found again.

{"code":"ledger.two-histories","id":"5f…","ledger":"https://ledger.example",
 "origin":"ledger.example/1","says":"…","severity":"alarm","subject":"…",
 "time":"2026-11-22T10:00:00Z"}
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.report import Verdict


class Severity(StrEnum):
    """An alarm is a proved defect; a warning says that something could not be decided."""

    ALARM = "alarm"
    WARNING = "warning"
    NOTICE = "notice"

    @property
    def verdict(self) -> Verdict:
        """What a single look at the ledger answers because of it."""
        return _VERDICTS[self]


_VERDICTS = {
    Severity.ALARM: Verdict.FAILED,
    Severity.WARNING: Verdict.INDETERMINATE,
    Severity.NOTICE: Verdict.PASSED,
}


@dataclass(frozen=True, slots=True)
class Alert:
    """``code`` is stable; ``subject`` names what it is about, so that it is told once.

    ``ledger`` is the address; ``evidence`` the file of evidence, where there is one.
    """

    code: str
    severity: Severity
    ledger: str
    origin: str
    says: str
    subject: str
    time: datetime
    evidence: str | None = None

    @property
    def id(self) -> str:
        """64 bits in hex over what it is about; the time and the words do not count."""
        parts = "\0".join((self.code, self.ledger, self.origin, self.subject))
        return sha256(parts.encode("utf-8", "replace")).hexdigest()[:16]

    def to_json(self) -> dict[str, object]:
        """JSON values with stable member names."""
        members: dict[str, object] = {
            "id": self.id,
            "code": self.code,
            "severity": str(self.severity),
            "ledger": self.ledger,
            "origin": self.origin,
            "says": self.says,
            "subject": self.subject,
            "time": time_text(self.time),
        }
        return members if self.evidence is None else members | {"evidence": self.evidence}
