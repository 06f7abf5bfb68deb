"""The register as a ledger keeps it: rebuilt from its entries, and asked before each append."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from threading import Lock

from evidence_ledger.core import cades, entry, statement
from evidence_ledger.core.chain import Admission
from evidence_ledger.core.entry import leaf_hash
from evidence_ledger.core.erasure import ERASURE
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.identity import Identity, identity_of
from evidence_ledger.core.register import Register
from evidence_ledger.core.row_audit import require_own
from evidence_ledger.core.statement import Statement
from evidence_ledger.erasing import check_erasure
from evidence_ledger.errors import (
    ActRefused,
    EvidenceError,
    FormatError,
    LedgerCorrupt,
    NotAllowed,
    NotSealed,
    Refused,
)
from evidence_ledger.holds import FreshOrder, fresh_order
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredEntry


class Registrar:
    """Reads the register out of a store. Several threads may ask at once.

    ``operator`` is the SHA-256 of the first operator's X.509 certificate, ``origin`` the ledger's.
    """

    def __init__(self, store: Store, operator: bytes, origin: str) -> None:
        self._store = store
        self._lock = Lock()
        self._register = Register(operator)
        self._operator = operator
        self._origin = origin
        self._size = 0

    def at(self, size: int) -> Register:
        """The register that ``size`` entries made; not to be changed. Raises LedgerCorrupt."""
        with self._lock:
            if size < self._size:
                return self._read(Register(self._operator), 0, size)
            if size > self._size:
                self._register = self._read(self._register, self._size, size)
                self._size = size
            return self._register

    @property
    def latest(self) -> Register:
        """The newest register that was read: the same object until an act changes it."""
        return self._register

    def _read(self, register: Register, start: int, stop: int) -> Register:
        acts = self._store.special_entries(start, stop)
        acts = [one for one in acts if one.kind == "administration"]
        # Whoever was given the register before goes on with what it was then.
        register = register.copy() if acts else register
        for found in acts:
            stored = self._store.entry(found.entry)
            parsed = _stated(stored, self._origin)
            # One that was entered again, past all checks, counts once.
            if register.is_first(entry.parse(stored.entry).statement):
                _take(register, parsed, found.entry)
        return register

    def judge(
        self, size: int, admissions: Sequence[Admission], at: datetime
    ) -> list[EvidenceError | None]:
        """Of each that would be appended behind ``size`` entries at a time: why it may not be.

        One by one: what the first ones change counts for those after.
        """
        if not admissions:
            return []
        register = self.at(size)
        if any(one.kind == "administration" for one in admissions):
            register = register.copy()
        verdicts: list[EvidenceError | None] = []
        orders: list[FreshOrder] = []
        erases = any(one.kind == ERASURE for one in admissions)
        for one in admissions:
            verdicts.append(self._verdict(register, one, at, orders))
            if erases and one.kind == "order" and verdicts[-1] is None:
                orders.append(fresh_order(register, one, at))
        return verdicts

    def _verdict(
        self, register: Register, admission: Admission, at: datetime, orders: Sequence[FreshOrder]
    ) -> EvidenceError | None:
        try:
            register.check_new(admission.kind, admission.signer, partial(_who, admission), at)
            if admission.kind in ("administration", "grant"):
                self._check_special(register, statement.parse(admission.statement))
            if admission.kind == ERASURE:
                parsed, who = statement.parse(admission.statement), partial(_who, admission)
                check_erasure(register, self._store, parsed, who, at, orders)
        except (NotAllowed, NotSealed) as error:
            return error
        except Refused as error:
            return ActRefused(error.reason, error.message, where=error.where, hint=error.hint)
        return None

    def _check_special(self, register: Register, parsed: Statement) -> None:
        if parsed.administration is not None:
            register.take(parsed.administration, parsed.signer)
        if parsed.grant is not None:
            check_grant(register, self._store, parsed)


def _who(admission: Admission) -> Identity:
    return identity_of(cades.verify(admission.signature, admission.statement))


def check_grant(register: Register, store: Store, parsed: Statement) -> None:
    """Only the depositor of an entry grants its claims, by a key that counts still.

    Raises NotAllowed, Refused, NoSuchEntry.
    """
    register.require_unrevoked(parsed.signer)
    about = store.entry(parsed.refs[0].index)
    if entry.parse(about.entry).kind != "deposit":
        raise Refused("grant.no-claims", f"Entry {about.index} has no claims to be granted.")
    if about.statement is None:
        raise Refused("grant.no-claims", f"The claims of entry {about.index} were erased.")
    deposit = statement.parse(about.statement)
    if not register.same_holder(deposit.signer, parsed.signer):
        raise NotAllowed("grant.not-depositor", "Only its depositor grants claims of an entry.")
    claims = parsed.grant.claims if parsed.grant is not None else None
    if claims and claims[-1] >= deposit.claims.size:
        raise Refused("grant.beyond", f"Entry {about.index} has no claim {claims[-1]}.")


def newest_grant(register: Register, store: Store, index: int, reader: bytes) -> Grant | None:
    """What the depositor of an entry last granted to ``reader`` (SHA-256 of an X.509 certificate).

    Raises LedgerCorrupt, NoSuchEntry.
    """
    found = store.entry(index).statement
    if found is None:
        return None
    depositor = statement.parse(found).signer
    said = [one for one in statements_about(store, index) if one.grant is not None]
    grants = [one.grant for one in said if register.same_holder(one.signer, depositor)]
    mine = [one for one in grants if one and register.same_holder(one.signer, reader)]
    return mine[-1] if mine else None


def _stated(stored: StoredEntry, origin: str | None = None) -> Statement:
    if stored.statement is None:
        raise LedgerCorrupt(f"The administration statement of entry {stored.index} is gone.")
    try:
        parsed = statement.parse(stored.statement)
        require_own(parsed, entry.parse(stored.entry), origin)
    except FormatError as error:
        raise LedgerCorrupt(f"Entry {stored.index} can't be read: {error.message}") from error
    except Refused as error:
        raise LedgerCorrupt(error.message, where=error.where) from error
    return parsed


def _take(register: Register, parsed: Statement, number: int) -> None:
    if parsed.administration is None:
        raise LedgerCorrupt(f"Entry {number} is no administration entry.")
    try:
        register.take(parsed.administration, parsed.signer, number)
    except (NotAllowed, Refused) as error:
        raise LedgerCorrupt(f"Entry {number} should not be there: {error.message}") from error


def statements_about(store: Store, index: int) -> Iterator[Statement]:
    """What later entries say of an entry, oldest first; what is erased is not there.

    Raises LedgerCorrupt, NoSuchEntry.
    """
    for _, parsed in entries_about(store, index):
        if parsed is not None:
            yield parsed


def entries_about(
    store: Store, index: int, most: int | None = None
) -> Iterator[tuple[StoredEntry, Statement | None]]:
    """The later entries that name an entry, the first ``most``, oldest first; each with its
    statement, or None where that is erased. Raises LedgerCorrupt, NoSuchEntry.
    """
    leaf = leaf_hash(store.entry(index).entry)
    for number in dict.fromkeys(found.entry for found in store.special_about(index, most)):
        stored = store.entry(number)
        if stored.statement is None:
            yield stored, None
            continue
        parsed = _stated(stored)
        # With the leaf hash: what was said of another ledger's entry is not said of this one.
        if not any(ref.index == index and ref.leaf == leaf for ref in parsed.refs):
            raise LedgerCorrupt(f"Entry {stored.index} is not about entry {index}.")
        yield stored, parsed
