"""A parser or a check under fuzzing, and what it may do with any bytes at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided
from tests.conftest import CORPUS

T = TypeVar("T")
FINDINGS = Path(__file__).parent / "findings"
"""One folder a target; in it one small file for each input that once broke something."""


@dataclass(frozen=True, slots=True)
class Target:
    """``judge`` takes any bytes and may raise what refuses them, and nothing else.

    ``seeds`` are inputs to start from, among them such as reach the end of ``judge``.
    """

    name: str
    judge: Callable[[bytes], object]
    seeds: tuple[bytes, ...]

    def run(self, data: bytes) -> None:
        """Judge ``data``. What escapes is a bug."""
        refusal(lambda: self.judge(data))


def refusal(check: Callable[[], object]) -> EvidenceError | None:
    """The refusal that ``check`` raises, or None. Errors of the world are bugs here."""
    try:
        check()
    except (Refused, Undecided, FormatError) as error:
        return error
    return None


def each(*checks: Callable[[], object]) -> None:
    """Run all checks, each of which may refuse."""
    for check in checks:
        refusal(check)


Facts = Mapping[str, object]


class Reports:
    """Reports of a check that never raises and never passes with facts that no seed has.

    ``free`` are the facts that may differ: the moment, and what the report calls not proved.
    ``fewer`` are lists of which a part may be missing, in any order: whoever takes one of several
    cosignatures away leaves a proof that passes where the quorum needs no more.
    """

    def __init__(
        self, check: Callable[[bytes], Report], *free: str, fewer: Sequence[str] = ()
    ) -> None:
        self._check, self._free, self._fewer = check, frozenset(free), tuple(fewer)
        self._known: list[Facts] = []

    def learn(self, seeds: Iterable[bytes]) -> tuple[bytes, ...]:
        """The seeds; those that pass are known to."""
        found = tuple(seeds)
        for seed in found:
            report = self._check(seed)
            if report.verdict is Verdict.PASSED:
                self._known.append(self._established(report))
        assert self._known, "no seed passes"
        return found

    def judge(self, data: bytes) -> None:
        """Check ``data``."""
        try:
            report = self._check(data)
        except EvidenceError as error:
            raise AssertionError("a check that never raises did") from error
        told = json.dumps(report.to_json())
        assert told
        if report.verdict is Verdict.PASSED:
            facts = self._established(report)
            assert any(self._within(facts, one) for one in self._known), "passed with other facts"

    def _established(self, report: Report) -> Facts:
        facts = {name: fact for name, fact in report.facts.items() if name not in self._free}
        return cast("Facts", json.loads(json.dumps(facts)))

    def _within(self, facts: Facts, known: Facts) -> bool:
        if facts.keys() != known.keys():
            return False
        return all(self._agrees(name, fact, known[name]) for name, fact in facts.items())

    def _agrees(self, name: str, fact: object, known: object) -> bool:
        if name in self._fewer and isinstance(fact, list) and isinstance(known, list):
            return all(fact.count(one) <= known.count(one) for one in fact)
        return fact == known


def read_corpus(*patterns: str) -> Sequence[bytes]:
    """The files of the corpus folder that match; none where it is absent."""
    return [path.read_bytes() for one in patterns for path in sorted(CORPUS.glob(one))]
