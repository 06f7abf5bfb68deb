"""Several authorities at one seal: in parallel, in time, verified, completed later, compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import cast

import pytest

from evidence_ledger.adapters.sql.store import SqlStore
from evidence_ledger.core import statement
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import AuthorityAnswerInvalid, AuthorityError
from evidence_ledger.ledger import Ledger, SealResult
from evidence_ledger.ports import Store
from evidence_ledger.sealing.asking import AskingRules
from evidence_ledger.stored import StoredSeal
from tests.fakes import NOON, FakeAuthority, FakeClock, Fuse, PowerCut, unreachable
from tests.workbench import Workbench, found, kinds, written


def ledger_of(bench: Workbench, rules: AskingRules) -> Ledger:
    return Ledger(replace(bench.parts(), rules=rules))


def sealed(result: SealResult) -> StoredSeal:
    assert result.seal is not None
    return result.seal


def names(result: SealResult) -> list[str]:
    return [token.authority for token in sealed(result).tokens]


# --- asked at once


def test_all_are_asked_at_the_same_time(bench: Workbench) -> None:
    """Each answers only when the other has been asked too."""
    both = Barrier(2, timeout=10)

    def meet(response: bytes) -> bytes:
        both.wait()
        return response

    for one in bench.authorities:
        one.answer = meet
    bench.deposit()
    assert names(bench.ledger.seal()) == ["Alpha", "Beta"]


def hanging(until: Event) -> Callable[[bytes], bytes]:
    def answer(response: bytes) -> bytes:
        until.wait(30)
        return response

    return answer


def test_one_that_hangs_holds_up_no_seal(bench: Workbench) -> None:
    until = Event()
    bench.authorities[0].answer = hanging(until)
    index = bench.deposit()
    result = ledger_of(bench, AskingRules(deadline=0.2)).seal()
    assert names(result) == ["Beta"]
    assert result.missing == ("Alpha",)
    assert [str(one) for one in result.failures] == ["Alpha did not answer within 0.2 seconds."]
    assert bench.issue(index).records
    until.set()


def test_an_answer_after_the_deadline_is_never_kept(bench: Workbench) -> None:
    until, answered = Event(), Event()

    def late(response: bytes) -> bytes:
        until.wait(30)
        answered.set()
        return response

    bench.authorities[0].answer = late
    bench.deposit()
    ledger_of(bench, AskingRules(deadline=0.2)).seal()
    until.set()
    assert answered.wait(10)
    kept = bench.store.seal(0)
    assert kept is not None
    assert [token.authority for token in kept.tokens] == ["Beta"]


def test_with_enough_tokens_the_rest_is_not_waited_for(bench: Workbench) -> None:
    until = Event()
    bench.authorities[0].answer = hanging(until)
    bench.deposit()
    result = ledger_of(bench, AskingRules(required=1, deadline=25.0)).seal()
    assert names(result) == ["Beta"]
    assert result.missing == ()
    until.set()


def test_a_mistake_of_ours_is_not_taken_for_a_failure(bench: Workbench) -> None:
    def broken(_response: bytes) -> bytes:
        raise ZeroDivisionError

    bench.authorities[0].answer = broken
    bench.deposit()
    with pytest.raises(ZeroDivisionError):
        bench.ledger.seal()


def test_all_dead_leaves_the_deposit_accepted_and_the_seal_open(bench: Workbench) -> None:
    for one in bench.authorities:
        one.answer = unreachable
    index = bench.deposit()
    result = bench.ledger.seal()
    assert (sealed(result).tokens, sealed(result).entry) == ((), None)
    assert result.missing == ("Alpha", "Beta")
    assert bench.ledger.entry(index).index == index
    assert bench.audit().verdict is Verdict.PASSED


# --- stand-ins


def test_a_stand_in_is_not_asked_while_the_first_answers(bench: Workbench) -> None:
    bench.deposit()
    result = ledger_of(bench, AskingRules(fallbacks={"Alpha": "Beta"})).seal()
    assert (names(result), result.missing) == (["Alpha"], ())
    assert bench.authorities[1].asked == 0


def test_a_stand_in_is_asked_where_the_first_fails(bench: Workbench) -> None:
    bench.authorities[0].answer = unreachable
    bench.deposit()
    result = ledger_of(bench, AskingRules(fallbacks={"Alpha": "Beta"})).seal()
    assert (names(result), result.missing) == (["Beta"], ())
    assert [str(one) for one in result.failures] == ["No answer."]


def test_a_stand_in_has_time_left_where_the_first_hangs(bench: Workbench) -> None:
    until = Event()
    bench.authorities[0].answer = hanging(until)
    bench.deposit()
    rules = AskingRules(fallbacks={"Alpha": "Beta"}, deadline=1.0)
    result = ledger_of(bench, rules).seal()
    assert names(result) == ["Beta"]
    assert [str(one) for one in result.failures] == ["Alpha did not answer within 0.5 seconds."]
    until.set()


def test_a_line_of_stand_ins_ends_with_all_their_failures(bench: Workbench) -> None:
    bench.authorities.append(FakeAuthority("Gamma", bench.clock))
    for one in bench.authorities:
        one.answer = unreachable
    bench.deposit()
    rules = AskingRules(fallbacks={"Alpha": "Beta", "Beta": "Gamma"})
    result = ledger_of(bench, rules).seal()
    assert (len(result.failures), result.missing) == (3, ("Alpha",))


# --- completed later


def test_missing_tokens_come_later_and_the_certificate_has_them(bench: Workbench) -> None:
    bench.authorities[1].answer = unreachable
    index = bench.deposit()
    assert bench.ledger.seal().missing == ("Beta",)
    assert found(bench.check(written(bench.issue(index))), "9")[1] == "time.authorities"
    bench.authorities[1].answer = bytes
    bench.clock.move(hours=3)
    (later,) = bench.ledger.complete()
    assert (names(later), later.missing) == (["Alpha", "Beta"], ())
    report = bench.check(written(bench.issue(index)))
    assert report.verdict is Verdict.PASSED, report
    assert report.facts["not_later_than"] == "2026-11-22T15:00:00.100000Z"
    assert bench.audit().verdict is Verdict.PASSED
    assert bench.ledger.complete() == []


def test_a_late_token_is_named_in_the_chain_once(bench: Workbench) -> None:
    bench.authorities[1].answer = unreachable
    bench.deposit()
    bench.ledger.seal()
    bench.authorities[1].answer = bytes
    bench.ledger.complete()
    bench.ledger.complete()
    bench.reopened().complete()
    assert kinds(bench) == ["deposit", "seal", "seal"]
    stored = bench.ledger.entry(2).statement
    assert stored is not None
    fact = statement.parse(stored).seal
    kept = bench.store.seal(0)
    assert fact is not None
    assert kept is not None
    assert fact.tokens == (hashlib.sha256(kept.tokens[1].token).digest(),)
    assert bench.ledger.seal().seal is None


def test_completion_that_is_interrupted_anywhere_is_finished_once(tmp_path: Path) -> None:
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        bench = Workbench(folder)
        bench.authorities[1].answer = unreachable
        index = bench.deposit()
        bench.ledger.seal()
        bench.authorities[1].answer = bytes
        fuse = Fuse(number // 2, late=bool(number % 2))
        try:
            bench.reopened(fuse).complete()
            cut = False
        except PowerCut:
            cut = True
        assert bench.audit().verdict is Verdict.PASSED
        bench.reopened().complete()
        assert kinds(bench) == ["deposit", "seal", "seal"]
        assert bench.audit().verdict is Verdict.PASSED
        assert bench.check(written(bench.issue(index))).verdict is Verdict.PASSED
        bench.store.close()
        assert cut or number >= 6


def test_one_that_stays_silent_is_asked_once_for_all_seals(bench: Workbench) -> None:
    bench.authorities[1].answer = unreachable
    for _ in range(3):
        bench.deposit()
        bench.ledger.seal()
    asked = bench.authorities[1].asked
    (result,) = bench.ledger.complete()
    assert bench.authorities[1].asked == asked + 1
    assert result.missing == ("Beta",)
    assert bench.ledger.complete(without=("Beta",)) == []
    assert bench.authorities[1].asked == asked + 1
    bench.authorities[1].answer = bytes
    assert len(bench.ledger.complete()) == 3
    assert bench.audit().verdict is Verdict.PASSED


def test_an_authority_that_came_later_is_not_asked_for_old_seals(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    bench.authorities.append(FakeAuthority("Gamma", bench.clock))
    bench.clock.move(days=1)
    ledger = ledger_of(bench, AskingRules(since={"Gamma": bench.clock.now()}))
    assert ledger.complete() == []
    bench.deposit()
    assert names(ledger.seal()) == ["Alpha", "Beta", "Gamma"]


def test_a_seal_with_as_many_as_required_is_complete(bench: Workbench) -> None:
    bench.authorities[1].answer = unreachable
    bench.deposit()
    ledger = ledger_of(bench, AskingRules(required=1))
    assert ledger.seal().missing == ()
    assert ledger.complete() == []


def test_one_that_is_not_independent_does_not_count_as_required(bench: Workbench) -> None:
    bench.authorities[0] = FakeAuthority("House", bench.clock, independent=False)
    bench.authorities[1].answer = unreachable
    bench.deposit()
    result = ledger_of(bench, AskingRules(required=1)).seal()
    assert (names(result), result.missing) == (["House"], ("Beta",))


def test_after_the_deadline_no_further_seal_is_begun(bench: Workbench) -> None:
    bench.authorities[1].answer = unreachable
    for _ in range(2):
        bench.deposit()
        bench.ledger.seal()
    bench.authorities[1].answer = bytes
    assert ledger_of(bench, AskingRules(deadline=-1.0)).complete() == []


# --- the audit


class Without:
    """A store whose seals have lost their last token."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def seal(self, number: int) -> StoredSeal | None:
        seal = self._store.seal(number)
        return replace(seal, tokens=seal.tokens[:-1]) if seal else None


