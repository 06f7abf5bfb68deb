"""Renewals of hash trees: over objects and timestamps, and after an erasure."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from evidence_ledger.core import evidence_record
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import UsageError
from evidence_ledger.renewing.plan import Wish
from tests.fence import take_down
from tests.renewing.wishes import ALL, TREE
from tests.workbench import Workbench, fact, found, written


def test_a_hash_tree_renewal_is_over_objects_and_timestamps(bench: Workbench) -> None:
    result = bench.renewer().renew(TREE)
    assert (result.strands, result.without) == (4, 4)
    for one in bench.issue(0).records:
        assert len(evidence_record.parse(one.record).chains) == 2
    for record in bench.issue(0).file_records[0]:
        assert len(evidence_record.parse(record.record).chains) == 1
    assert bench.check(written(bench.issue(0))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED
    assert bench.renewer().renew(TREE).strands == 0


def test_files_with_the_digest_are_renewed(bench: Workbench) -> None:
    one = fact("c.txt", b"c")
    digests = {**one.fingerprint.digests, Algorithm.SHA512: b"x" * 64}
    fingerprint = type(one.fingerprint)(digests, 1)
    index = bench.deposit([type(one)(one.name, fingerprint, "text/plain")])
    bench.ledger.seal()
    bench.renewer().renew(TREE)
    bench.renewer().renew(ALL)
    for record in bench.issue(index).file_records[0]:
        chains = evidence_record.parse(record.record).chains
        assert [len(chain.stamps) for chain in chains] == [1, 2]
    assert bench.check(written(bench.issue(index))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED


def test_another_digest_for_trees_is_refused(bench: Workbench) -> None:
    with pytest.raises(UsageError):
        bench.renewer().renew(Wish(digest="sha256"))


def test_erased_documents_do_not_hinder_renewals(bench: Workbench) -> None:
    bench.renewer().renew(TREE)
    with closing(sqlite3.connect(bench.database)) as raw:
        take_down(raw)
        raw.execute("UPDATE documents SET statement = NULL, signature = NULL WHERE entry = 0")
        raw.execute("DELETE FROM claims WHERE entry = 0")
        raw.execute("DELETE FROM fingerprints WHERE entry = 0")
        raw.commit()
    assert bench.renewer().renew(ALL).strands == 4
    result = bench.renewer().renew(Wish(digest="sha3_256"))
    assert (result.strands, result.without) == (4, 2 * 3 + 2)
    assert found(bench.audit(), "8") == (Verdict.PASSED, None)
    assert bench.check(written(bench.issue(2))).verdict is Verdict.PASSED
