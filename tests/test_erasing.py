"""Erasure: the documents go, every proof stays, and nobody erases what is not theirs."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evidence_ledger.adapters.sql import audit
from evidence_ledger.author import Author, Context
from evidence_ledger.core.administration import Act, Enrol, Settings
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.erasure import REASON
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import Reference
from evidence_ledger.errors import EntryErased, EvidenceError, LedgerFull
from evidence_ledger.renewing.plan import Wish
from tests.workbench import (
    CA,
    DEPOSITOR,
    OPERATOR,
    Workbench,
    author_of,
    fact,
    found,
    step,
    written,
)
from tests.x509_factory import Holder, issue

COURT, STRANGER = issue("Court", CA), issue("Stranger", CA)
SECRET = "Anna-Magdalena Mustermann"
PASSED = (Verdict.PASSED, None)


def fingerprint(holder: Holder) -> bytes:
    return hashlib.sha256(holder.der).digest()


def author(bench: Workbench, holder: Holder) -> Author:
    return author_of(holder, bench.clock, *([] if holder is OPERATOR else [CA]))


def said(
    bench: Workbench, kind: str, holder: Holder, *indexes: int, why: str = "Art. 17 GDPR"
) -> SignedStatement:
    refs = tuple(Reference(one, bench.store.entry(one).leaf_hash) for one in indexes)
    context = Context(bench.origin, bench.ledger.point(), refs)
    return author(bench, holder).about(kind, [(REASON, why)], context)


def erase(bench: Workbench, holder: Holder, *indexes: int) -> int:
    return bench.ledger.deposit([said(bench, "erasure", holder, *indexes)])[0].index


def act(bench: Workbench, one: Act) -> None:
    context = Context(bench.origin, bench.ledger.point())
    bench.ledger.deposit([author(bench, OPERATOR).administration(one, context)])


def reason(bench: Workbench, signed: SignedStatement) -> str:
    size = bench.store.head().size
    with pytest.raises(EvidenceError) as caught:
        bench.ledger.deposit([signed])
    assert bench.store.head().size == size
    return caught.value.reason


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """Entry 0 names somebody, entry 1 nobody; entry 2 is their seal."""
    made = Workbench(tmp_path)
    made.deposit([fact(f"{SECRET}.pdf", b"will")], [("matter/parties", [SECRET])])
    made.deposit([fact("b.txt", b"beta")])
    made.ledger.seal()
    return made


def traces(bench: Workbench) -> list[str]:
    """The database's files that hold the name, or the file's digest."""
    digest = hashlib.sha256(b"will").digest()
    found = []
    for path in bench.folder.iterdir():
        data = path.read_bytes() if path.is_file() else b""
        if SECRET.encode() in data or digest in data or digest.hex().encode() in data:
            found.append(path.name)
    return found


def test_what_was_erased_is_gone_and_all_proofs_stay(bench: Workbench) -> None:
    before, other = written(bench.issue(0)), written(bench.issue(1))
    leaves = bench.store.leaf_hashes(0, 3)
    assert traces(bench)
    entry = erase(bench, DEPOSITOR, 0)
    stored = bench.store.entry(0)
    assert (stored.statement, stored.signature, list(bench.store.claims(0))) == (None, None, [])
    assert bench.store.find(hashlib.sha256(b"will").digest(), "sha256") == []
    assert bench.store.leaf_hashes(0, 3) == leaves
    assert bench.store.entry(entry).statement is not None
    with pytest.raises(EntryErased):
        bench.issue(0)
    assert bench.check(before).verdict is Verdict.PASSED
    assert bench.check(other).verdict is Verdict.PASSED
    assert bench.check(written(bench.issue(1))).verdict is Verdict.PASSED
    bench.ledger.seal()
    report = bench.audit()
    assert report.verdict is Verdict.PASSED
    assert report.facts["erased"] == 1
    assert "of 1 entry it was erased" in step(report, "2").says


def test_the_bytes_leave_the_files_of_the_database(bench: Workbench) -> None:
    erase(bench, DEPOSITOR, 0)
    assert traces(bench) == []
    assert bench.ledger.finish_erasures()


def test_bytes_that_another_reader_holds_leave_with_the_next_seal(bench: Workbench) -> None:
    from evidence_ledger.adapters.sql import open_store

    with closing(open_store(bench.database, read_only=True)) as other:
        reading = other._engine.connect()
        reading.exec_driver_sql("BEGIN")
        reading.exec_driver_sql("SELECT * FROM head").fetchall()
        bench.store.close()
        bench.store = open_store(bench.database, wait=0.1)
        bench.ledger = bench.reopened()
        erase(bench, DEPOSITOR, 0)
        assert not bench.ledger.finish_erasures()
        assert traces(bench)
        reading.close()
    bench.reopened().seal()
    assert traces(bench) == []


def test_the_same_again_is_the_same_entry_and_another_one_is_refused(bench: Workbench) -> None:
    signed = said(bench, "erasure", DEPOSITOR, 0)
    first = bench.ledger.deposit([signed])[0]
    again = bench.reopened().deposit([signed])[0]
    assert (again.index, again.repeated) == (first.index, True)
    for holder in (DEPOSITOR, OPERATOR):
        assert reason(bench, said(bench, "erasure", holder, 0, why="again")) == "erasure.erased"


def test_a_stranger_erases_nothing(bench: Workbench) -> None:
    assert reason(bench, said(bench, "erasure", STRANGER, 0)) == "erasure.not-yours"
    act(bench, Enrol(fingerprint(STRANGER), frozenset({Role.DEPOSITOR, Role.NOTARY})))
    act(bench, Settings(closed=True))
    assert reason(bench, said(bench, "erasure", STRANGER, 0, 1)) == "erasure.not-yours"
    assert bench.store.unfinished_erasures() == []


def test_an_operator_erases(bench: Workbench) -> None:
    erase(bench, OPERATOR, 0, 1)
    assert bench.audit().verdict is Verdict.PASSED


def test_seals_acts_grants_and_erasures_are_never_erased(bench: Workbench) -> None:
    act(bench, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    ref = (Reference(1, bench.store.entry(1).leaf_hash),)
    grant = Grant(fingerprint(STRANGER), None)
    context = Context(bench.origin, bench.ledger.point(), ref)
    granted = bench.ledger.deposit([bench.author.grant(grant, context)])[0].index
    gone = erase(bench, DEPOSITOR, 0)
    bench.ledger.seal()
    for index in (2, 3, granted, gone):
        assert reason(bench, said(bench, "erasure", OPERATOR, index)) == "erasure.kind"


def test_what_is_not_sealed_is_not_erased(bench: Workbench) -> None:
    index = bench.deposit([fact("c.txt", b"gamma")])
    assert reason(bench, said(bench, "erasure", DEPOSITOR, index)) == "ledger.not-sealed"
    bench.ledger.seal()
    erase(bench, DEPOSITOR, index)
    assert bench.audit().verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "ref", [Reference(0, bytes(32)), Reference(3, bytes(32)), Reference(99, bytes(32))]
)
def test_an_entry_that_is_not_there_or_another_one_is_not_erased(
    bench: Workbench, ref: Reference
) -> None:
    context = Context(bench.origin, bench.ledger.point(), (ref,))
    signed = bench.author.about("erasure", [], context)
    assert reason(bench, signed) == "statement.refs"


def test_what_a_court_ordered_is_erased_by_that_court_alone(bench: Workbench) -> None:
    bench.ledger.deposit([said(bench, "order", STRANGER, 1)])  # of no court: it holds nothing up
    act(bench, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    bench.ledger.deposit([said(bench, "order", COURT, 0)])
    for holder in (DEPOSITOR, OPERATOR):
        assert reason(bench, said(bench, "erasure", holder, 0)) == "erasure.ordered"
    assert reason(bench, said(bench, "erasure", COURT, 1)) == "erasure.not-yours"
    erase(bench, COURT, 0)
    erase(bench, DEPOSITOR, 1)
    assert bench.audit().verdict is Verdict.PASSED


def test_a_closed_ledger_with_erased_entries_and_grants_passes_its_audit(bench: Workbench) -> None:
    act(bench, Enrol(fingerprint(DEPOSITOR), frozenset({Role.DEPOSITOR})))
    act(bench, Settings(closed=True))
    index = bench.deposit([fact("d.txt", b"delta")])
    ref = (Reference(index, bench.store.entry(index).leaf_hash),)
    context = Context(bench.origin, bench.ledger.point(), ref)
    bench.ledger.deposit([bench.author.grant(Grant(fingerprint(STRANGER), None), context)])
    bench.ledger.seal()
    erase(bench, DEPOSITOR, index)
    report = bench.audit()
    assert report.verdict is Verdict.PASSED
    assert "of 1 entry that is erased" in step(report, "11").says


def test_an_interrupted_erasure_is_told_and_finished(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = said(bench, "erasure", DEPOSITOR, 0)

    def full(*_: Any) -> None:
        raise LedgerFull("full")

    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "erase", full)
        with pytest.raises(LedgerFull):
            bench.ledger.deposit([signed])
    assert bench.store.entry(0).statement is not None
    unfinished = (Verdict.INDETERMINATE, "audit.erasure-unfinished")
    assert found(bench.audit(), "12") == unfinished
    bench.reopened().seal()
    assert bench.store.entry(0).statement is None
    assert found(bench.audit(), "12") == PASSED
    assert bench.ledger.deposit([signed])[0].repeated


def test_what_no_erasure_names_is_told_as_missing(bench: Workbench) -> None:
    import sqlite3

    from tests.fence import take_down

    erase(bench, DEPOSITOR, 0)
    with closing(sqlite3.connect(bench.database)) as raw, raw:
        take_down(raw)
        raw.execute("UPDATE documents SET statement = NULL, signature = NULL WHERE entry = 1")
    one = step(bench.audit(), "2")
    assert (one.verdict, one.reason) == (Verdict.INDETERMINATE, "audit.documents-gone")
    assert "1 entry; no erasure names them" in one.says


def test_renewals_go_on_after_an_erasure(bench: Workbench) -> None:
    erase(bench, DEPOSITOR, 0)
    assert bench.renewer().renew(Wish(digest="sha512")).strands
    assert bench.audit().verdict is Verdict.PASSED
    assert bench.check(written(bench.issue(1))).verdict is Verdict.PASSED


def test_a_matter_stays_complete_after_an_erasure(bench: Workbench) -> None:
    secret = bytes(range(32))
    index = bench.enter(secret, 0)
    bench.ledger.seal()
    before = bench.complete(secret)
    erase(bench, DEPOSITOR, index)
    bench.ledger.seal()
    after = bench.complete(secret)
    first, second = (bench.check(written(one)) for one in (before, after))
    assert Verdict.FAILED not in (first.verdict, second.verdict)
    passed = {one.number for one in first.steps if one.verdict is Verdict.PASSED}
    assert passed <= {one.number for one in second.steps if one.verdict is Verdict.PASSED}
    assert bench.audit().verdict is Verdict.PASSED


def test_an_erasure_that_was_forced_in_is_found_and_not_carried_out(bench: Workbench) -> None:
    """Past all checks, as by a program that knows none."""
    bench.ledger._appender._judge = lambda *_: {}
    with pytest.raises(EvidenceError):
        bench.ledger.deposit([said(bench, "erasure", STRANGER, 0)])
    bench.reopened().seal()
    assert bench.store.entry(0).statement is not None
    report = bench.audit()
    assert found(report, "11") == (Verdict.FAILED, "erasure.not-yours")
    assert "What is there still is not removed by it." in step(report, "11").says
    assert "Nothing needs to be done" in (step(report, "11").hint or "")
    assert found(report, "12") == (Verdict.INDETERMINATE, "audit.erasure-unfinished")
    assert "see the step Register" in (step(report, "12").hint or "")
    erase(bench, DEPOSITOR, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_what_is_erased_while_the_index_is_read_is_no_defect(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = audit._index

    def late(*parts: Any) -> int | None:
        monkeypatch.setattr(audit, "_index", read)
        erase(bench, DEPOSITOR, 0)
        return read(*parts)

    monkeypatch.setattr(audit, "_index", late)
    report = bench.audit()
    assert found(report, "3") == (Verdict.INDETERMINATE, "audit.erased-meanwhile")
    assert report.verdict is Verdict.INDETERMINATE
    assert bench.audit().verdict is Verdict.PASSED


def test_an_index_that_never_adds_up_is_a_defect(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the database's own tree of the index holds a row twice."""
    monkeypatch.setattr(audit, "_index", lambda *_: 1)
    assert found(bench.audit(), "3") == (Verdict.FAILED, "audit.index")