def test_a_late_token_that_is_gone_fails_the_audit(bench: Workbench) -> None:
    bench.authorities[1].answer = unreachable
    bench.deposit()
    bench.ledger.seal()
    bench.authorities[1].answer = bytes
    bench.ledger.complete()
    whole = bench.store
    bench.store = cast(SqlStore, Without(whole))
    assert found(bench.audit(), "6") == (Verdict.FAILED, "audit.lost-token")
    bench.store = whole


# --- clocks


def test_one_a_little_ahead_is_kept_when_this_clock_has_come_as_far(bench: Workbench) -> None:
    bench.authorities[0] = FakeAuthority("Alpha", FakeClock(NOON + timedelta(seconds=4)))
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        bench.clock.move(seconds=seconds)

    index = bench.deposit()
    result = ledger_of(bench, AskingRules(sleep=sleep)).seal()
    assert names(result) == ["Alpha", "Beta"]
    assert slept == [3.9]
    assert result.disagreement is not None
    assert (result.disagreement.behind, result.disagreement.ahead) == ("Beta", "Alpha")
    assert bench.check(written(bench.issue(index))).verdict is Verdict.PASSED


def test_one_too_far_ahead_is_not_kept(bench: Workbench) -> None:
    bench.authorities[0] = FakeAuthority("Alpha", FakeClock(NOON + timedelta(seconds=6)))
    bench.deposit()
    result = bench.reopened().seal()
    assert names(result) == ["Beta"]
    assert isinstance(result.failures[0], AuthorityAnswerInvalid)


