"""Witnesses of seals: who is asked from where, who holds up nobody, and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from evidence_ledger.core import statement
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note, parse_line
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.errors import (
    WitnessAnswerInvalid,
    WitnessElsewhere,
    WitnessRefused,
)
from evidence_ledger.published import Published
from tests.cosigned_ledger import (
    DOWN,
    Spy,
    bench,
    lines_of,
    named,
    sealed,
    stored,
    whose,
    witnesses,
)
from tests.fake_witness import FakeWitness
from tests.small_log import make_key
from tests.workbench import ORIGIN, Workbench, written

__all__ = ["bench"]


def test_every_seal_is_cosigned_with_both_keys_of_every_witness(bench: Workbench) -> None:
    a, b = witnesses(bench, "a", "b")
    first, second = sealed(bench).seal, sealed(bench).seal
    assert first is not None
    assert second is not None
    assert {one.witness for one in first.cosignatures} == {"a", "b"}
    assert len(first.cosignatures) == len(second.cosignatures) == 4
    assert a.asked == b.asked == [0, first.size]
    assert named(bench) == [*lines_of(first), *lines_of(second)]
    assert bench.audit().verdict is Verdict.PASSED


def test_a_certificate_holds_them_in_its_proof_alone(bench: Workbench) -> None:
    witnesses(bench, "a")
    seal = sealed(bench).seal
    assert seal is not None
    parts = bench.issue(0)
    note = TlogProof.parse(parts.proof).checkpoint_note
    assert parts.checkpoint == seal.checkpoint
    assert note == seal.checkpoint + b"".join(one.line for one in seal.cosignatures)
    assert len(Note.parse(note).signatures) == 4
    assert Published(bench.store).checkpoint() == note
    assert bench.check(written(parts)).verdict is not Verdict.FAILED


def test_only_the_log_s_own_lines_are_sent(bench: Workbench) -> None:
    seen: list[bytes] = []
    (a,) = witnesses(bench, "a")
    bench.witnesses = [Spy(a, lambda note: seen.append(note))]
    bench.ledger = bench.reopened()
    sealed(bench)
    names = {line.name for note in seen for line in Note.parse(note).signatures}
    assert names == {bench.origin}


def test_a_witness_that_is_down_holds_up_nothing_and_is_caught_up_later(bench: Workbench) -> None:
    a, b = witnesses(bench, "a", "b")
    b.down = DOWN
    first = sealed(bench)
    assert first.unwitnessed == ("b",)
    assert first.witness_failures == (DOWN,)
    assert first.seal is not None
    assert first.seal.entry is not None
    second = sealed(bench)
    assert second.unwitnessed == ("b",)
    b.down = None
    third = sealed(bench)
    assert third.unwitnessed == ()
    for number in range(3):
        assert set(whose(stored(bench, number))) == {"a", "b"}
        assert bench.ledger.unwitnessed(stored(bench, number)) == ()
    assert sorted(named(bench)) == sorted(
        digest for number in range(3) for digest in lines_of(stored(bench, number))
    )
    assert bench.audit().verdict is Verdict.PASSED
    assert len(a.asked) == 3


def test_what_came_late_is_asked_for_again_named_once_and_issued(bench: Workbench) -> None:
    _, b = witnesses(bench, "a", "b")
    b.down = DOWN
    sealed(bench)
    before = bench.issue(0).proof
    b.down = None
    (late,) = bench.ledger.complete()
    assert late.unwitnessed == ()
    assert bench.ledger.complete() == []
    size = bench.store.head().size
    bench.reopened().complete()
    assert bench.store.head().size == size
    assert sorted(named(bench)) == sorted(lines_of(stored(bench, 0)))
    after = bench.issue(0)
    assert after.proof.startswith(before)
    assert after.proof != before
    assert bench.audit().verdict is Verdict.PASSED


def test_one_that_was_just_silent_is_not_asked_again(bench: Workbench) -> None:
    _, b = witnesses(bench, "a", "b")
    b.down = DOWN
    result = sealed(bench)
    assert bench.ledger.complete(result.unwitnessed) == []
    assert len(b.asked) == 1
    (again,) = bench.ledger.complete()
    assert again.witness_failures == (DOWN,)
    assert len(b.asked) == 2


def test_a_late_statement_is_made_at_the_time_of_the_cosignature(bench: Workbench) -> None:
    _, b = witnesses(bench, "a", "b")
    b.down = DOWN
    sealed(bench)
    b.down = None
    bench.clock.move(hours=3)
    bench.ledger.complete()
    last = statement.parse(bench.store.entry(bench.store.head().size - 1).statement or b"")
    assert last.made == bench.clock.now().replace(microsecond=0)
    assert last.seal is not None
    assert last.seal.tokens == ()


# --- where a witness stands


def test_a_witness_that_cosigned_more_than_is_remembered_is_asked_again_from_there(
    bench: Workbench,
) -> None:
    """Its answer was lost: it names the size, and gives the cosignature again."""
    (a,) = witnesses(bench, "a")
    a.answer = lambda _: b"lost"
    assert sealed(bench).unwitnessed == ("a",)
    assert a.state[0] == 1
    a.answer = bytes
    assert sealed(bench).unwitnessed == ()
    assert a.asked == [0, 0, 1, 1]
    assert set(whose(stored(bench, 0))) == {"a"}


def test_a_seal_that_a_witness_has_passed_over_is_not_waited_for(bench: Workbench) -> None:
    a, _ = witnesses(bench, "a", "b")
    a.down = DOWN
    sealed(bench)
    second = sealed(bench).seal
    assert second is not None
    a.down, a.state = None, (second.size, second.root)
    assert [one.unwitnessed for one in bench.ledger.complete()] == [()]
    assert whose(stored(bench, 0)) == ["b"]
    assert set(whose(stored(bench, 1))) == {"a", "b"}
    assert bench.ledger.unwitnessed(stored(bench, 0)) == ()
    assert bench.ledger.complete() == []


def test_a_witness_that_saw_another_tree_of_the_same_size_is_told_of(bench: Workbench) -> None:
    """Version 1.0.0 answers 409 with the size that it was told."""
    (a,) = witnesses(bench, "a")
    a.state = (1, b"x" * 32)
    result = sealed(bench)
    (failure,) = result.witness_failures
    assert isinstance(failure, WitnessRefused)
    a.down = WitnessElsewhere("409", size=1)
    (again,) = bench.ledger.complete()
    assert isinstance(again.witness_failures[0], WitnessRefused)
    assert "another tree" in str(again.witness_failures[0])


def test_a_witness_that_names_a_size_twice_is_asked_twice_only(bench: Workbench) -> None:
    (a,) = witnesses(bench, "a")
    a.down = WitnessElsewhere("409", size=0)
    assert isinstance(sealed(bench).witness_failures[0], WitnessElsewhere)
    assert a.asked == [0, 0]


def test_a_witness_that_saw_a_larger_ledger_gets_no_proof(bench: Workbench) -> None:
    (a,) = witnesses(bench, "a")
    a.state = (99, b"x" * 32)
    assert isinstance(sealed(bench).witness_failures[0], WitnessElsewhere)
    assert a.asked == [0]


# --- answers that do not stand


def _text(a: FakeWitness) -> bytes:
    return Checkpoint(ORIGIN, *a.state).encode()


def _late(a: FakeWitness, bench: Workbench, **by: float) -> bytes:
    moment = bench.clock.now() + timedelta(**by)
    return a.keys[0].line(_text(a), int(moment.timestamp()))


def _changed(answer: bytes) -> bytes:
    sign = b"B" if answer[60:61] == b"A" else b"A"
    return answer[:60] + sign + answer[61:]


STRANGER = make_key("stranger.example")
ELSEWHERE = Checkpoint(ORIGIN, 2, b"x" * 32).encode()
SPOILT: dict[str, Callable[[bytes, FakeWitness, Workbench], bytes]] = {
    "nothing": lambda *_: b"",
    "no line": lambda *_: b"no line\n",
    "no newline": lambda answer, *_: answer[:-1],
    "a blank line": lambda answer, *_: b"\n" + answer,
    "another text": lambda answer, *_: b"text\n\n" + answer,
    "a stranger's line": lambda _, a, __: STRANGER.line(_text(a), 1_795_348_800),
    "over another checkpoint": lambda _, a, __: a.keys[0].line(ELSEWHERE, 1_795_348_800),
    "a changed sign": lambda answer, *_: _changed(answer),
    "no time": lambda _, a, __: a.keys[0].line(_text(a), 0),
    "a time to come": lambda _, a, bench: _late(a, bench, minutes=6),
    "a time before the ledger was so": lambda _, a, bench: _late(a, bench, minutes=-6),
}


@pytest.mark.parametrize("name", SPOILT)
def test_an_answer_that_does_not_stand_is_not_kept(bench: Workbench, name: str) -> None:
    a, _ = witnesses(bench, "a", "b")
    a.answer = lambda answer: SPOILT[name](answer, a, bench)
    result = sealed(bench)
    assert whose(result.seal) == ["b"]
    assert [type(one) for one in result.witness_failures] == [WitnessAnswerInvalid]


def test_lines_of_strangers_are_left_out(bench: Workbench) -> None:
    a, *_ = witnesses(bench, "a")
    a.answer = lambda answer: STRANGER.line(_text(a), 1_795_348_800) + answer
    seal = sealed(bench).seal
    assert seal is not None
    assert {parse_line(one.line).name for one in seal.cosignatures} == {"a.example"}


def test_a_mistake_of_ours_is_not_taken_for_a_witness_that_fails(bench: Workbench) -> None:
    (a,) = witnesses(bench, "a")
    a.down = ZeroDivisionError()
    bench.deposit()
    with pytest.raises(ZeroDivisionError):
        bench.ledger.seal()
