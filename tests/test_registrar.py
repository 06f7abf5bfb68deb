"""A ledger that is open or closed, and its audit: who could hand in what, entry by entry."""

from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evidence_ledger.author import Author, Context
from evidence_ledger.core import statement
from evidence_ledger.core.administration import (
    Act,
    ChangeRoles,
    Enrol,
    EnrolIssuer,
    Revoke,
    Rotate,
    Settings,
)
from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.chain import Admission, extend
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.role import Role
from evidence_ledger.core.special import SpecialEntry
from evidence_ledger.core.statement import Reference
from evidence_ledger.errors import EvidenceError, LedgerCorrupt, NotAllowed
from evidence_ledger.ledger import Receipt
from evidence_ledger.tree import edge_at
from tests.fakes import FakeClock
from tests.fence import take_down
from tests.workbench import CA, DEPOSITOR, OPERATOR, Workbench, author_of, fact, found, step
from tests.x509_factory import Holder, issue

STRANGER, NOTARY, COURT = issue("Stranger"), issue("Notary"), issue("Court")
ANY = frozenset({Role.DEPOSITOR})


def fingerprint(holder: Holder) -> bytes:
    return hashlib.sha256(holder.der).digest()


@pytest.fixture
def closed(bench: Workbench) -> Workbench:
    """Two entries: the depositor is enrolled, the ledger is closed."""
    act(bench, Enrol(fingerprint(DEPOSITOR), ANY))
    act(bench, Settings(True))
    return bench


def author(bench: Workbench, holder: Holder) -> Author:
    return author_of(holder, bench.clock)


def context(bench: Workbench, *refs: int) -> Context:
    leaves = [(index, bench.store.leaf_hashes(index, index + 1)[0]) for index in refs]
    references = tuple(Reference(index, leaf) for index, leaf in leaves)
    return Context(bench.origin, bench.ledger.point(), references)


def signed_act(bench: Workbench, what: Act, holder: Holder = OPERATOR) -> SignedStatement:
    return author(bench, holder).administration(what, context(bench))


def act(bench: Workbench, what: Act, holder: Holder = OPERATOR) -> int:
    return bench.ledger.deposit([signed_act(bench, what, holder)])[0].index


def deposit(bench: Workbench, holder: Holder, *others: Holder) -> SignedStatement:
    bench.clock.move(seconds=1)
    return author_of(holder, bench.clock, *others).deposit([fact("a", b"a")], [], context(bench))


def reason(bench: Workbench, signed: SignedStatement) -> str:
    with pytest.raises(EvidenceError) as caught:
        bench.ledger.deposit([signed])
    return caught.value.reason


def force(bench: Workbench, *signed: SignedStatement, seal: bool = False) -> None:
    """Append past the register, as somebody who writes into the database with the ledger's code."""
    append(bench, *[admit(one, bench.origin, seal=seal) for one in signed])


def append(bench: Workbench, *admissions: Admission) -> None:
    head = bench.store.head()
    received = bench.clock.now() + timedelta(seconds=1)
    bench.store.append(head, extend(head, edge_at(bench.store, head.size), admissions, received))


def test_an_open_ledger_takes_from_everybody(bench: Workbench) -> None:
    assert bench.ledger.deposit([deposit(bench, STRANGER)])[0].index == 0
    assert found(bench.audit(), "11") == (Verdict.PASSED, None)


def test_a_closed_ledger_takes_from_the_enrolled(closed: Workbench) -> None:
    assert closed.ledger.deposit([deposit(closed, DEPOSITOR, CA)])[0].index == 2
    assert reason(closed, deposit(closed, STRANGER)) == "register.not-enrolled"
    closed.ledger.seal()
    report = closed.audit()
    assert report.verdict is Verdict.PASSED
    assert "2 acts of administration; 2 entries by signers" in step(report, "11").says
    act(closed, Settings(False))
    closed.ledger.deposit([deposit(closed, STRANGER)])
    closed.ledger.seal()
    assert closed.audit().verdict is Verdict.PASSED


