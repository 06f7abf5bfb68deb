"""Marks and rolls in a running ledger: each mark once, each roll over all before it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.core import statement
from evidence_ledger.core.matter import keys_of
from evidence_ledger.errors import AuthorityUnreachable, LedgerCorrupt, NotSealed, Refused
from tests.fakes import Fuse, PowerCut
from tests.matter_story import FAILED, MATTER, OTHER, PASSED, Story, kinds, told
from tests.workbench import Workbench, found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("story"))


def test_the_ledger_takes_a_mark_once(tmp_path: Path) -> None:
    story = told(tmp_path)
    size = story.bench.store.head().size
    with pytest.raises(Refused) as caught:
        story.bench.enter(MATTER, 4)
    assert caught.value.reason == "admission.mark-taken"
    assert story.bench.store.head().size == size
    opening = keys_of(MATTER, story.bench.origin).openings[5]
    two = [story.bench.signed(opening=opening) for _ in range(2)]
    with pytest.raises(Refused):
        story.bench.ledger.deposit(two)
    assert story.bench.store.head().size == size


def test_of_those_that_arrive_together_the_others_are_entered(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    opening = keys_of(MATTER, bench.origin).openings[0]
    signed = [
        bench.signed(opening=opening),
        bench.signed(),
        bench.signed(opening=opening),
        bench.signed(),
    ]
    admitted = [bench.ledger.admit(one) for one in signed]
    results = bench.ledger.deposit_each(admitted)
    assert [getattr(one, "index", None) for one in results] == [0, 1, None, 2]
    again = bench.ledger.deposit_each(admitted)
    assert [getattr(one, "index", None) for one in again] == [0, 1, None, 2]
    assert isinstance(again[2], Refused)


def test_nobody_but_the_ledger_enters_a_roll(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    signed = bench.signed()
    parsed = replace(statement.parse(signed.statement), kind="roll", roll=bytes(32))
    with pytest.raises(Refused) as caught:
        bench.ledger.deposit([bench.author.sign(parsed)])
    assert caught.value.reason == "admission.seal"


def test_a_ledger_without_matters_has_no_rolls(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.deposit()
    bench.ledger.seal()
    assert kinds(bench) == ["deposit", "seal"]


def test_rolls_come_before_every_seal_whether_marks_are_new_or_not(story: Story) -> None:
    usual = [
        *["deposit"] * 4, "roll", "seal", *["deposit"] * 4, "roll", "seal",
        *["deposit"] * 3, "roll", "seal",
    ]  # fmt: skip
    assert kinds(story.bench) == usual
    story.bench.ledger.seal()
    assert kinds(story.bench) == usual, "nothing new, no roll"


def test_a_roll_alone_asks_for_no_seal_and_waits_for_one(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.enter(MATTER, 0)
    for one in bench.authorities:
        one.answer = silent
    for _ in range(2):
        bench.ledger.seal()
        assert kinds(bench) == ["deposit", "roll"]
    with pytest.raises(NotSealed):
        bench.complete(MATTER)


def silent(_: bytes) -> bytes:
    raise AuthorityUnreachable("Nobody answers.")


def test_another_process_continues_the_roll(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    for number in range(4):
        bench.enter(MATTER, number)
        bench.reopened().seal()
        bench.enter(OTHER, number)
        bench.ledger.seal()
    assert bench.audit().verdict is PASSED


def test_a_mark_lost_from_the_index_is_not_signed_away(tmp_path: Path) -> None:
    """The index is damaged: no roll without the entry is signed, and the audit tells."""
    story = told(tmp_path)
    bench = story.bench
    bench.enter(MATTER, 5)
    with closing(sqlite3.connect(bench.database, isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER marks_refuse_delete")
        raw.execute("DELETE FROM marks WHERE entry = ?", (story.own[2],))
    with pytest.raises(LedgerCorrupt):
        bench.reopened().seal()
    with pytest.raises(LedgerCorrupt):
        bench.complete(OTHER)
    assert found(bench.audit(), "10") == (FAILED, "audit.marks")


def test_a_seal_with_a_roll_is_finished_wherever_it_was_interrupted(tmp_path: Path) -> None:
    folder = tmp_path / "counted"
    folder.mkdir()
    bench, fuse = Workbench(folder), Fuse()
    bench.enter(MATTER, 0)
    bench.reopened(fuse).seal()
    assert fuse.calls > 6
    for number in range(2 * fuse.calls):
        folder = tmp_path / f"at-{number}"
        folder.mkdir()
        check_interrupted(Workbench(folder), Fuse(number // 2, late=bool(number % 2)))


def check_interrupted(bench: Workbench, fuse: Fuse) -> None:
    bench.enter(MATTER, 0)
    with pytest.raises(PowerCut):
        bench.reopened(fuse).seal()
    bench.enter(MATTER, 1)
    bench.reopened().seal()
    bench.reopened().seal()
    assert bench.audit().verdict is PASSED
    story = Story(bench, [], [], 0)
    own = [index for index, _ in bench.store.marks()]
    report = story.check(bench.complete(MATTER), own)
    assert report.verdict is PASSED, [one for one in report.steps if one.reason]
