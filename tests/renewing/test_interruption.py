"""Renewals that were interrupted, or that two programs do at once: finished, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import AuthorityUnreachable
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import Store
from evidence_ledger.renewing.plan import Wish
from evidence_ledger.renewing.renewer import Renewer
from evidence_ledger.renewing.strand import strands
from tests.fakes import FakeAuthority, Fuse, PowerCut, unreachable
from tests.renewing.wishes import ALL, TREE, within_a_year
from tests.workbench import Workbench, written


def test_nobody_answers_and_the_next_renewal_goes_on(bench: Workbench) -> None:
    for one in bench.authorities:
        one.answer = unreachable
    with pytest.raises(AuthorityUnreachable, match="No answer"):
        bench.renewer().renew(ALL)
    begun = bench.store.renewal(-1)
    assert begun is not None
    assert (begun.number, begun.tokens, begun.entry) == (0, (), None)
    assert bench.audit().verdict is Verdict.PASSED
    for one in bench.authorities:
        one.answer = bytes
    result = bench.renewer().renew(Wish(bench.clock.now()))
    assert [one.number for one in result.renewals] == [0]
    assert bench.store.renewal(1) is None
    assert bench.audit().verdict is Verdict.PASSED


def test_an_open_renewal_waits_for_an_independent_authority(bench: Workbench) -> None:
    for one in bench.authorities:
        one.answer = unreachable
    with pytest.raises(AuthorityUnreachable):
        bench.renewer().renew(ALL)
    bench.authorities = [FakeAuthority("House", bench.clock, independent=False)]
    with pytest.raises(AuthorityUnreachable, match="independent"):
        bench.renewer().renew(ALL)
    renewal = bench.store.renewal(0)
    assert renewal is not None
    assert renewal.tokens == ()


def everything(bench: Workbench, fuse: Fuse) -> None:
    bench.renewer(fuse).renew(ALL)
    bench.renewer(fuse).renew(TREE)


def test_every_interruption_is_finished_by_the_next_renewal(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    index = bench.deposit()
    bench.ledger.seal()
    assert bench.ledger.stamp_files(index) == []
    start = bench.snapshot()
    at, late = 0, False
    while True:
        bench.restored(start)
        fuse = Fuse(at, late=late)
        try:
            everything(bench, fuse)
        except (PowerCut, AuthorityUnreachable):
            assert bench.audit().verdict is Verdict.PASSED, (at, late)
            everything(bench, Fuse())
        else:
            break
        finally:
            report = bench.audit()
            assert report.verdict is Verdict.PASSED, (at, late)
            assert bench.check(written(bench.issue(0))).verdict is Verdict.PASSED, (at, late)
        at, late = (at, True) if not late else (at + 1, False)
    bench.store.close()
    assert at > 12, "as many writes as that were interrupted"


class Meanwhile:
    """A store where something happens just before the first call of one method."""

    def __init__(self, store: Store, name: str, other: Callable[[], object]) -> None:
        self._store = store
        self._name = name
        self._other: Callable[[], object] | None = other

    def __getattr__(self, name: str) -> object:
        if name == self._name and self._other is not None:
            other, self._other = self._other, None
            other()
        return getattr(self._store, name)


@pytest.mark.parametrize("name", ["add_renewal", "add_renewal_token", "append", "close_renewal"])
def test_two_programs_at_once(bench: Workbench, name: str) -> None:
    """Whichever comes first: each strand is renewed over its newest token, and nothing is lost."""
    other = bench.renewer()
    bench.authorities[0].answer = unreachable

    def meanwhile() -> None:
        bench.authorities[0].answer = bytes
        other.renew(within_a_year(bench))

    store = cast(Store, Meanwhile(bench.store, name, meanwhile))
    own = replace(bench.parts(), store=store)
    roots = {one.name: one.roots for one in bench.authorities}
    Renewer(own, Ledger(own), roots).renew(within_a_year(bench))
    assert bench.store.renewal(1) is None
    assert {one.renewal for one in strands(bench.store)} == {0}
    assert bench.audit().verdict is Verdict.PASSED
    assert bench.check(written(bench.issue(0))).verdict is Verdict.PASSED
