"""Whether every entry was admitted under the register of its time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import takewhile

from evidence_ledger.core import cades, entry, statement
from evidence_ledger.core.admission import check_rotation
from evidence_ledger.core.chain import NOTHING
from evidence_ledger.core.counting import counted
from evidence_ledger.core.erasure import ERASURE
from evidence_ledger.core.identity import Identity, identity_of
from evidence_ledger.core.register import Register
from evidence_ledger.core.row_audit import require_own
from evidence_ledger.core.special import SpecialEntry, orders, special_entries
from evidence_ledger.core.statement import Statement, TreePoint
from evidence_ledger.core.statement_form import after_of, signer_of
from evidence_ledger.core.statement_signature import check_signer
from evidence_ledger.erasing import is_right
from evidence_ledger.errors import EvidenceError, NotAllowed, Refused, Undecided
from evidence_ledger.ports import Store
from evidence_ledger.registrar import check_grant
from evidence_ledger.stored import StoredEntry
from evidence_ledger.tree import reader_of


class RegisterAudit:
    """Walks the entries from one administration entry to the next.

    ``operator`` is the SHA-256 of the first operator's X.509 certificate, ``origin`` the ledger's.
    ``asked`` are the entries that erasures name: whose they were can't be said any more.
    Every entry is read while the ledger is closed, or anybody is revoked. That statements are
    signed as they say is another step's to check.
    """

    def __init__(
        self, store: Store, operator: bytes, origin: str, asked: Collection[int] = ()
    ) -> None:
        self._store = store
        self._register = Register(operator)
        self._origin = origin
        self._tree = reader_of(store)
        self._points = {NOTHING}
        self._asked = asked
        self._checked = 0
        self._erased = 0
        self._acts = 0
        self._late = 0
        self._first_late = 0

    def check(self, special: Sequence[int], size: int) -> str:
        """What was found of ``size`` entries, of which ``special`` are of special kinds.

        Raises Refused, Undecided.
        """
        held = self._store.special_entries(0, size)
        numbers = list(takewhile(size.__gt__, special))
        entries = [self._store.entry(number) for number in numbers]
        _check_table(held, entries)
        self._check_orders(entries, size)
        before = 0
        for one in entries:
            self._check_between(before, one.index)
            self._check_special(one)
            before = one.index + 1
        self._check_between(before, size)
        return self._says()

    def _check_orders(self, entries: Sequence[StoredEntry], size: int) -> None:
        """What holds an entry is found as the orders say. Raises Refused."""
        said = [
            found
            for one in entries
            for found in orders(one.index, entry.parse(one.entry).kind, one.statement)
        ]
        about = {one.about for one in said}
        found = [one for index in about for one in self._store.orders_about(index, size)]
        if sorted(found) != sorted(said):
            raise _not_found()

    def _says(self) -> str:
        if not self._acts:
            return "The ledger is open to all signers, as it always was."
        state = "closed to all who are not enrolled" if self._register.closed else "open"
        acts = counted(self._acts, "act of administration", "acts of administration")
        checked = counted(self._checked, "entry", "entries")
        late = ""
        if self._late:
            count = counted(self._late, "entry", "entries")
            late = f"; {count} by revoked keys while it was open, the first is {self._first_late}"
        if self._erased:
            late += f"; of {counted(self._erased, 'entry', 'entries')} that is erased"
        return f"{acts}; {checked} by signers who were enrolled then{late}; the ledger is {state}."

    def _check_between(self, start: int, stop: int) -> None:
        if self._register.closed or self._register.revoked:
            for one in self._store.entries(start, stop):
                self._check_signer(one)

    def _check_signer(self, one: StoredEntry) -> None:
        if one.statement is None:
            self._check_gone(one)
            return
        parsed = entry.parse(one.entry)
        signer = signer_of(one.statement)
        try:
            self._register.check(parsed.kind, signer, partial(_who, one), parsed.received)
        except NotAllowed as error:
            raise _not_allowed(one, error) from error
        if self._register.closed:
            self._check_point(after_of(one.statement), one.index)
            self._checked += 1
        elif signer in self._register.revoked:
            self._first_late = self._first_late if self._late else one.index
            self._late += 1

    def _check_gone(self, one: StoredEntry) -> None:
        if one.index in self._asked:
            self._erased += 1
        elif self._register.closed or self._register.excluded:
            raise _gone(one)

    def _check_point(self, point: TreePoint, index: int) -> None:
        """The checkpoint that a statement came after was one of this tree. Raises Refused."""
        if point in self._points:
            return
        if point.size > index or self._tree.root(point.size) != point.root:
            raise Refused(
                "audit.after",
                f"Entry {index} names a checkpoint that this ledger never had.",
                where=f"entry {index}",
            )
        self._points.add(point)

    def _check_references(self, parsed: Statement, index: int) -> None:
        """What a statement names are entries before it. Raises Refused."""
        for ref in parsed.refs:
            found = ref.index < index and self._store.leaf_hashes(ref.index, ref.index + 1)
            if found != [ref.leaf]:
                raise Refused(
                    "audit.refs",
                    f"Entry {index} names an entry that was not in this ledger before it.",
                    where=f"entry {index}",
                )

    def _check_links(self, one: StoredEntry, parsed: Statement) -> None:
        """What is said of a special entry: by which ledger, after what, of what, and once."""
        held = entry.parse(one.entry)
        require_own(parsed, held, self._origin)
        self._check_point(parsed.after, one.index)
        self._check_references(parsed, one.index)
        if not self._register.is_first(held.statement):
            raise _repeated(one)

    def _check_erasure(self, one: StoredEntry) -> None:
        try:
            is_right(self._register, self._store, one, partial(_who, one))
        except NotAllowed as error:
            raise Refused(
                error.reason,
                f"The erasure that is entry {one.index} should not be there: {error.message} What "
                "is there still is not removed by it.",
                where=f"entry {one.index}",
                hint="Nothing needs to be done. Older programs took erasures from anybody; this "
                "stays until somebody who may has the same erased.",
            ) from error

    def _is_erased(self, index: int) -> bool:
        """Whose an erased entry was can't be said any more."""
        return index in self._asked and self._store.entry(index).statement is None

    def _check_special(self, one: StoredEntry) -> None:
        self._check_signer(one)
        parsed = _stated(one)
        if parsed is None:
            return
        self._check_links(one, parsed)
        try:
            if parsed.administration is not None:
                check_rotation(parsed)
                self._register.take(parsed.administration, parsed.signer, one.index)
                self._acts += 1
            if parsed.grant is not None and not self._is_erased(parsed.refs[0].index):
                check_grant(self._register, self._store, parsed)
            if parsed.kind == ERASURE:
                self._check_erasure(one)
        except NotAllowed as error:
            raise _not_allowed(one, error) from error
        except EvidenceError as error:
            error.where = f"entry {one.index}"
            raise


