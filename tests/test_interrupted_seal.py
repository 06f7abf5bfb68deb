"""Seals that a power cut interrupts, or that two programs make at once: finished, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import HeadMoved
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import Store
from evidence_ledger.sealing.sealer import Sealer
from tests.fakes import Fuse, PowerCut, unreachable
from tests.workbench import Workbench, found, kinds, written


def count_calls(folder: Path) -> int:
    """How many calls of its ports one seal makes."""
    folder.mkdir()
    bench, fuse = Workbench(folder), Fuse()
    bench.deposit()
    bench.reopened(fuse).seal()
    bench.store.close()
    return fuse.calls


def test_a_seal_that_is_interrupted_anywhere_is_finished_once(tmp_path: Path) -> None:
    calls = count_calls(tmp_path / "count")
    assert calls >= 8
    for number in range(2 * calls):
        folder = tmp_path / str(number)
        folder.mkdir()
        check_interrupted(Workbench(folder), Fuse(number // 2, late=bool(number % 2)))


def check_interrupted(bench: Workbench, fuse: Fuse) -> None:
    index = bench.deposit()
    with pytest.raises(PowerCut):
        bench.reopened(fuse).seal()
    audited = bench.audit()
    assert audited.verdict is not Verdict.FAILED, audited
    bench.clock.move(seconds=1)
    bench.reopened().seal()
    assert kinds(bench).count("seal") == 1
    assert bench.reopened().seal().seal is None
    report = bench.audit()
    assert report.verdict is Verdict.PASSED, report
    assert bench.check(written(bench.issue(index))).verdict is Verdict.PASSED
    bench.store.close()


def test_a_deposit_between_interruption_and_finish_waits_for_the_next_seal(
    tmp_path: Path,
) -> None:
    for number, late in ((1, True), (2, False), (3, True), (4, True), (7, True)):
        folder = tmp_path / f"{number}{late}"
        folder.mkdir()
        bench = Workbench(folder)
        bench.deposit()
        with pytest.raises(PowerCut):
            bench.reopened(Fuse(number, late=late)).seal()
        bench.ledger = bench.reopened()
        second = bench.deposit()
        bench.ledger.seal()
        bench.ledger.seal()
        assert bench.audit().verdict is Verdict.PASSED
        assert bench.check(written(bench.issue(second))).verdict is Verdict.PASSED
        bench.store.close()


class Slow:
    """A store where another program finishes the seal just before this one's entry."""

    def __init__(self, store: Store, other: Callable[[], object]) -> None:
        self._store = store
        self._other: Callable[[], object] | None = other

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def head(self) -> object:
        seal = self._store.seal(-1)
        if self._other is not None and seal is not None and seal.tokens:
            other, self._other = self._other, None
            other()
        return self._store.head()


def test_two_programs_with_different_tokens_append_one_seal_entry(bench: Workbench) -> None:
    """Each saw other tokens, so that their statements differ: the second must not append."""
    bench.deposit()
    bench.authorities[1].answer = unreachable

    def finish() -> None:
        bench.authorities[1].answer = bytes
        assert bench.reopened().seal().seal is not None

    store = cast(Store, Slow(bench.store, finish))
    Ledger(replace(bench.parts(), store=store)).seal()
    assert kinds(bench) == ["deposit", "seal"]
    assert bench.audit().verdict is Verdict.PASSED


class Beaten:
    """A store whose append loses against a deposit, once."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._lost = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._bench.store, name)

    def append(self, before: object, extension: object) -> None:
        if not self._lost:
            self._lost = True
            self._bench.deposit()
        self._bench.store.append(before, extension)  # type: ignore[arg-type]  # handed through


def test_a_deposit_that_comes_between_does_not_repeat_the_seals_entry(bench: Workbench) -> None:
    bench.deposit()
    Ledger(replace(bench.parts(), store=cast(Store, Beaten(bench)))).seal()
    assert kinds(bench) == ["deposit", "deposit", "seal"]
    assert bench.audit().verdict is Verdict.PASSED


def test_a_seal_whose_number_is_taken_is_told(bench: Workbench) -> None:
    bench.deposit()
    seal = bench.ledger.seal().seal
    assert seal is not None
    with pytest.raises(HeadMoved):
        bench.store.add_seal(seal, bench.store.seal_objects(0))


def test_a_token_that_came_after_the_seals_entry_counts_and_passes_the_audit(
    bench: Workbench,
) -> None:
    """Two programs at one seal: the slower one's token comes when the entry is written."""
    bench.authorities[1].answer = unreachable
    index = bench.deposit()
    seal = bench.ledger.seal().seal
    assert seal is not None
    report = bench.check(written(bench.issue(index)))
    assert found(report, "9") == (Verdict.INDETERMINATE, "time.authorities")
    bench.authorities[1].answer = bytes
    kept, failures, _ = Sealer(bench.parts()).ask(seal)
    assert ([one.authority for one in kept.tokens], failures) == (["Alpha", "Beta"], [])
    assert bench.audit().verdict is Verdict.PASSED
    assert bench.check(written(bench.issue(index))).verdict is Verdict.PASSED
