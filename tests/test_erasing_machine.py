"""Deposits, orders, hand-overs, erasures, seals, and courts that come, change keys and go, in any
order, against a model of who may erase what. Each run ends with an audit.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from evidence_ledger.author import Context
from evidence_ledger.core.administration import Act, Enrol, Revoke
from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.role import Role
from evidence_ledger.errors import EvidenceError
from tests.scratch import scratch_folder
from tests.test_erasing import author, fingerprint, said
from tests.workbench import CA, DEPOSITOR, OPERATOR, Workbench, fact, written
from tests.x509_factory import Holder, issue

KEYS = 4


@dataclass
class Person:
    """Whoever signs: ``keys`` one after the other, of which ``at`` is the present one."""

    keys: list[Holder]
    at: int = 0
    court: bool = False
    revoked: bool = False

    @property
    def key(self) -> Holder:
        return self.keys[self.at]


@dataclass
class Told:
    """What the model knows of an entry that can be erased; ``orders`` are entries that name it."""

    index: int
    kind: str
    signer: str
    secret: str
    certificate: bytes = b""
    sealed: bool = False
    erased: bool = False
    by_court: bool = False
    orders: list[Told] = field(default_factory=list)


def holders(*names: str) -> dict[str, list[Holder]]:
    return {name: [issue(f"{name} {at}", CA) for at in range(KEYS)] for name in names}


COURTS = holders("court", "second")
STRANGER = issue("Stranger", CA)
PEOPLE = st.sampled_from(["depositor", "operator", "stranger", *COURTS])
JUDGES = st.sampled_from([*COURTS, "stranger"])
PLACE = st.integers(0, 1 << 16)


class Erasures(RuleBasedStateMachine):
    """The model is ``told`` and ``people``; the ledger is a real one in SQLite."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="erasures-", dir=scratch_folder()))
        self.bench = Workbench(self.folder)
        self.told: list[Told] = []
        self.people = {name: Person(list(keys)) for name, keys in COURTS.items()}
        others = {"depositor": DEPOSITOR, "operator": OPERATOR, "stranger": STRANGER}
        self.people |= {name: Person([one]) for name, one in others.items()}
        self.count = 0
        # What most of it is about: a court's order, and sealed entries.
        self.enrol("court")
        for _ in range(2):
            self.deposit()
        self.order("court", 0)
        self.seal()

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            try:
                self.check_all()
            finally:
                self.bench.store.close()
                shutil.rmtree(self.folder)

    # What is done

    @rule()
    def deposit(self) -> None:
        secret = self.secret()
        index = self.bench.deposit([fact(f"{secret}.pdf", secret.encode())])
        self.told.append(Told(index, "deposit", "depositor", secret))

    @rule()
    def seal(self) -> None:
        self.bench.ledger.seal()
        for one in self.told:
            if not one.sealed and not one.erased:
                one.certificate = written(self.bench.issue(one.index))
            one.sealed = True

    @precondition(lambda self: self.told)
    @rule(by=JUDGES, place=PLACE)
    def order(self, by: str, place: int) -> None:
        self.state("order", by, self.at(place))

    @precondition(lambda self: self.told)
    @rule(place=PLACE)
    def hand_over(self, place: int) -> None:
        self.state("handover", "depositor", self.at(place))

    @precondition(lambda self: self.told)
    @rule(by=PEOPLE, place=PLACE)
    def erase(self, by: str, place: int) -> None:
        self.try_to_erase(by, self.at(place))

    @precondition(lambda self: any(one.kind == "order" for one in self.told))
    @rule(by=PEOPLE, place=PLACE)
    def erase_an_order(self, by: str, place: int) -> None:
        orders = [one for one in self.told if one.kind == "order"]
        self.try_to_erase(by, orders[place % len(orders)])

    def try_to_erase(self, by: str, one: Told) -> None:
        expected = self.verdict(by, one)
        outcome = self.handed_in(self.said("erasure", by, one))
        assert self.reason(outcome) == expected
        if expected is None:
            one.erased = True

    @precondition(lambda self: self.told)
    @rule(judge=JUDGES, by=PEOPLE, place=PLACE)
    def order_and_erase_at_once(self, judge: str, by: str, place: int) -> None:
        one, secret = self.at(place), self.secret()
        order, erasure = self.said("order", judge, one, secret), self.said("erasure", by, one)
        outcomes = self.bench.ledger.deposit_each(
            [admit(signed, self.bench.origin) for signed in (order, erasure)]
        )
        self.take(outcomes[0], "order", judge, one, secret)
        expected = self.verdict(by, one)
        assert self.reason(outcomes[1]) == expected
        if expected is None:
            one.erased = True

    @rule(name=st.sampled_from(sorted(COURTS)))
    def enrol(self, name: str) -> None:
        person = self.people[name]
        if not person.court:
            self.act(Enrol(fingerprint(person.key), frozenset({Role.COURT})))
            person.court, person.revoked = True, False

    @rule(name=st.sampled_from(sorted(COURTS)), always=st.booleans())
    def revoke(self, name: str, always: bool) -> None:
        person = self.people[name]
        self.act(Revoke(fingerprint(person.key), always=always))
        person.court, person.revoked = False, True

    @rule(name=st.sampled_from(sorted(COURTS)))
    def rotate(self, name: str) -> None:
        person = self.people[name]
        if person.revoked or person.at + 1 == KEYS:
            return
        old, new = (author(self.bench, one) for one in person.keys[person.at : person.at + 2])
        context = Context(self.bench.origin, self.bench.ledger.point())
        self.bench.ledger.deposit([old.rotation(new, context)])
        person.at += 1

    @rule()
    def another_process(self) -> None:
        self.bench.ledger = self.bench.reopened()

    # What always holds

    @invariant()
    def held_entries_are_there(self) -> None:
        for one in getattr(self, "told", ()):
            stored = self.bench.store.entry(one.index)
            claims = list(self.bench.store.claims(one.index))
            is_there = stored.statement is not None and stored.signature is not None
            assert (is_there, bool(claims)) == (not one.erased, not one.erased)

    def check_all(self) -> None:
        self.bench.ledger = self.bench.reopened()
        self.seal()
        report = self.bench.audit()
        assert report.verdict is Verdict.PASSED, report.to_json()
        assert report.facts["erased"] == sum(one.erased for one in self.told)
        self.check_files()
        for one in self.told:
            for certificate in filter(None, (one.certificate, self.fresh(one))):
                assert self.bench.check(certificate).verdict is Verdict.PASSED

    def check_files(self) -> None:
        data = b"".join(path.read_bytes() for path in self.folder.glob("ledger.sqlite*"))
        for one in self.told:
            digest = hashlib.sha256(one.secret.encode()).digest()
            traces = [one.secret.encode() in data]
            if one.kind == "deposit":
                traces += [digest in data, digest.hex().encode() in data]
            assert all(traces) if not one.erased else not any(traces)

    # The model

    def verdict(self, by: str, one: Told) -> str | None:
        """The reason for which an erasure of one entry is refused; None where it is right."""
        person = self.people[by]
        if person.revoked:
            return "register.revoked"
        if one.erased:
            return "erasure.erased"
        if not one.sealed:
            return "ledger.not-sealed"
        orders = self.orders(one)
        courts = {each.signer for each in orders if self.people[each.signer].court}
        if courts:
            return None if by in courts else "erasure.ordered"
        if any(each.by_court for each in orders):
            return None if person.court else "erasure.ordered"
        return None if by in ("operator", one.signer) else "erasure.not-yours"

    def orders(self, one: Told) -> list[Told]:
        """What holds an entry, if courts said it: the orders that name it, or it itself."""
        orders = [each for each in one.orders if not each.erased]
        return [*orders, *([one] if one.kind == "order" else [])]

    # Means

    def at(self, place: int) -> Told:
        return self.told[place % len(self.told)]

    def secret(self) -> str:
        self.count += 1
        return f"a secret of number {self.count}."

    def said(self, kind: str, by: str, one: Told, why: str | None = None) -> SignedStatement:
        return said(self.bench, kind, self.people[by].key, one.index, why=why or self.unique())

    def unique(self) -> str:
        self.count += 1
        return f"ground {self.count}"

    def state(self, kind: str, by: str, one: Told) -> None:
        secret = self.secret()
        outcome = self.handed_in(self.said(kind, by, one, secret))
        self.take(outcome, kind, by, one, secret)

    def take(self, outcome: Any, kind: str, by: str, one: Told, secret: str) -> None:
        revoked = "register.revoked" if self.people[by].revoked else None
        assert self.reason(outcome) == revoked
        if revoked is None:
            fresh = Told(outcome.index, kind, by, secret, by_court=self.people[by].court)
            self.told.append(fresh)
            if kind == "order":
                one.orders.append(fresh)

    def act(self, one: Act) -> None:
        context = Context(self.bench.origin, self.bench.ledger.point())
        signed = author(self.bench, OPERATOR).administration(one, context)
        self.bench.ledger.deposit([signed])
        self.bench.clock.move(seconds=1)

    def handed_in(self, signed: SignedStatement) -> Any:
        try:
            return self.bench.ledger.deposit([signed])[0]
        except EvidenceError as error:
            return error

    def reason(self, outcome: Any) -> str | None:
        return outcome.reason if isinstance(outcome, EvidenceError) else None

    def fresh(self, one: Told) -> bytes:
        return b"" if one.erased else written(self.bench.issue(one.index))


Erasures.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestErasures = Erasures.TestCase
