"""Acts and deposits that somebody wrote past all checks, with sound signatures."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evidence_ledger.auditing.register import RegisterAudit
from evidence_ledger.author import Context
from evidence_ledger.core.administration import ChangeRoles, Enrol, Revoke, Settings
from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.chain import NOTHING
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import Reference, TreePoint
from evidence_ledger.errors import LedgerCorrupt, NotAllowed, Refused
from evidence_ledger.registrar import statements_about
from tests.test_registrar import (
    ANY,
    NOTARY,
    STRANGER,
    act,
    append,
    author,
    context,
    deposit,
    fingerprint,
    force,
    signed_act,
)
from tests.workbench import DEPOSITOR, OPERATOR, Workbench, fact, found

ELSEWHERE = "elsewhere.example/log"
ENROLMENT = Enrol(fingerprint(STRANGER), ANY)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Two entries: the depositor is enrolled, the ledger is closed."""
    bench = Workbench(tmp_path)
    act(bench, Enrol(fingerprint(DEPOSITOR), ANY))
    act(bench, Settings(True))
    yield bench
    bench.store.close()


def file_as(bench: Workbench, signed: SignedStatement, kind: str) -> None:
    append(bench, admit(signed, bench.origin)._replace(kind=kind))


def elsewhere(bench: Workbench, signed: SignedStatement) -> None:
    append(bench, admit(signed, ELSEWHERE))


def without_once_only(bench: Workbench) -> None:
    """Let the database keep the same statement twice."""
    with closing(sqlite3.connect(bench.database, isolation_level=None)) as raw:
        triggers = raw.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entries'"
        ).fetchall()
        raw.execute("PRAGMA foreign_keys = off")
        raw.execute("PRAGMA legacy_alter_table = on")
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("ALTER TABLE entries RENAME TO old")
        raw.execute(
            "CREATE TABLE entries (number INTEGER NOT NULL PRIMARY KEY, data BLOB NOT NULL, "
            "leaf_hash BLOB NOT NULL, statement_hash BLOB NOT NULL)"
        )
        raw.execute("INSERT INTO entries SELECT * FROM old")
        raw.execute("DROP TABLE old")
        for _, sql in triggers:
            raw.execute(sql)


@pytest.fixture
def replayed(bench: Workbench) -> Workbench:
    """Five entries: the stranger was enrolled, revoked, and the enrolment entered again."""
    without_once_only(bench)
    enrolment = signed_act(bench, ENROLMENT)
    bench.ledger.deposit([enrolment])
    act(bench, Revoke(fingerprint(STRANGER)))
    force(bench, enrolment)
    return bench


def test_an_enrolment_entered_again_after_its_revocation_enrols_nobody(replayed: Workbench) -> None:
    for ledger in (replayed.ledger, replayed.reopened()):
        with pytest.raises(NotAllowed) as caught:
            ledger.deposit([deposit(replayed, STRANGER)])
        assert caught.value.reason == "register.revoked"


def test_the_audit_finds_a_statement_entered_twice(replayed: Workbench) -> None:
    assert found(replayed.audit(), "1") == (Verdict.FAILED, "audit.repeated")


def test_the_audit_of_the_register_finds_a_repeated_act_itself(replayed: Workbench) -> None:
    """Whatever an index of the database says."""
    audited = RegisterAudit(replayed.store, fingerprint(OPERATOR), replayed.origin)
    with pytest.raises(Refused) as caught:
        audited.check([0, 1, 2, 3, 4], 5)
    assert (caught.value.reason, caught.value.where) == ("audit.repeated", "entry 4")


@pytest.mark.parametrize("signatures", [True, False])
def test_the_audit_finds_an_act_for_another_ledger(bench: Workbench, signatures: bool) -> None:
    signed = author(bench, OPERATOR).administration(ENROLMENT, Context(ELSEWHERE))
    elsewhere(bench, signed)
    report = bench.audit(signatures=signatures)
    assert found(report, "1") == (Verdict.FAILED, "audit.other-ledger")
    with pytest.raises(LedgerCorrupt):
        bench.reopened().registrar.at(3)


def test_the_audit_finds_a_deposit_for_another_ledger(bench: Workbench) -> None:
    signed = author(bench, DEPOSITOR).deposit([fact("a", b"a")], [], Context(ELSEWHERE))
    elsewhere(bench, signed)
    assert found(bench.audit(), "1") == (Verdict.FAILED, "audit.other-ledger")


@pytest.mark.parametrize("kind", ["order", "handover", "rotation"])
def test_the_audit_finds_a_deposit_under_another_kind(bench: Workbench, kind: str) -> None:
    act(bench, Enrol(fingerprint(NOTARY), frozenset({Role.COURT})))
    file_as(bench, deposit(bench, NOTARY), kind)
    assert found(bench.audit(), "1") == (Verdict.FAILED, "audit.kind")


@pytest.mark.parametrize("kind", ["deposit", "erasure"])
def test_the_audit_finds_an_act_that_hides_under_another_kind(bench: Workbench, kind: str) -> None:
    roles = frozenset({Role.OPERATOR, Role.DEPOSITOR, Role.COURT})
    act(bench, ChangeRoles(fingerprint(OPERATOR), roles))
    file_as(bench, signed_act(bench, ENROLMENT), kind)
    assert found(bench.audit(signatures=False), "1") == (Verdict.FAILED, "audit.kind")


def test_a_deposit_filed_as_an_act_stops_the_register(bench: Workbench) -> None:
    file_as(bench, deposit(bench, DEPOSITOR), "administration")
    with pytest.raises(LedgerCorrupt):
        bench.reopened().registrar.at(3)


def test_the_audit_finds_a_checkpoint_that_never_was(bench: Workbench) -> None:
    never = Context(bench.origin, TreePoint(1, hashlib.sha256(b"never").digest()))
    force(bench, author(bench, DEPOSITOR).deposit([fact("a", b"a")], [], never))
    assert found(bench.audit(), "11") == (Verdict.FAILED, "audit.after")


def test_the_audit_finds_a_checkpoint_of_the_future(bench: Workbench) -> None:
    bench.ledger.seal()
    point = bench.ledger.point()
    early = Context(bench.origin, TreePoint(point.size + 9, point.root))
    force(bench, author(bench, OPERATOR).administration(ENROLMENT, early))
    assert found(bench.audit(), "11") == (Verdict.FAILED, "audit.after")


def test_a_grant_of_a_leaf_that_never_was_is_found_and_grants_nothing(bench: Workbench) -> None:
    index = bench.ledger.deposit([deposit(bench, DEPOSITOR)])[0].index
    about = (Reference(index, hashlib.sha256(b"never").digest()),)
    given = Grant(fingerprint(STRANGER))
    force(bench, author(bench, DEPOSITOR).grant(given, Context(bench.origin, NOTHING, about)))
    assert found(bench.audit(), "11") == (Verdict.FAILED, "audit.refs")
    with pytest.raises(LedgerCorrupt):
        list(statements_about(bench.store, index))


def test_sound_links_pass(bench: Workbench) -> None:
    index = bench.ledger.deposit([deposit(bench, DEPOSITOR)])[0].index
    bench.ledger.seal()
    given = Grant(fingerprint(STRANGER))
    bench.ledger.deposit([author(bench, DEPOSITOR).grant(given, context(bench, index))])
    bench.ledger.deposit([deposit(bench, DEPOSITOR)])
    bench.ledger.seal()
    assert bench.audit().verdict is Verdict.PASSED
    assert [one.kind for one in statements_about(bench.store, index)] == ["grant"]
