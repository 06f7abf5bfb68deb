"""What a check found: one verdict a step, one for the whole (ETSI EN 319 102-1, clause 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from evidence_ledger.errors import EvidenceError, FormatError, NewerFormat, Refused, Undecided


class Verdict(StrEnum):
    """The three answers. FAILED only for proof of a defect; INDETERMINATE for all else."""

    PASSED = "PASSED"
    INDETERMINATE = "INDETERMINATE"
    FAILED = "FAILED"


_SEVERITY = {Verdict.PASSED: 0, Verdict.INDETERMINATE: 1, Verdict.FAILED: 2}


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered step of a recipe.

    ``number`` is dotted text ("3", "9.2"); ``clause`` names the standard; ``reason`` is the stable
    code of a verdict that is not PASSED; ``says`` is one sentence; ``explain`` is for someone who
    has never seen a hash.
    """

    number: str
    name: str
    verdict: Verdict
    says: str
    clause: str = ""
    reason: str | None = None
    hint: str | None = None
    explain: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All steps in order, and the facts that they establish (JSON values only)."""

    subject: str
    steps: tuple[Step, ...]
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of any step. No steps prove nothing.

        A part of a step (9.2 of 9) that stays INDETERMINATE does not count where the step itself
        PASSED: the others were enough.
        """
        passed = {step.number for step in self.steps if step.verdict is Verdict.PASSED}
        return worst(
            step.verdict
            for step in self.steps
            if step.verdict is not Verdict.INDETERMINATE
            or step.number.partition(".")[0] not in passed
        )

    def to_json(self) -> dict[str, object]:
        """The report as JSON values, with stable member names."""
        steps = [
            {
                "number": step.number,
                "name": step.name,
                "verdict": str(step.verdict),
                "reason": step.reason,
                "says": step.says,
                "hint": step.hint,
                "clause": step.clause,
            }
            for step in self.steps
        ]
        return {
            "subject": self.subject,
            "verdict": str(self.verdict),
            "steps": steps,
            "facts": dict(self.facts),
        }


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The most severe of some verdicts; INDETERMINATE for none at all."""
    return max(verdicts, key=_SEVERITY.__getitem__, default=Verdict.INDETERMINATE)


def verdict_of(error: EvidenceError) -> Verdict:
    """FAILED for a proved defect or malformed bytes; INDETERMINATE for what can't be decided."""
    if isinstance(error, Undecided | NewerFormat):
        return Verdict.INDETERMINATE
    if isinstance(error, Refused | FormatError):
        return Verdict.FAILED
    return Verdict.INDETERMINATE
