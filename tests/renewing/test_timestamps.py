"""Renewals of timestamps: who is asked, what joins the chain, which clocks count."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from evidence_ledger.core import entry, evidence_record, statement
from evidence_ledger.core.report import Verdict
from evidence_ledger.renewing import plan
from evidence_ledger.renewing.plan import Left
from evidence_ledger.renewing.strand import strands
from evidence_ledger.stored import RenewalKind
from tests.fakes import FakeAuthority, unreachable
from tests.renewing.wishes import ALL, TREE, within_a_year
from tests.workbench import Workbench, step, written


def carried(bench: Workbench) -> list[list[str]]:
    """For each strand, whose token is its newest."""
    return [
        [str(one.place[0]), one.first.authority, one.newest.authority]
        for one in strands(bench.store)
    ]


def test_one_token_of_each_authority_renews_all_seals(bench: Workbench) -> None:
    asked = [one.asked for one in bench.authorities]
    result = bench.renewer().renew(within_a_year(bench))
    assert [one.asked for one in bench.authorities] == [before + 1 for before in asked]
    assert (result.strands, result.left, result.failures) == (4, (), ())
    (renewal,) = result.renewals
    assert (renewal.kind, renewal.digest, len(renewal.leaves)) == (
        RenewalKind.TIMESTAMP,
        "sha256",
        4 * 32,
    )
    assert carried(bench) == [[seal, name, name] for seal in "01" for name in ("Alpha", "Beta")]
    assert bench.audit().verdict is Verdict.PASSED


def test_the_tokens_join_the_chain(bench: Workbench) -> None:
    (renewal,) = bench.renewer().renew(ALL).renewals
    stored = bench.store.entry(renewal.entry or -1)
    assert entry.parse(stored.entry).kind == "seal"
    said = statement.parse(stored.statement or b"").seal
    assert said is not None
    assert list(said.tokens) == [hashlib.sha256(one.token).digest() for one in renewal.tokens]
    assert bench.ledger.seal().seal is None, "a seal entry alone asks for no seal"


def test_certificates_carry_the_renewals(bench: Workbench) -> None:
    before = bench.issue(0)
    bench.renewer().renew(ALL)
    after = bench.issue(0)
    for old, new in zip(before.records, after.records, strict=True):
        chain = evidence_record.parse(new.record).chains[0]
        assert chain.stamps[0].raw == evidence_record.parse(old.record).first.raw
        assert len(chain.stamps) == 2
    assert bench.check(written(after)).verdict is Verdict.PASSED


def test_a_second_renewal_has_one_leaf_for_each_token_of_the_first(bench: Workbench) -> None:
    bench.renewer().renew(ALL)
    (renewal,) = bench.renewer().renew(ALL).renewals
    assert len(renewal.leaves) == 2 * 32
    assert bench.check(written(bench.issue(2))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED


def test_large_renewals_are_done_in_several(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MOST_STRANDS", 3)
    result = bench.renewer().renew(ALL)
    assert (result.strands, len(result.renewals)) == (4, 2)
    monkeypatch.setattr(plan, "MOST_OBJECTS", 1)
    result = bench.renewer().renew(TREE)
    assert (result.strands, len(result.renewals)) == (4, 2)
    assert bench.check(written(bench.issue(2))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED


def test_a_strand_goes_on_with_another_authority_where_its_own_fails(bench: Workbench) -> None:
    bench.authorities[0].answer = unreachable
    result = bench.renewer().renew(ALL)
    assert [str(one) for one in result.failures] == ["No answer."]
    assert carried(bench) == [[seal, name, "Beta"] for seal in "01" for name in ("Alpha", "Beta")]
    bench.authorities[0].answer = bytes
    bench.renewer().renew(ALL)
    assert carried(bench)[0] == ["0", "Alpha", "Alpha"]
    assert bench.check(written(bench.issue(0))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED


def test_a_token_that_does_not_stand_renews_nothing(bench: Workbench) -> None:
    bench.authorities[0].answer = lambda data: data[:-1] + bytes([data[-1] ^ 1])
    result = bench.renewer().renew(ALL)
    assert "does not stand" in str(result.failures[0])
    assert [one.authority for one in result.renewals[0].tokens] == ["Beta"]


def test_an_empty_ledger_has_nothing_to_renew(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    result = bench.renewer().renew(ALL)
    assert (result.renewals, result.strands) == ((), 0)
    assert step(bench.audit(), "8").says == "There are no renewals."


def test_an_own_clock_never_renews_an_independent_timestamp(bench: Workbench) -> None:
    house = FakeAuthority("House", bench.clock, independent=False)
    bench.authorities = [*bench.authorities, house]
    bench.ledger = bench.reopened()
    bench.deposit()
    bench.ledger.seal()
    renewals = bench.renewer().renew(ALL).renewals
    assert sorted([token.authority for token in one.tokens] for one in renewals) == [
        ["Alpha", "Beta"],
        ["House"],
    ]
    assert bench.audit().verdict is Verdict.PASSED
    bench.authorities = [house]
    result = bench.renewer().renew(ALL)
    assert result.strands == 1
    assert {why for _, why in result.left} == {Left.NEEDS_INDEPENDENT}
    for one in strands(bench.store):
        assert one.newest.independent is one.first.independent
