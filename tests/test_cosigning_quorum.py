"""Which witnesses a seal waits for: those that the quorum needs, and no longer than it may."""

from __future__ import annotations

from threading import Event, Thread

from evidence_ledger.core.quorum import Group, Quorum
from evidence_ledger.core.report import Verdict
from evidence_ledger.ledger import SealResult
from evidence_ledger.sealing.cosigning import CosigningRules
from tests.cosigned_ledger import DOWN, Spy, bench, sealed, stored, whose, witnesses
from tests.workbench import Workbench

__all__ = ["bench"]


EIGHT = [f"w{n}" for n in range(8)]


def test_a_seal_waits_for_no_more_witnesses_than_the_quorum_needs(bench: Workbench) -> None:
    """Five of eight never answer: if they were waited for, this would not end in time."""
    rules = CosigningRules(Quorum(witnesses=3), deadline=3600)
    made = witnesses(bench, *EIGHT, rules=rules)
    for one in made[3:]:
        one.gate.clear()
    result = sealed(bench)
    assert set(whose(result.seal)) == {"w0", "w1", "w2"}
    assert result.unwitnessed == ()
    assert result.witness_failures == ()
    for one in made:
        one.gate.set()


def test_the_slowest_that_the_quorum_needs_is_waited_for(bench: Workbench) -> None:
    rules = CosigningRules(Quorum(witnesses=3), deadline=3600)
    made = witnesses(bench, *EIGHT, rules=rules)
    for one in made[2:]:
        one.gate.clear()
    done = Event()
    results: list[SealResult] = []

    def run() -> None:
        results.append(sealed(bench))
        done.set()

    thread = Thread(target=run)
    thread.start()
    assert not done.wait(0.5)
    made[7].gate.set()
    thread.join(60)
    assert set(whose(results[0].seal)) == {"w0", "w1", "w7"}
    for one in made:
        one.gate.set()


def test_the_deadline_ends_the_wait_and_says_who_was_late(bench: Workbench) -> None:
    a, b = witnesses(bench, "a", "b", rules=CosigningRules(deadline=0.2))
    b.gate.clear()
    result = sealed(bench)
    assert set(whose(result.seal)) <= {"a"}
    assert "b did not answer within 0.2 seconds." in map(str, result.witness_failures)
    assert a.asked == [0]
    b.gate.set()


def test_witnesses_and_authorities_do_not_wait_for_one_another(bench: Workbench) -> None:
    """The authority answers only when the witness has been asked, and the other way round."""
    (a,) = witnesses(bench, "a")
    asked = Event()
    bench.authorities[0].answer = lambda answer: answer if asked.wait(60) else b""
    bench.witnesses = [Spy(a, lambda _: asked.set())]
    bench.ledger = bench.reopened()
    assert sealed(bench).missing == ()


def test_a_quorum_of_groups_decides_what_is_missing(bench: Workbench) -> None:
    groups = (Group("courts", 1, ("a", "b")), Group("all", 2, ("courts", "c")))
    made = witnesses(bench, "a", "b", "c", rules=CosigningRules(Quorum(group="all", groups=groups)))
    made[0].down = made[2].down = DOWN
    assert sealed(bench).unwitnessed == ("a", "c")
    made[2].down = None
    assert sealed(bench).unwitnessed == ()


def test_a_seal_made_before_a_witness_was_added_is_not_owed_to_it(bench: Workbench) -> None:
    sealed(bench)
    bench.clock.move(days=1)
    rules = CosigningRules(since={"a": bench.clock.now()})
    (a,) = witnesses(bench, "a", rules=rules)
    assert bench.ledger.unwitnessed(stored(bench, 0)) == ()
    assert bench.ledger.complete() == []
    assert a.asked == []
    bench.clock.move(seconds=1)
    sealed(bench)
    assert whose(stored(bench, 0)) == []
    assert whose(stored(bench, 1)) == ["a"]


def test_a_seal_without_any_time_is_cosigned_and_stays_open(bench: Workbench) -> None:
    (a,) = witnesses(bench, "a")
    for one in bench.authorities:
        one.answer = lambda _: b""
    result = sealed(bench)
    assert result.seal is not None
    assert result.seal.entry is None
    assert whose(result.seal) == ["a"]
    for one in bench.authorities:
        one.answer = bytes
    assert bench.ledger.seal().unwitnessed == ()
    assert len(a.asked) == 1
    assert bench.audit().verdict is Verdict.PASSED
