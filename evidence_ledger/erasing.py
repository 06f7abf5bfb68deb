"""Erasure: an entry says that the documents of earlier entries go, and then they go.

The entry is durable first. An erasure that was entered and not carried out, because of a crash or a
database that was lost, is carried out by the next program that writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from evidence_ledger.core import entry, statement
from evidence_ledger.core.erasure import ERASURE, Target, check_kind, check_right, check_there
from evidence_ledger.core.identity import Identity
from evidence_ledger.core.register import Register, Roles
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import Statement
from evidence_ledger.errors import (
    FormatError,
    LedgerCorrupt,
    NotAllowed,
    NotSealed,
    Refused,
    Undecided,
)
from evidence_ledger.holds import FreshOrder, Holds, identity
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredEntry

Who = Callable[[], Identity]


def check_erasure(
    register: Register,
    store: Store,
    parsed: Statement,
    who: Who,
    at: datetime,
    orders: Sequence[FreshOrder] = (),
) -> None:
    """An erasure that is handed in at a time may be: of what is there and sealed, by who may.

    ``who`` gives its signer with what a CA can vouch for; ``orders`` are entered with it, before
    it. Raises NotAllowed, Refused, NotSealed.
    """
    roles = register.roles_or_none(parsed.signer, who, at)
    holds = Holds(register, store, store.head().size, at)
    for ref in parsed.refs:
        target = holds.target(ref.index, orders)
        check_kind(target)
        check_there(target)
        if store.seal_of(ref.index) is None:
            raise NotSealed(
                f"Entry {ref.index} is not sealed yet, and its seal needs its documents.",
                hint="Erase it after the next seal.",
            )
        check_right(register, parsed.signer, roles, target)


def is_right(register: Register, store: Store, one: StoredEntry, who: Who) -> bool:
    """Whether all that an erasure names may be erased by its signer; False where the documents are
    gone, so that nobody can say whose they were: their own, or a court's order about them.

    ``register`` is that before the entry. Raises NotAllowed, Refused.
    """
    parsed, received = erasure_of(one), entry.parse(one.entry).received
    roles = register.roles_or_none(parsed.signer, who, received)
    holds = Holds(register, store, one.index, received)
    is_known = True
    for ref in parsed.refs:
        target = holds.target(ref.index)
        check_kind(target)
        if target.author is None and _is_past_telling(store, target, roles, one.index):
            is_known = False
        else:
            check_right(register, parsed.signer, roles, target)
    return is_known


def _is_past_telling(store: Store, target: Target, roles: Roles, before: int) -> bool:
    """Whether what would say who might erase an entry is erased itself: the entry, and of a court
    that erased it the order, which may have been its own."""
    if not target.is_held:
        return True
    if Role.COURT not in roles:
        return False
    if target.kind == "order":
        return True
    orders = [one.entry for one in store.special_about(target.index) if one.kind == "order"]
    return any(at < before and store.entry(at).statement is None for at in orders)


def erasure_of(one: StoredEntry) -> Statement:
    """The statement of an entry of kind erasure, which is never erased. Raises LedgerCorrupt."""
    parsed = statement.parse(one.statement) if one.statement is not None else None
    if parsed is None or parsed.kind != ERASURE or entry.parse(one.entry).kind != ERASURE:
        raise LedgerCorrupt(f"Entry {one.index} is no erasure, or its statement is gone.")
    return parsed


class Eraser:
    """Carries out what entries of kind erasure say. Not for several threads at once.

    ``register`` gives the register that so many entries made.
    """

    def __init__(self, store: Store, register: Callable[[int], Register]) -> None:
        self._store = store
        self._register = register

    def carry_out(self, index: int) -> None:
        """Remove what the entry ``index`` names, as far as it is there still.

        Raises NotAllowed or Refused where it may not, LedgerCorrupt, and what the Store raises.
        """
        one = self._store.entry(index)
        parsed = erasure_of(one)
        register = self._register(index)
        # Older programs took entries from those who were revoked, while a ledger was open.
        register.require_unrevoked(parsed.signer)
        is_right(register, self._store, one, partial(identity, one))
        self._check_orders(one, parsed)
        self._store.erase([ref.index for ref in parsed.refs])

    def _check_orders(self, one: StoredEntry, parsed: Statement) -> None:
        """No other court ordered since what is there still. Raises NotAllowed."""
        size = self._store.head().size
        register = self._register(size)
        signer, received = register.last_key(parsed.signer), entry.parse(one.entry).received
        roles = register.roles_or_none(signer, partial(identity, one), received)
        holds = Holds(register, self._store, size, received)
        for ref in parsed.refs:
            target = holds.target(ref.index)
            if target.author is not None and target.is_held:
                check_right(register, parsed.signer, roles, target)

    def finish(self) -> bool:
        """Carry out what was entered and is not done; whether the database's own files hold
        nothing of it any more.

        What may not be erased stays: the audit tells of it. Raises what the Store raises.
        """
        for index in self._store.unfinished_erasures():
            try:
                self.carry_out(index)
            except (FormatError, LedgerCorrupt, NotAllowed, Refused, Undecided):
                continue
        return self._store.scrub()