def test_another_process_knows_at_once(closed: Workbench) -> None:
    other = closed.reopened()
    other.deposit([deposit(closed, DEPOSITOR)])
    act(closed, Revoke(fingerprint(DEPOSITOR)))
    with pytest.raises(NotAllowed):
        other.deposit([deposit(closed, DEPOSITOR)])
    act(closed, Enrol(fingerprint(STRANGER), ANY))
    other.deposit([deposit(closed, STRANGER)])


def test_a_statement_that_is_there_is_answered_whoever_is_enrolled_since(closed: Workbench) -> None:
    signed = deposit(closed, DEPOSITOR)
    index = closed.ledger.deposit([signed])[0].index
    act(closed, Revoke(fingerprint(DEPOSITOR)))
    again = closed.ledger.deposit([signed])[0]
    assert (again.index, again.repeated) == (index, True)
    assert found(closed.audit(), "11") == (Verdict.PASSED, None)


def test_in_one_append_acts_count_for_what_follows(closed: Workbench) -> None:
    enrol = signed_act(closed, Enrol(fingerprint(STRANGER), ANY))
    revoke = signed_act(closed, Revoke(fingerprint(DEPOSITOR)))
    batch = [enrol, deposit(closed, STRANGER), revoke, deposit(closed, DEPOSITOR)]
    with pytest.raises(NotAllowed):
        closed.ledger.deposit(batch)
    assert closed.store.head().size == 2
    outcomes = closed.ledger.deposit_each([closed.ledger.admit(one) for one in batch])
    assert [isinstance(one, Receipt) for one in outcomes] == [True, True, True, False]
    assert isinstance(outcomes[3], NotAllowed)
    assert closed.store.head().size == 5
    assert found(closed.audit(), "11") == (Verdict.PASSED, None)


def test_what_was_refused_changes_nothing(closed: Workbench) -> None:
    false = signed_act(closed, Enrol(fingerprint(STRANGER), ANY), STRANGER)
    open_ = signed_act(closed, Settings(False), DEPOSITOR)
    outcomes = closed.ledger.deposit_each([closed.ledger.admit(one) for one in (false, open_)])
    assert [one.reason for one in outcomes if isinstance(one, EvidenceError)] == [
        "register.not-enrolled",
        "register.not-operator",
    ]
    assert reason(closed, deposit(closed, STRANGER)) == "register.not-enrolled"


def test_roles_are_asked(closed: Workbench) -> None:
    act(closed, Enrol(fingerprint(NOTARY), frozenset({Role.AUDITOR})))
    assert reason(closed, deposit(closed, NOTARY)) == "register.role"
    act(closed, ChangeRoles(fingerprint(NOTARY), frozenset({Role.NOTARY})))
    closed.ledger.deposit([deposit(closed, NOTARY)])
    assert found(closed.audit(), "11") == (Verdict.PASSED, None)


def test_a_root_vouches_by_the_chain_in_the_signature(bench: Workbench) -> None:
    act(bench, EnrolIssuer(CA.der, ANY))
    act(bench, Settings(True))
    bench.ledger.deposit([deposit(bench, DEPOSITOR)])
    bench.clock.move(days=400)
    assert reason(bench, deposit(bench, DEPOSITOR)) == "register.not-enrolled"
    assert found(bench.audit(), "11") == (Verdict.PASSED, None)


def test_a_key_rotates_and_the_old_one_is_done(closed: Workbench) -> None:
    following = author(closed, STRANGER)
    signed = author(closed, DEPOSITOR).rotation(following, context(closed))
    closed.ledger.deposit([signed])
    closed.ledger.deposit([deposit(closed, STRANGER)])
    assert reason(closed, deposit(closed, DEPOSITOR)) == "register.revoked"
    assert found(closed.audit(), "11") == (Verdict.PASSED, None)