def test_a_clock_that_never_comes_as_far_keeps_no_token(bench: Workbench) -> None:
    bench.authorities[0] = FakeAuthority("Alpha", FakeClock(NOON + timedelta(seconds=4)))
    bench.deposit()
    result = ledger_of(bench, AskingRules(sleep=lambda _: None)).seal()
    assert names(result) == ["Beta"]
    assert "ahead of this machine's clock" in str(result.failures[0])


def test_clocks_that_agree_are_not_reported(bench: Workbench) -> None:
    bench.authorities[0] = FakeAuthority("Alpha", FakeClock(NOON - timedelta(milliseconds=200)))
    bench.deposit()
    assert bench.reopened().seal().disagreement is None


def test_authorities_that_disagree_are_reported(bench: Workbench) -> None:
    bench.authorities[0] = FakeAuthority("Alpha", FakeClock(NOON - timedelta(seconds=30)))
    index = bench.deposit()
    apart = bench.reopened().seal().disagreement
    assert apart is not None
    assert (apart.behind, apart.ahead) == ("Alpha", "Beta")
    assert apart.apart == timedelta(seconds=29.8)
    report = bench.check(written(bench.issue(index)))
    assert report.facts["disagreement"] == {"behind": "Alpha", "ahead": "Beta", "seconds": 29.8}


def test_failures_are_told_for_each(bench: Workbench) -> None:
    for one in bench.authorities:
        one.answer = unreachable
    bench.deposit()
    failures = bench.ledger.seal().failures
    assert all(isinstance(one, AuthorityError) for one in failures)
    assert len(failures) == 2
