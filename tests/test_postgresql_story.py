"""The whole life of a ledger in PostgreSQL: deposits, seals, witnesses, renewals, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.memory import FileMemory
from evidence_ledger.appending import CROWD
from evidence_ledger.core.chain import Extension, Head
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import LedgerForked, LedgerUnavailable
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import Store
from evidence_ledger.renewing.plan import Wish
from tests.fake_witness import FakeWitness
from tests.workbench import Workbench, fact, presented, written


@pytest.fixture
def bench(tmp_path: Path, ledger_database: PostgresqlDatabase) -> Iterator[Workbench]:
    made = Workbench(tmp_path, where=ledger_database)
    yield made
    made.store.close()


def test_a_ledgers_life(bench: Workbench) -> None:
    bench.witnesses = [FakeWitness("Notary", bench.clock)]
    bench.ledger = bench.reopened()
    index = bench.deposit([fact("a.txt", b"alpha"), fact("b.txt", b"beta")])
    assert bench.ledger.seal().unwitnessed == ()
    assert bench.ledger.stamp_files(index) == []
    bench.deposit([fact("c.txt", b"gamma")])
    bench.ledger.seal()
    bench.clock.move(days=100)
    soon = bench.clock.now() + timedelta(days=366)
    assert bench.renewer().renew(Wish(soon)).failures == ()
    assert bench.renewer().renew(Wish(digest="sha512")).failures == ()
    report = bench.audit()
    assert report.verdict is Verdict.PASSED, [one for one in report.steps if one.reason]
    data = written(bench.issue(index))
    checked = bench.check(data, [presented("a.txt", b"alpha")])
    assert checked.verdict is Verdict.PASSED, [one for one in checked.steps if one.reason]


class Doubtful:
    """A store whose commits are in doubt: done or not, nobody hears of it."""

    def __init__(self, store: Store, outcomes: list[bool]) -> None:
        self._store = store
        self._outcomes = outcomes
        self.settled = 0

    def settle(self) -> None:
        self.settled += 1
        self._store.settle()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def append(self, before: Head, extension: Extension) -> None:
        is_done = self._outcomes.pop(0) if self._outcomes else None
        if is_done is not False:
            self._store.append(before, extension)
        if is_done is not None:
            raise LedgerUnavailable("The connection was lost.")


@pytest.mark.parametrize("outcomes", [[True], [False], [False, True], [False, False]])
def test_a_commit_in_doubt_is_looked_up(bench: Workbench, outcomes: list[bool]) -> None:
    bench.deposit()
    doubtful = Doubtful(bench.store, [*outcomes])
    ledger = Ledger(replace(bench.parts(), store=cast(Store, doubtful)))
    signed = [bench.signed([fact(name, name.encode())]) for name in ("x", "y")]
    receipts = ledger.deposit(signed)
    assert [(one.index, one.repeated) for one in receipts] == [(1, False), (2, False)]
    assert doubtful.settled == (1 if outcomes[-1] else 0)
    again = ledger.deposit(signed)
    assert [(one.index, one.repeated) for one in again] == [(1, True), (2, True)]
    bench.ledger.seal()
    assert bench.audit().verdict is Verdict.PASSED


def both(bench: Workbench) -> tuple[Ledger, Ledger]:
    return bench.reopened(), bench.reopened()


def test_two_writers_bring_the_edge_forward_over_each_others_entries(bench: Workbench) -> None:
    one, other = both(bench)
    for number in range(3 * CROWD):
        writer = (one, other)[number % 3 == 0]
        files = [fact(f"{number} {n}", b"%d %d" % (number, n)) for n in range(1 + number % 9)]
        writer.deposit([bench.signed([file]) for file in files])
    one.seal()
    assert bench.audit().verdict is Verdict.PASSED


@pytest.fixture
def hosts(tmp_path: Path, ledger_database: PostgresqlDatabase) -> Iterator[list[Workbench]]:
    """One ledger on two hosts, each of which remembers for itself."""
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(Workbench(tmp_path / name, where=ledger_database))
    made[1].clock = made[0].clock
    made[1].authorities = made[0].authorities
    for bench in made:
        bench.several_hosts = True
        bench.ledger = bench.reopened()
    yield made
    for bench in made:
        bench.store.close()


def test_hosts_seal_in_any_order_and_remember_what_others_sealed(hosts: list[Workbench]) -> None:
    for number in range(6):
        bench = hosts[number % 3 == 0]
        bench.deposit([fact("f", b"%d" % number)])
        assert bench.ledger.seal().seal is not None
    for bench in hosts:
        bench.ledger.catch_up()
        newest = bench.store.seal(-1)
        assert newest is not None
        assert bench.memory.recall() == newest.checkpoint
        assert bench.audit().verdict is Verdict.PASSED


def test_two_processes_of_a_host_that_catch_up_at_once_disturb_nobody(
    hosts: list[Workbench], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts[0].deposit()
    hosts[0].ledger.seal()
    newest = hosts[0].store.seal(-1)
    assert newest is not None
    recalled = hosts[1].memory.recall
    hosts[1].memory.remember(None, newest.checkpoint)
    stale = iter([None])
    monkeypatch.setattr(FileMemory, "recall", lambda _: next(stale, newest.checkpoint))
    hosts[1].reopened().catch_up()
    assert recalled() == newest.checkpoint


def test_a_host_that_did_not_seal_since_passes_the_audit(hosts: list[Workbench]) -> None:
    for bench in (*hosts, hosts[0]):
        bench.deposit([fact("f", b"%d" % id(bench))])
        bench.ledger.seal()
    assert hosts[1].audit().verdict is Verdict.PASSED


def test_a_host_that_remembers_more_than_the_database_holds_refuses(
    hosts: list[Workbench], tmp_path: Path
) -> None:
    """A backup was put back: whoever signed or saw more since does not sign again."""
    for number in range(2):
        hosts[0].deposit([fact("f", b"%d" % number)])
        hosts[0].ledger.seal()
    hosts[1].ledger.catch_up()
    (tmp_path / "restored").mkdir()
    older = Workbench(tmp_path / "restored")
    older.several_hosts = True
    older.deposit([fact("f", b"0")])
    for bench in hosts:
        older.memory.remember(older.memory.recall(), bench.memory.recall() or b"")
        with pytest.raises(LedgerForked):
            older.reopened().seal()
    older.store.close()


def test_a_seal_that_the_ledgers_keys_did_not_sign_is_not_remembered(
    hosts: list[Workbench],
) -> None:
    stranger = hosts[0]
    stranger.origin = "ledger.example/stranger"
    stranger.ledger = stranger.reopened()
    stranger.deposit()
    stranger.ledger.seal()
    with pytest.raises(LedgerForked):
        hosts[1].ledger.catch_up()
    assert hosts[1].memory.recall() is None