def test_a_rotation_to_a_key_that_did_not_agree_is_refused(closed: Workbench) -> None:
    mine, other = author(closed, DEPOSITOR), author(closed, STRANGER)
    signed = mine.rotation(other, context(closed))
    parsed = statement.parse(signed.statement)
    assert isinstance(parsed.administration, Rotate)
    to_another = replace(parsed.administration, signer=fingerprint(NOTARY))
    false = mine.sign(replace(parsed, administration=to_another))
    assert reason(closed, false) == "cms.message-digest"


def test_a_sealed_ledger_goes_on_when_it_is_closed(closed: Workbench) -> None:
    result = closed.ledger.seal()
    assert result.seal is not None
    assert result.seal.entry == 2
    assert closed.audit().verdict is Verdict.PASSED


def test_the_special_entries_are_found(bench: Workbench) -> None:
    act(bench, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    index = bench.deposit()
    grant = bench.author.grant(Grant(fingerprint(NOTARY)), context(bench, index))
    order = author(bench, COURT).order(context(bench, 0, index))
    bench.ledger.deposit([grant, order])
    special = [
        SpecialEntry(0, 0, "administration"),
        SpecialEntry(2, 0, "grant", index),
        SpecialEntry(3, 0, "order", 0),
        SpecialEntry(3, 1, "order", index),
    ]
    assert bench.store.special_entries(0, 9) == special
    assert bench.store.special_entries(1, 3) == special[1:2]
    assert bench.store.special_about(index) == [special[1], special[3]]
    assert bench.store.special_about(7) == []


@pytest.mark.parametrize("holder", [STRANGER, OPERATOR])
def test_only_the_depositor_grants(bench: Workbench, holder: Holder) -> None:
    index = bench.deposit()
    given = Grant(fingerprint(holder))
    assert reason(bench, author(bench, holder).grant(given, context(bench, index))) == (
        "grant.not-depositor"
    )


def test_a_grant_is_of_claims_that_are_there(bench: Workbench) -> None:
    index = bench.deposit()
    entry = act(bench, Settings(False))
    for given, about, code in (
        (Grant(bytes(32), (0, 1)), index, "grant.beyond"),
        (Grant(bytes(32), (0,)), entry, "grant.no-claims"),
    ):
        assert reason(bench, bench.author.grant(given, context(bench, about))) == code
    sound = bench.author.grant(Grant(bytes(32), (0,)), context(bench, index))
    bench.ledger.deposit([sound])


def test_the_holder_of_a_rotated_key_grants_what_the_old_key_deposited(bench: Workbench) -> None:
    index = bench.deposit()
    bench.ledger.deposit([bench.author.rotation(author(bench, STRANGER), context(bench))])
    grant = author(bench, STRANGER).grant(Grant(bytes(32)), context(bench, index))
    bench.ledger.deposit([grant])
    assert found(bench.audit(), "11") == (Verdict.PASSED, None)


def test_the_audit_finds_who_was_not_enrolled(closed: Workbench) -> None:
    force(closed, deposit(closed, STRANGER))
    assert found(closed.audit(), "11") == (Verdict.FAILED, "register.not-enrolled")
    assert step(closed.audit(), "11").says.endswith("(entry 2)")


def test_whoever_is_first_the_register_of_each_entry_holds(bench: Workbench) -> None:
    """Strangers deposit, each with a ledger object of its own, while the operator closes."""
    signed = [
        [
            author(bench, STRANGER).deposit([fact("a", b"%d %d" % (which, n))], [], context(bench))
            for n in range(60)
        ]
        for which in range(3)
    ]

    def deposit_all(mine: list[SignedStatement]) -> int:
        ledger, taken = bench.reopened(), 0
        for one in mine:
            try:
                taken += not ledger.deposit([one])[0].repeated
            except NotAllowed:
                return taken
        return taken

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(deposit_all, mine) for mine in signed]
        while bench.store.head().size < 10 and not all(one.done() for one in running):
            pass
        closing_ = bench.reopened()
        closing_.deposit([signed_act(bench, Settings(True))])
        taken = sum(one.result() for one in running)
    assert bench.store.head().size == taken + 1
    assert found(bench.audit(), "10") == (Verdict.PASSED, None)
    with pytest.raises(NotAllowed):
        bench.ledger.deposit([deposit(bench, STRANGER)])


