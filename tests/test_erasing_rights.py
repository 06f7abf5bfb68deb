"""What a court ordered stays, and an erasure that is not right, or not any more, takes nothing.

Each test is named for the deposit that would be lost.
"""

from __future__ import annotations

import sqlite3 as raw
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection

from evidence_ledger.adapters.sql import open_store, sqlite
from evidence_ledger.author import Context
from evidence_ledger.core.administration import (
    AddRevocationList,
    ChangeRoles,
    Enrol,
    EnrolIssuer,
    Revoke,
    RevokeIssuer,
    Settings,
)
from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.role import Role
from evidence_ledger.errors import EvidenceError
from evidence_ledger.ledger import Receipt
from evidence_ledger.sealing.direct import stamp_files
from evidence_ledger.stored import DirectToken, StoredEntry
from tests.revocation_factory import DAY, crl
from tests.test_erasing import (
    COURT,
    act,
    author,
    bench,
    erase,
    fingerprint,
    reason,
    said,
)
from tests.workbench import CA, DEPOSITOR, OPERATOR, Workbench, fact, found
from tests.x509_factory import Holder, issue

__all__ = ["bench"]

NEXT = issue("Court, next key", CA)
SECOND = issue("Second court", CA)


def ordered(bench: Workbench, index: int) -> int:
    """The entry of an enrolled court's order, sealed."""
    act(bench, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    order = bench.ledger.deposit([said(bench, "order", COURT, index)])[0].index
    bench.ledger.seal()
    return order


def rotate(bench: Workbench, holder: Holder, following: Holder) -> None:
    context = Context(bench.origin, bench.ledger.point())
    signed = author(bench, holder).rotation(author(bench, following), context)
    bench.ledger.deposit([signed])


def is_there(bench: Workbench, index: int) -> bool:
    stored = bench.store.entry(index)
    return stored.statement is not None and any(True for _ in bench.store.claims(index))


def entries_read(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each entry that is read from now on."""
    found: list[int] = []
    entry = bench.store.entry

    def noting(index: int) -> StoredEntry:
        found.append(index)
        return entry(index)

    monkeypatch.setattr(bench.store, "entry", noting)
    return found


def unchecked(bench: Workbench, *signed: SignedStatement) -> list[int]:
    """Entered and not carried out, as by a program that knows of no erasure."""
    made = bench.reopened()
    made._appender._judge = lambda *_: {}
    receipts = made.append([admit(one, bench.origin) for one in signed])
    return [one.index for one in receipts]


def test_the_operator_does_not_erase_the_order_first(bench: Workbench) -> None:
    order = ordered(bench, 0)
    for holder in (OPERATOR, DEPOSITOR):
        assert reason(bench, said(bench, "erasure", holder, order)) == "erasure.ordered"
        assert reason(bench, said(bench, "erasure", holder, order, 0)) == "erasure.ordered"
    erase(bench, COURT, order)
    erase(bench, DEPOSITOR, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_an_order_by_nobody_enrolled_is_erased_by_the_operator(bench: Workbench) -> None:
    order = bench.ledger.deposit([said(bench, "order", COURT, 0)])[0].index
    bench.ledger.seal()
    erase(bench, OPERATOR, order)
    assert bench.audit().verdict is Verdict.PASSED


def test_an_order_outlives_the_key_of_its_court(bench: Workbench) -> None:
    order = ordered(bench, 0)
    rotate(bench, COURT, NEXT)
    for holder in (OPERATOR, DEPOSITOR):
        assert reason(bench, said(bench, "erasure", holder, 0)) == "erasure.ordered"
    assert reason(bench, said(bench, "erasure", OPERATOR, order)) == "erasure.ordered"
    erase(bench, NEXT, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_an_order_of_the_same_batch_holds(bench: Workbench) -> None:
    act(bench, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    order, erasure = said(bench, "order", COURT, 0), said(bench, "erasure", DEPOSITOR, 0)
    outcomes = bench.ledger.deposit_each([admit(one, bench.origin) for one in (order, erasure)])
    assert isinstance(outcomes[0], Receipt)
    assert isinstance(outcomes[1], EvidenceError)
    assert outcomes[1].reason == "erasure.ordered"
    assert bench.store.head().size == outcomes[0].index + 1
    assert is_there(bench, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_an_order_before_its_court_is_enrolled_in_the_same_batch_holds(bench: Workbench) -> None:
    context = Context(bench.origin, bench.ledger.point())
    enrolment = Enrol(fingerprint(COURT), frozenset({Role.COURT}))
    signed = [
        said(bench, "order", COURT, 0),
        author(bench, OPERATOR).administration(enrolment, context),
        said(bench, "erasure", DEPOSITOR, 0),
    ]
    outcomes = bench.ledger.deposit_each([admit(one, bench.origin) for one in signed])
    assert isinstance(outcomes[2], EvidenceError)
    assert bench.audit().verdict is Verdict.PASSED


def test_an_order_that_comes_before_an_interrupted_erasure_is_finished_holds(
    bench: Workbench,
) -> None:
    unchecked(bench, said(bench, "erasure", DEPOSITOR, 0))
    act_after = Enrol(fingerprint(COURT), frozenset({Role.COURT}))
    context = Context(bench.origin, bench.ledger.point())
    unchecked(
        bench,
        author(bench, OPERATOR).administration(act_after, context),
        said(bench, "order", COURT, 0),
    )
    bench.reopened().seal()
    assert is_there(bench, 0)
    assert found(bench.audit(), "12") == (Verdict.INDETERMINATE, "audit.erasure-unfinished")
    erase(bench, COURT, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_a_revoked_key_erases_nothing_through_an_older_program(bench: Workbench) -> None:
    """A stolen key: revoked, and then an older program took its erasure in an open ledger."""
    act(bench, Revoke(fingerprint(DEPOSITOR), always=False))
    unchecked(bench, said(bench, "erasure", DEPOSITOR, 0))
    bench.reopened().seal()
    bench.reopened().finish_erasures()
    assert is_there(bench, 0)
    erase(bench, OPERATOR, 0)


def test_what_an_older_program_had_erased_before_its_seal_harms_no_seal(
    bench: Workbench,
) -> None:
    index = bench.deposit([fact("c.txt", b"gamma")])
    unchecked(bench, said(bench, "erasure", DEPOSITOR, index))
    bench.reopened().seal()
    assert bench.reopened().finish_erasures()
    assert not is_there(bench, index)
    assert bench.audit().verdict is Verdict.PASSED


def test_an_erasure_past_the_court_is_told_when_all_is_gone(bench: Workbench) -> None:
    """The court's order is there still, and says that nobody else might."""
    ordered(bench, 0)
    unchecked(bench, said(bench, "erasure", DEPOSITOR, 0))
    bench.store.erase([0])
    assert found(bench.audit(), "11") == (Verdict.FAILED, "erasure.ordered")


def test_a_second_court_is_asked_by_none_of_the_first(bench: Workbench) -> None:
    ordered(bench, 0)
    act(bench, Enrol(fingerprint(SECOND), frozenset({Role.COURT})))
    act(bench, Settings(closed=True))
    assert reason(bench, said(bench, "erasure", SECOND, 0)) == "erasure.ordered"


def test_a_timestamp_over_a_file_that_comes_after_its_erasure_is_not_kept(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, keep = bench.ledger._parts, bench.store.add_direct

    def late(index: int, direct: DirectToken) -> None:
        erase(bench, DEPOSITOR, index)
        keep(index, direct)

    monkeypatch.setattr(bench.store, "add_direct", late)
    seal = bench.store.seal_of(0)
    assert seal is not None
    assert stamp_files(parts, 0, seal) == []
    assert bench.store.direct(0) == []
    assert bench.audit().verdict is Verdict.PASSED


def test_what_is_erased_while_the_file_is_written_anew_is_not_taken_for_clean(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    unchecked(bench, said(bench, "erasure", DEPOSITOR, 0), said(bench, "erasure", DEPOSITOR, 1))
    told, others = sqlite._told, [1]

    def slow(connection: Connection, words: str) -> Any:
        answer = told(connection, words)
        if words == "VACUUM" and others:
            with closing(open_store(bench.database)) as other:
                other.erase([others.pop()])
        return answer

    monkeypatch.setattr(sqlite, "_told", slow)
    bench.store.erase([0])
    assert not bench.store.scrub()
    with closing(raw.connect(bench.database)) as looked:
        assert looked.execute("PRAGMA user_version").fetchone() != (0,)
    assert bench.store.scrub()
    with closing(raw.connect(bench.database)) as looked:
        assert looked.execute("PRAGMA user_version").fetchone() == (0,)


@pytest.mark.parametrize("how", ["revoked", "excluded", "another role"])
def test_an_order_holds_beyond_the_enrolment_of_its_court(bench: Workbench, how: str) -> None:
    """Or the operator would revoke the court first."""
    order = ordered(bench, 0)
    court = fingerprint(COURT)
    act(
        bench,
        ChangeRoles(court, frozenset({Role.NOTARY}))
        if how == "another role"
        else Revoke(court, always=how == "excluded"),
    )
    for holder in (OPERATOR, DEPOSITOR):
        assert reason(bench, said(bench, "erasure", holder, 0)) == "erasure.ordered"
        assert reason(bench, said(bench, "erasure", holder, order)) == "erasure.ordered"
    ended = "erasure.ordered" if how == "another role" else "register.revoked"
    assert reason(bench, said(bench, "erasure", COURT, 0)) == ended
    act(bench, Enrol(fingerprint(SECOND), frozenset({Role.COURT})))
    erase(bench, SECOND, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_another_court_releases_what_a_stolen_key_ordered(bench: Workbench) -> None:
    order = ordered(bench, 0)
    act(bench, Revoke(fingerprint(COURT), always=True))
    act(bench, Enrol(fingerprint(SECOND), frozenset({Role.COURT})))
    erase(bench, SECOND, order)
    erase(bench, DEPOSITOR, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_a_court_that_is_enrolled_again_is_asked_alone(bench: Workbench) -> None:
    ordered(bench, 0)
    act(bench, Revoke(fingerprint(COURT), always=True))
    act(bench, Enrol(fingerprint(SECOND), frozenset({Role.COURT})))
    act(bench, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    assert reason(bench, said(bench, "erasure", SECOND, 0)) == "erasure.ordered"
    erase(bench, COURT, 0)


def test_what_was_ordered_before_and_after_a_court_was_one_holds_nothing(bench: Workbench) -> None:
    bench.ledger.deposit([said(bench, "order", COURT, 0, why="before")])
    act(bench, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    act(bench, ChangeRoles(fingerprint(COURT), frozenset({Role.NOTARY})))
    bench.ledger.deposit([said(bench, "order", COURT, 0, why="after")])
    erase(bench, DEPOSITOR, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_an_order_of_a_member_of_a_ca_holds_beyond_that_ca(bench: Workbench) -> None:
    act(bench, EnrolIssuer(CA.der, frozenset({Role.COURT})))
    bench.ledger.deposit([said(bench, "order", COURT, 0)])
    act(bench, RevokeIssuer(fingerprint(CA)))
    assert reason(bench, said(bench, "erasure", OPERATOR, 0)) == "erasure.ordered"
    act(bench, EnrolIssuer(CA.der, frozenset({Role.NOTARY})))
    assert reason(bench, said(bench, "erasure", OPERATOR, 0)) == "erasure.ordered"
    act(bench, Enrol(fingerprint(SECOND), frozenset({Role.COURT})))
    erase(bench, SECOND, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_a_list_that_the_ca_never_signed_ends_no_order(bench: Workbench) -> None:
    """Or the operator would put it in the place of the one that was demanded of the court."""
    now = bench.clock.now()
    act(bench, EnrolIssuer(CA.der, frozenset({Role.COURT}), demanded=True))
    act(bench, AddRevocationList(crl(CA, issued=now, until=now + DAY)))
    bench.ledger.deposit([said(bench, "order", COURT, 0)])
    false = crl(CA, issued=now + DAY, until=now + 2 * DAY, signer=SECOND)
    act(bench, AddRevocationList(false))
    assert reason(bench, said(bench, "erasure", OPERATOR, 0)) == "erasure.ordered"
    act(bench, Enrol(fingerprint(SECOND), frozenset({Role.COURT})))
    erase(bench, SECOND, 0)
    assert bench.audit().verdict is Verdict.PASSED


def test_an_order_and_the_end_of_its_court_in_one_batch_hold(bench: Workbench) -> None:
    act(bench, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    context = Context(bench.origin, bench.ledger.point())
    signed = [
        said(bench, "order", COURT, 0),
        author(bench, OPERATOR).administration(Revoke(fingerprint(COURT)), context),
        said(bench, "erasure", OPERATOR, 0),
    ]
    outcomes = bench.ledger.deposit_each([admit(one, bench.origin) for one in signed])
    assert isinstance(outcomes[2], EvidenceError)
    assert outcomes[2].reason == "erasure.ordered"
    assert bench.audit().verdict is Verdict.PASSED


def test_orders_by_strangers_without_end_cost_no_look_at_each(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = [said(bench, "order", COURT, 0, 1, why=f"{at}") for at in range(300)]
    bench.ledger.append([admit(one, bench.origin) for one in signed])
    looked = entries_read(bench, monkeypatch)
    erase(bench, OPERATOR, 0, 1)
    assert len(looked) < 20


def test_orders_by_strangers_are_judged_once_where_a_ca_may_vouch(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(bench, EnrolIssuer(issue("Another CA", authority=True).der, frozenset({Role.COURT})))
    signed = [said(bench, "order", COURT, 0, 1, why=f"{at}") for at in range(30)]
    orders = {one.index for one in bench.ledger.deposit(signed)}
    looked = entries_read(bench, monkeypatch)
    erase(bench, OPERATOR, 0, 1)
    # Whether it is a court now, and was one then: at the door, before the removal, and once more.
    assert max(looked.count(one) for one in orders) <= 6


def test_what_one_of_two_courts_erased_is_no_defect_when_its_order_is_gone(
    bench: Workbench,
) -> None:
    order = ordered(bench, 0)
    act(bench, Enrol(fingerprint(SECOND), frozenset({Role.COURT})))
    bench.ledger.deposit([said(bench, "order", SECOND, 0)])
    erase(bench, COURT, 0)
    assert bench.audit().verdict is Verdict.PASSED
    erase(bench, COURT, order)
    assert bench.audit().verdict is Verdict.PASSED


def test_a_courts_own_order_that_another_court_ordered_is_its_own(bench: Workbench) -> None:
    order = ordered(bench, 0)
    act(bench, Enrol(fingerprint(SECOND), frozenset({Role.COURT})))
    bench.ledger.deposit([said(bench, "order", SECOND, order)])
    erase(bench, COURT, order)
    assert bench.audit().verdict is Verdict.PASSED


def test_an_erasure_past_two_courts_is_told_when_one_order_is_gone(bench: Workbench) -> None:
    order = ordered(bench, 0)
    act(bench, Enrol(fingerprint(SECOND), frozenset({Role.COURT})))
    bench.ledger.deposit([said(bench, "order", SECOND, 0)])
    unchecked(bench, said(bench, "erasure", DEPOSITOR, 0))
    bench.store.erase([0])
    erase(bench, COURT, order)
    assert found(bench.audit(), "11") == (Verdict.FAILED, "erasure.ordered")
