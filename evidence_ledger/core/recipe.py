"""A numbered recipe of checks that turns errors into verdicts and goes on as far as it can."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from evidence_ledger.core.report import Report, Step, Verdict, verdict_of
from evidence_ledger.errors import EvidenceError

T = TypeVar("T")

SKIPPED = "step.not-reached"
"""The reason of a step that could not be taken."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a step is called, the clause it follows, and what it means in plain words."""

    number: str
    name: str
    clause: str = ""
    explain: str = ""


@dataclass(slots=True)
class Recipe:
    """The steps so far and the facts that they established."""

    subject: str
    facts: dict[str, object] = field(default_factory=dict)
    _steps: list[Step] = field(default_factory=list)

    def step(self, task: Task, check: Callable[[], tuple[T, str]]) -> T | None:
        """Run ``check``, which returns its result and one sentence, or raises EvidenceError.

        Returns the result, or None where the step did not pass.
        """
        try:
            result, says = check()
        except EvidenceError as error:
            self._add(task, verdict_of(error), str(error), error.reason, error.hint)
            return None
        self._add(task, Verdict.PASSED, says)
        return result

    def run(self, task: Task, action: Callable[[], str], needs: Iterable[str] = ()) -> None:
        """Run ``action``, which says in one sentence what it proved, or raises EvidenceError.

        It is skipped where a step that it ``needs``, by number, did not pass.
        """
        if self.passed(needs):
            self.step(task, lambda: (None, action()))
        else:
            self.skip(task)

    def passed(self, numbers: Iterable[str]) -> bool:
        """Whether all these steps were taken and passed."""
        passed = {step.number for step in self._steps if step.verdict is Verdict.PASSED}
        return passed.issuperset(numbers)

    def skip(self, task: Task) -> None:
        """Note a step that can't be taken because one before it did not pass."""
        self._add(
            task,
            Verdict.INDETERMINATE,
            "Not checked: a step before it did not pass.",
            SKIPPED,
        )

    def report(self) -> Report:
        """The steps taken."""
        return Report(self.subject, tuple(self._steps), self.facts)

    def _add(
        self,
        task: Task,
        verdict: Verdict,
        says: str,
        reason: str | None = None,
        hint: str | None = None,
    ) -> None:
        self._steps.append(
            Step(task.number, task.name, verdict, says, task.clause, reason, hint, task.explain)
        )