def _repeated(one: StoredEntry) -> Refused:
    return Refused("audit.repeated", "An act is entered a second time.", where=f"entry {one.index}")


def _who(one: StoredEntry) -> Identity:
    """Who signed an entry's statement, with what a CA can vouch for. Raises Refused, Undecided."""
    if one.statement is None or one.signature is None:
        raise _gone(one)
    found = cades.verify(one.signature, one.statement)
    check_signer(signer_of(one.statement), found.certificate)
    return identity_of(found)


def _gone(one: StoredEntry) -> Undecided:
    return Undecided(
        "audit.documents-gone",
        "Whether an entry's signer was enrolled can't be said: its documents are gone.",
        where=f"entry {one.index}",
    )


def _not_allowed(one: StoredEntry, error: NotAllowed) -> Refused:
    return Refused(error.reason, error.message, where=f"entry {one.index}")


def _stated(one: StoredEntry) -> Statement | None:
    """The statement of a special entry. Only an administration entry is needed for what follows.

    Raises Undecided, FormatError.
    """
    if one.statement is not None:
        return statement.parse(one.statement)
    if entry.parse(one.entry).kind == "administration":
        raise Undecided(
            "audit.documents-gone",
            "Who was enrolled can't be said: the statement of an administration entry is gone.",
            where=f"entry {one.index}",
        )
    return None


def _check_table(held: Sequence[SpecialEntry], entries: Sequence[StoredEntry]) -> None:
    """What is found fast is what the entries say. Raises Refused."""
    erased = {one.index for one in entries if one.statement is None}
    kept = [one for one in held if one.entry not in erased]
    if kept != [found for one in entries for found in _specials(one)]:
        raise _not_found()


def _not_found() -> Refused:
    return Refused(
        "audit.special", "The entries that say something of others can't be found as they must."
    )


def _specials(one: StoredEntry) -> Iterator[SpecialEntry]:
    yield from special_entries(one.index, entry.parse(one.entry).kind, one.statement)