def test_an_entry_whose_documents_are_gone_is_undecided(closed: Workbench) -> None:
    closed.ledger.deposit([deposit(closed, DEPOSITOR)])
    with closing(sqlite3.connect(closed.database)) as connection, connection:
        take_down(connection)
        connection.execute("UPDATE documents SET signature = NULL WHERE entry = 2")
        assert found(closed.audit(), "11") == (Verdict.PASSED, None), "enrolled one by one"
    with closing(sqlite3.connect(closed.database)) as connection, connection:
        connection.execute("UPDATE documents SET statement = NULL WHERE entry = 2")
    assert found(closed.audit(), "11") == (Verdict.INDETERMINATE, "audit.documents-gone")
    with closing(sqlite3.connect(closed.database)) as connection, connection:
        connection.execute("UPDATE documents SET statement = NULL WHERE entry = 0")
    assert found(closed.audit(), "11") == (Verdict.INDETERMINATE, "audit.documents-gone")
    with pytest.raises(LedgerCorrupt):
        closed.reopened().registrar.at(3)


def test_the_audit_finds_an_act_by_another_than_an_operator(bench: Workbench) -> None:
    force(bench, signed_act(bench, Settings(True), STRANGER))
    assert found(bench.audit(), "11") == (Verdict.FAILED, "register.not-operator")
    with pytest.raises(LedgerCorrupt):
        bench.reopened().deposit([deposit(bench, DEPOSITOR)])


def test_the_audit_finds_a_grant_by_another_than_the_depositor(bench: Workbench) -> None:
    index = bench.deposit()
    false = author(bench, STRANGER).grant(Grant(fingerprint(STRANGER)), context(bench, index))
    force(bench, false)
    assert found(bench.audit(), "11") == (Verdict.FAILED, "grant.not-depositor")


def test_a_revoked_signer_grants_nothing_even_in_an_open_ledger(bench: Workbench) -> None:
    index = bench.deposit()
    act(bench, Revoke(fingerprint(DEPOSITOR)))
    grant = bench.author.grant(Grant(fingerprint(STRANGER)), context(bench, index))
    assert reason(bench, grant) == "register.revoked"
    force(bench, grant)
    assert found(bench.audit(), "11") == (Verdict.FAILED, "register.revoked")


def test_the_audit_finds_a_seal_by_another_than_an_operator(closed: Workbench) -> None:
    closed.ledger.seal()
    own = closed.store.entry(2).statement
    assert own is not None
    parsed = replace(statement.parse(own), signer=fingerprint(STRANGER))
    force(closed, author(closed, STRANGER).sign(parsed), seal=True)
    assert found(closed.audit(), "11") == (Verdict.FAILED, "register.not-enrolled")


def test_another_first_operator_is_another_register(closed: Workbench) -> None:
    parts = replace(closed.parts(), operator_before=fingerprint(STRANGER))
    assert parts.first_operator == fingerprint(STRANGER)
    assert closed.parts().first_operator == fingerprint(OPERATOR)


def test_nobody_changes_a_register_that_was_given_before(closed: Workbench) -> None:
    before = closed.ledger.registrar.at(2)
    act(closed, Enrol(fingerprint(STRANGER), ANY))
    after = closed.ledger.registrar.at(3)
    assert fingerprint(STRANGER) in after.signers
    assert fingerprint(STRANGER) not in before.signers
    assert fingerprint(DEPOSITOR) not in closed.ledger.registrar.at(0).signers
    assert closed.ledger.registrar.at(3) is after


def test_the_clock_of_the_ledger_counts(tmp_path: Path) -> None:
    """Not that of the author, which an expired X.509 certificate's holder sets back."""
    bench = Workbench(tmp_path, clock=FakeClock())
    act(bench, EnrolIssuer(CA.der, ANY))
    act(bench, Settings(True))
    early = deposit(bench, DEPOSITOR)
    bench.clock.move(days=400)
    assert reason(bench, early) == "register.not-enrolled"
    bench.store.close()
