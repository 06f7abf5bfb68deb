"""What the check is tried on: a sealed ledger and one sound certificate of it."""

from __future__ import annotations

from pathlib import Path

from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.report import Report, Verdict
from tests.workbench import Workbench, fact, presented, written

PASSED, INDETERMINATE, FAILED = Verdict.PASSED, Verdict.INDETERMINATE, Verdict.FAILED
FILES = {"a.txt": b"alpha", "b.txt": b"beta"}
BESIDE = [presented(name, data) for name, data in FILES.items()]
CASE = ("matter/case_number", "4711")


class Subject:
    """A sealed ledger with neighbours, and the certificate of one entry in it."""

    def __init__(self, folder: Path) -> None:
        self.bench = Workbench(folder)
        self.bench.deposit([fact("other.txt", b"of a neighbour")])
        facts = [fact(name, data) for name, data in FILES.items()]
        self.index = self.bench.deposit(facts, [CASE])
        self.bench.deposit([fact("other.txt", b"of another neighbour")])
        assert not self.bench.ledger.seal().failures
        self.parts = self.bench.issue(self.index)
        self.data = written(self.parts)

    def check(
        self, parts: Certificate, policy: str | None = "", files: list[PresentedFile] | None = None
    ) -> Report:
        return self.bench.check(written(parts), BESIDE if files is None else files, policy)
