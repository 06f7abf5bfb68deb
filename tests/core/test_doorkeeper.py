"""The register asked before claims are: in order, and without changing what it was given."""

from __future__ import annotations

import hashlib

import pytest

from evidence_ledger.author import Author, Context
from evidence_ledger.core import statement
from evidence_ledger.core.administration import Act, Enrol, Revoke, Settings
from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.doorkeeper import Doorkeeper
from evidence_ledger.core.register import Register
from evidence_ledger.core.role import Role
from evidence_ledger.errors import NotAllowed
from tests.fakes import FakeClock
from tests.workbench import OPERATOR, author_of, fact
from tests.x509_factory import issue

ORIGIN = "ledger.example/door"
CLOCK = FakeClock()
HOST, GUEST = author_of(OPERATOR, CLOCK), author_of(issue("Guest"), CLOCK)
ENROL = Enrol(GUEST.fingerprint, frozenset({Role.DEPOSITOR}))


def closed() -> Register:
    register = Register(HOST.fingerprint)
    register.take(Settings(True), HOST.fingerprint)
    return register


def deposit(by: Author = GUEST) -> SignedStatement:
    return by.deposit([fact("a.txt", b"a")], [], Context(ORIGIN))


def said(by: Author, act: Act) -> SignedStatement:
    return by.administration(act, Context(ORIGIN))


def ask(keeper: Doorkeeper, signed: SignedStatement) -> None:
    keeper.let_in(signed, statement.parse(signed.statement))


def test_whom_it_holds_back_is_told_and_noted() -> None:
    keeper, signed = Doorkeeper(closed(), CLOCK.now()), deposit()
    with pytest.raises(NotAllowed) as told:
        ask(keeper, signed)
    assert told.value.reason == "register.not-enrolled"
    assert keeper.held == [hashlib.sha256(signed.statement).digest()]


def test_what_is_known_is_let_in() -> None:
    signed = deposit()
    keeper = Doorkeeper(closed(), CLOCK.now(), {hashlib.sha256(signed.statement).digest()})
    ask(keeper, signed)
    assert keeper.held == []


def test_an_act_counts_from_here_on_and_changes_no_register() -> None:
    register = closed()
    keeper = Doorkeeper(register, CLOCK.now())
    keeper.note(admit(said(HOST, ENROL), ORIGIN))
    ask(keeper, deposit())
    assert GUEST.fingerprint not in register.signers


def test_an_act_that_will_be_refused_counts_for_nothing() -> None:
    keeper = Doorkeeper(closed(), CLOCK.now())
    for act in (ENROL, Settings(False)):
        keeper.note(admit(said(GUEST, act), ORIGIN))
    with pytest.raises(NotAllowed):
        ask(keeper, deposit())


def test_claims_are_not_looked_at_before_it_has_spoken() -> None:
    signed = deposit()
    broken = SignedStatement(signed.statement, signed.signature, [b"{}"])
    with pytest.raises(NotAllowed):
        admit(broken, ORIGIN, let_in=Doorkeeper(closed(), CLOCK.now()).let_in)


def test_an_act_that_is_sent_again_undoes_no_later_one() -> None:
    register, again = closed(), said(HOST, Revoke(GUEST.fingerprint))
    register.is_first(hashlib.sha256(again.statement).digest())
    for act in (ENROL, Revoke(GUEST.fingerprint), ENROL):
        register.take(act, HOST.fingerprint)
    keeper = Doorkeeper(register, CLOCK.now())
    keeper.note(admit(again, ORIGIN))
    ask(keeper, deposit())
