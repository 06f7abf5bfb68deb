"""A recipe that keeps its errors beside the report, for those who want the first one raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import verdict_of, worst
from evidence_ledger.errors import EvidenceError

T = TypeVar("T")


class Examination:
    """Steps taken in order; ``errors`` are those of the steps that did not pass."""

    def __init__(self, subject: str) -> None:
        self.recipe = Recipe(subject)
        self.errors: list[EvidenceError] = []

    @property
    def error(self) -> EvidenceError | None:
        """The first error of the worst verdict, or None."""
        verdict = worst(map(verdict_of, self.errors))
        return next((error for error in self.errors if verdict_of(error) is verdict), None)

    def step(self, task: Task, check: Callable[[], tuple[T, str]]) -> T | None:
        """Run ``check``, which returns its result and one sentence, or raises EvidenceError.

        Returns the result, or None where the step did not pass; the error is kept.
        """

        def noted() -> tuple[T, str]:
            try:
                return check()
            except EvidenceError as error:
                self.errors.append(error)
                raise

        return self.recipe.step(task, noted)
