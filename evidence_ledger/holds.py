"""Which courts hold an entry, so that nobody else has it erased.

A court holds what an order names that it gave while it was enrolled, and what an order of its own
names while it is: by whatever key it has then. It holds its orders, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter

from evidence_ledger.core import cades, entry, statement
from evidence_ledger.core.chain import Admission
from evidence_ledger.core.erasure import Target
from evidence_ledger.core.identity import Identity, identity_of
from evidence_ledger.core.register import Register, Roles
from evidence_ledger.core.role import Role
from evidence_ledger.core.special import Order
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredEntry


@dataclass(frozen=True, slots=True)
class FreshOrder:
    """An order that is no entry yet, and whether its signer is a court as it comes."""

    admission: Admission
    by_court: bool


def fresh_order(register: Register, admission: Admission, at: datetime) -> FreshOrder:
    """An order that is entered at a time, under the register there."""
    who = partial(_signed, admission)
    return FreshOrder(admission, Role.COURT in register.roles_or_none(admission.signer, who, at))


class Holds:
    """Who holds entries, as the entry ``before`` finds them, under the register there, at a time.

    An order is judged once, however many entries it names.
    """

    def __init__(self, register: Register, store: Store, before: int, at: datetime) -> None:
        self._register = register
        self._store = store
        self._before = before
        self._at = at
        self._sitting: dict[int, bool] = {}
        self._then: dict[int, bool] = {}

    def target(self, index: int, fresh: Sequence[FreshOrder] = ()) -> Target:
        """The entry ``index``; ``fresh`` are orders that come with the erasure, before it.

        Raises NoSuchEntry, LedgerCorrupt.
        """
        stored = self._store.entry(index)
        kind = entry.parse(stored.entry).kind
        author = None if stored.statement is None else statement.parse(stored.statement).signer
        orders = list(self._store.orders_about(index, self._before))
        if kind == "order" and author is not None:
            # Or whoever may not erase what was ordered would have the order erased first.
            orders.append(Order(index, author, index))
        target = self._held(Target(index, kind, author), orders)
        for one in fresh:
            if any(ref.index == index for ref in one.admission.refs):
                target = self._held_by(target, one)
        return target

    def _held(self, target: Target, orders: Sequence[Order]) -> Target:
        courts, former = set[bytes](), set[bytes]()
        by_signer = attrgetter("signer")
        for signer, found in groupby(sorted(orders, key=by_signer), by_signer):
            numbers = [one.entry for one in found]
            if self._sits(signer, numbers):
                courts.add(signer)
            elif any(self._sat(signer, number) for number in numbers):
                former.add(signer)
        return replace(target, courts=frozenset(courts), former=frozenset(former))

    def _held_by(self, target: Target, one: FreshOrder) -> Target:
        signer = self._register.last_key(one.admission.signer)
        who = partial(_signed, one.admission)
        if Role.COURT in self._register.roles_or_none(signer, who, self._at):
            return replace(target, courts=target.courts | {one.admission.signer})
        if one.by_court:
            return replace(target, former=target.former | {one.admission.signer})
        return target

    def _sits(self, signer: bytes, numbers: Sequence[int]) -> bool:
        """Whether the signer of these orders is enrolled as a court now."""
        last = self._register.last_key(signer)
        if not self._register.had_courts_by_ca:
            return Role.COURT in self._register.signers.get(last, frozenset())
        return any(self._sits_by(last, number) for number in numbers)

    def _sits_by(self, signer: bytes, number: int) -> bool:
        if number not in self._sitting:
            one = self._store.entry(number)
            roles: Roles = frozenset()
            if one.statement is not None:
                roles = self._register.roles_or_none(signer, partial(identity, one), self._at)
            self._sitting[number] = Role.COURT in roles
        return self._sitting[number]

    def _sat(self, signer: bytes, number: int) -> bool:
        """Whether the signer of an order was enrolled as a court when it came."""
        if self._register.was_court(signer, number):
            return True
        if not self._register.had_courts_by_ca:
            return False
        if number not in self._then:
            one = self._store.entry(number)
            received = entry.parse(one.entry).received
            self._then[number] = one.statement is not None and self._register.was_court_by_ca(
                signer, partial(identity, one), received, number
            )
        return self._then[number]


def _signed(one: Admission) -> Identity:
    return identity_of(cades.verify(one.signature, one.statement))


def identity(one: StoredEntry) -> Identity:
    """Who signed an entry's statement, with what a CA can vouch for.

    Raises Refused, Undecided, LedgerCorrupt.
    """
    if one.statement is None or one.signature is None:
        raise LedgerCorrupt(f"The documents of entry {one.index} are gone.")
    return identity_of(cades.verify(one.signature, one.statement))
