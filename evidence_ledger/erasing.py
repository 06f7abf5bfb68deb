"""Erasure: an entry says that the documents of earlier entries go, and then they go.

The entry is durable first. An erasure that was entered and not carried out, because of a crash or a
database that was lost, is carried out by the next program that writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from evidence_ledger.core import cades, entry, statement
from evidence_ledger.core.chain import Admission
from evidence_ledger.core.erasure import ERASURE, Target, check_kind, check_right, check_there
from evidence_ledger.core.identity import Identity, identity_of
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
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredEntry

Who = Callable[[], Identity]


def check_erasure(
    register: Register,
    store: Store,
    parsed: Statement,
    who: Who,
    at: datetime,
    orders: Sequence[Admission] = (),
) -> None:
    """An erasure that is handed in at a time may be: of what is there and sealed, by who may.

    ``who`` gives its signer with what a CA can vouch for; ``orders`` are entered with it, before
    it. Raises NotAllowed, Refused, NotSealed.
    """
    roles = roles_of(register, parsed.signer, who, at)
    for ref in parsed.refs:
        target = target_of(register, store, ref.index, store.head().size)
        target = replace(target, courts=target.courts | _ordering(register, orders, ref.index, at))
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
    gone and no court ordered them, so that nobody can say whose they were.

    ``register`` is that before the entry. Raises NotAllowed, Refused.
    """
    parsed = erasure_of(one)
    roles = roles_of(register, parsed.signer, who, entry.parse(one.entry).received)
    is_known = True
    for ref in parsed.refs:
        target = target_of(register, store, ref.index, one.index)
        check_kind(target)
        if target.author is None and not target.courts:
            is_known = False
        else:
            check_right(register, parsed.signer, roles, target)
    return is_known


def roles_of(register: Register, signer: bytes, who: Who, at: datetime) -> Roles:
    """The roles of a signer at a time; none is enough for what is its own."""
    try:
        return register.roles_of(signer, who, at)
    except NotAllowed:
        return frozenset()


def target_of(register: Register, store: Store, index: int, before: int) -> Target:
    """The entry ``index`` as entry ``before`` found it. Raises NoSuchEntry."""
    stored = store.entry(index)
    kind = entry.parse(stored.entry).kind
    author = None if stored.statement is None else statement.parse(stored.statement).signer
    courts = _courts(register, store, stored, before)
    if kind == "order" and _is_court_order(register, stored):
        # Or whoever may not erase what was ordered would have the order erased first.
        courts |= {statement.parse(stored.statement or b"").signer}
    return Target(index, kind, author, courts)


def _courts(register: Register, store: Store, about: StoredEntry, before: int) -> frozenset[bytes]:
    """Who signed the orders that name an entry and came earlier, of those enrolled as courts."""
    found = set()
    for special in store.special_about(about.index):
        if special.kind != "order" or special.entry >= before:
            continue
        one = store.entry(special.entry)
        if one.statement is None:
            continue
        parsed = statement.parse(one.statement)
        names = any((ref.index, ref.leaf) == (about.index, about.leaf_hash) for ref in parsed.refs)
        if names and _is_court_order(register, one):
            found.add(parsed.signer)
    return frozenset(found)


def _is_court_order(register: Register, one: StoredEntry) -> bool:
    """Whether an enrolled court signed an entry, by whatever key it holds now."""
    if one.statement is None:
        return False
    signer, received = statement.parse(one.statement).signer, entry.parse(one.entry).received
    return _is_court(register, signer, partial(identity, one), received)


def _is_court(register: Register, signer: bytes, who: Who, at: datetime) -> bool:
    return Role.COURT in roles_of(register, register.last_key(signer), who, at)


def _ordering(
    register: Register, orders: Sequence[Admission], index: int, at: datetime
) -> frozenset[bytes]:
    """The courts whose orders, which are no entries yet, name an entry."""
    naming = [one for one in orders if any(ref.index == index for ref in one.refs)]
    return frozenset(
        one.signer for one in naming if _is_court(register, one.signer, partial(_signed, one), at)
    )


def _signed(one: Admission) -> Identity:
    return identity_of(cades.verify(one.signature, one.statement))


def identity(one: StoredEntry) -> Identity:
    """Who signed an entry's statement, with what a CA can vouch for.

    Raises Refused, Undecided, LedgerCorrupt.
    """
    if one.statement is None or one.signature is None:
        raise LedgerCorrupt(f"The documents of entry {one.index} are gone.")
    return identity_of(cades.verify(one.signature, one.statement))


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
        roles = roles_of(register, signer, partial(identity, one), received)
        for ref in parsed.refs:
            target = target_of(register, self._store, ref.index, size)
            if target.author is not None and target.courts:
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
