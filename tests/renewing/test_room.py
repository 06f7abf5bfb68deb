"""Renewals end before a record is longer or larger than a check reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence_ledger.core import evidence_record, renewal_history
from evidence_ledger.core.renewal_history import LARGEST_STAMP, RenewalHistory
from evidence_ledger.core.report import Verdict
from evidence_ledger.renewing.plan import Left, Wish
from evidence_ledger.renewing.strand import strands
from tests.workbench import Workbench, written

ALL = Wish()
SHA512, SHA3 = Wish(digest="sha512"), Wish(digest="sha3_256")


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """A ledger with one seal of two tokens, and a timestamp over its file itself."""
    bench = Workbench(tmp_path)
    index = bench.deposit()
    bench.ledger.seal()
    assert bench.ledger.stamp_files(index) == []
    return bench


def lefts(bench: Workbench, wish: Wish) -> tuple[int, set[Left]]:
    result = bench.renewer().renew(wish)
    return result.strands, {why for _, why in result.left}


def passes(bench: Workbench) -> bool:
    audited = bench.audit().verdict is Verdict.PASSED
    return audited and bench.check(written(bench.issue(0))).verdict is Verdict.PASSED


def test_a_full_chain_takes_no_more_timestamps(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_record, "MOST_STAMPS", 3)
    assert lefts(bench, ALL) == (4, set())
    assert lefts(bench, ALL) == (4, set())
    assert lefts(bench, ALL) == (0, {Left.CHAIN_FULL})
    assert passes(bench)


def test_a_new_chain_has_room_again(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_record, "MOST_STAMPS", 2)
    assert lefts(bench, ALL) == (4, set())
    assert lefts(bench, SHA512) == (2, {Left.NO_DIGEST})
    assert lefts(bench, ALL) == (2, {Left.CHAIN_FULL})
    assert {one.history.stamps for one in strands(bench.store)} == {2}
    assert lefts(bench, SHA3) == (2, {Left.NO_DIGEST})
    assert passes(bench)


def test_a_record_takes_no_more_chains(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_record, "MOST_CHAINS", 2)
    assert lefts(bench, SHA512)[0] == 2
    assert lefts(bench, SHA3) == (0, {Left.RECORD_FULL, Left.NO_DIGEST})
    assert lefts(bench, ALL) == (4, set())
    assert passes(bench)


def test_a_record_takes_no_more_bytes(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    largest = max(one.history.size for one in strands(bench.store)) + LARGEST_STAMP
    monkeypatch.setattr(evidence_record, "LARGEST", largest)
    assert lefts(bench, ALL) == (4, set())
    assert lefts(bench, ALL) == (0, {Left.RECORD_FULL})
    assert lefts(bench, SHA512) == (0, {Left.RECORD_FULL})
    assert passes(bench)


def test_no_record_is_larger_than_its_history_says(bench: Workbench) -> None:
    for wish in (ALL, SHA512, ALL, SHA3, ALL):
        bench.renewer().renew(wish)
        most = max(one.history.size for one in strands(bench.store))
        assert max(len(one.record) for one in bench.issue(0).records) < most


def test_that_little_room_is_left_is_told(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench.renewer().renew(ALL).tight == 0
    monkeypatch.setattr(evidence_record, "MOST_STAMPS", 10)
    assert bench.renewer().renew(ALL).tight == 4
    assert {one.strand.history.room for one in bench.renewer().standings()} == {7}


def test_the_longest_chain_is_read(bench: Workbench) -> None:
    """So many timestamps as a chain may have: the check reads what was written."""
    for _ in range(4):
        bench.renewer().renew(ALL)
    histories = {one.history for one in strands(bench.store)}
    assert {(one.renewal, one.stamps, one.chains) for one in histories} == {(3, 5, 1)}
    for one in bench.issue(0).records:
        (chain,) = evidence_record.parse(one.record).chains
        assert len(chain.stamps) == 5


def test_a_history_counts_the_largest_answer() -> None:
    assert renewal_history.LARGEST_STAMP > 256 * 1024
    assert RenewalHistory(9, evidence_record.MOST_STAMPS - 1, 1, 0).room == 1
    assert RenewalHistory(9, evidence_record.MOST_STAMPS, 1, 0).room == 0
    assert RenewalHistory(9, 1, 1, evidence_record.LARGEST).full
    assert RenewalHistory(9, 1, evidence_record.MOST_CHAINS, 0).chains_full
