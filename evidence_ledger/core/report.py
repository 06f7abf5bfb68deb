"""What a check found: one verdict a step, one for the whole (ETSI EN 319 102-1, clause 5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
        """The worst verdict of any step. No steps prove nothing."""
        return worst(step.verdict for step in self.steps)

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


class Recipe:
    """Runs numbered steps in order and keeps what each one found.

    A step that needs an earlier one is INDETERMINATE, ``step.not-reached``, where that one did
    not come to its end.
    """

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._reached: set[str] = set()

    @property
    def steps(self) -> tuple[Step, ...]:
        """What was found so far."""
        return tuple(self._steps)

    def run(
        self,
        number: str,
        name: str,
        action: Callable[[], str],
        *,
        clause: str,
        explain: str = "",
        needs: Iterable[str] = (),
    ) -> bool:
        """Run ``action``, which says in one sentence what it proved, or raises EvidenceError.

        Returns whether it PASSED.
        """
        missing = [need for need in needs if need not in self._reached]
        if missing:
            step = Step(
                number,
                name,
                Verdict.INDETERMINATE,
                f"Not checked, because step {missing[0]} did not pass.",
                clause,
                "step.not-reached",
                explain=explain,
            )
        else:
            step = _tried(number, name, action, clause, explain)
        self._steps.append(step)
        if step.verdict is Verdict.PASSED:
            self._reached.add(number)
        return step.verdict is Verdict.PASSED


def _tried(number: str, name: str, action: Callable[[], str], clause: str, explain: str) -> Step:
    try:
        return Step(number, name, Verdict.PASSED, action(), clause, explain=explain)
    except EvidenceError as error:
        verdict = verdict_of(error)
        return Step(
            number, name, verdict, str(error), clause, error.reason, error.hint, explain=explain
        )
