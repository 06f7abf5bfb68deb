"""The ledger: the one place that decides the order of writes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from evidence_ledger.core import chain, entry, statement
from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.chain import Admission, Head
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.merkle import EMPTY_ROOT
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.time_agreement import Disagreement
from evidence_ledger.errors import (
    AuthorityError,
    ClockBehind,
    EvidenceError,
    HeadMoved,
    LedgerCorrupt,
    NotSealed,
    Refused,
    WitnessError,
)
from evidence_ledger.links import Links
from evidence_ledger.ports import Store
from evidence_ledger.registrar import Registrar
from evidence_ledger.sealing.cosigner import Cosigner
from evidence_ledger.sealing.direct import stamp_files
from evidence_ledger.sealing.enrolling import Enroller
from evidence_ledger.sealing.sealer import Sealer, SealingParts
from evidence_ledger.stored import Found, StoredEntry, StoredSeal
from evidence_ledger.tree import edge_at

TRIES = 50
CLOCK_TOLERANCE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The ledger's answer to a deposit, given when it is durable.

    ``repeated`` says that the same statement was there already.
    """

    index: int
    leaf_hash: bytes
    entry: bytes
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class SealResult:
    """A seal, and who gave no token or cosignature this time. ``seal`` is None: nothing new.

    ``missing`` names the authorities whose tokens the seal lacks, ``unwitnessed`` the witnesses
    whose cosignatures it still waits for.
    """

    seal: StoredSeal | None
    failures: tuple[AuthorityError, ...] = field(default=())
    missing: tuple[str, ...] = ()
    disagreement: Disagreement | None = None
    unwitnessed: tuple[str, ...] = ()
    witness_failures: tuple[WitnessError, ...] = ()


class Ledger:
    """Deposit, seal and read. Any number of processes may hold one over the same store."""

    def __init__(self, parts: SealingParts) -> None:
        self.origin = parts.origin
        self.store: Store = parts.store
        self._clock = parts.clock
        self._sealer = Sealer(parts)
        self._cosigner = Cosigner(parts)
        self._enroller = Enroller(parts.store)
        self._parts = parts
        self._links = Links(parts.store)
        self.registrar = Registrar(parts.store, parts.first_operator)
        self._deadline = parts.rules.deadline
        self._edge: tuple[Head, Edge] | None = None
        self._checked = False

    def point(self) -> TreePoint:
        """The newest checkpoint: what a new statement names in ``after``."""
        newest = self.store.seal(-1)
        return TreePoint(newest.size, newest.root) if newest else TreePoint(0, EMPTY_ROOT)

    def deposit(self, signed: Sequence[SignedStatement]) -> list[Receipt]:
        """Append statements in one transaction; those that are there already keep their entry.

        All or none: raises what ``admit`` raises for the first that does not stand, NotAllowed,
        ClockBehind, and what the Store raises. Durable when this returns.
        """
        self._check_memory()
        admissions = [admit(one, self.origin) for one in signed]
        for admission in admissions:
            self._links.check(admission)
        return self.append(admissions)

    def check_continues(self) -> None:
        """The database holds what was signed before. Raises LedgerForked, LedgerCorrupt."""
        self._sealer.check_continues()

    def admit(self, signed: SignedStatement) -> Admission:
        """A statement that may be appended, as far as it can be said without the store.

        Raises what ``core.admission.admit`` raises. Safe to use from several threads.
        """
        return admit(signed, self.origin)

    def deposit_each(self, admissions: Sequence[Admission]) -> list[Receipt | EvidenceError]:
        """Append what ``admit`` let pass in one transaction, each standing for itself.

        One that names what this ledger never had, has another entry's mark, or whose signer may
        not, gets its error in place of a receipt; the others are durable when this returns. Raises
        ClockBehind, and what the Store raises: for all.
        """
        self._check_memory()
        verdicts = [self._linked(one) for one in admissions]
        sound = [one for one, error in zip(admissions, verdicts, strict=True) if error is None]
        receipts = iter(self._append(sound, whole=False) if sound else ())
        return [next(receipts) if error is None else error for error in verdicts]

    def _linked(self, admission: Admission) -> EvidenceError | None:
        try:
            self._links.check(admission)
        except Refused as error:
            return error
        return None

    def append(self, admissions: Sequence[Admission]) -> list[Receipt]:
        """Append statements that ``admit`` has already checked, all or none.

        Raises NotAllowed or Refused for the first that the register does not let pass, or whose
        mark is another entry's.
        """
        results = self._append(admissions, whole=True)
        return [one for one in results if isinstance(one, Receipt)]

    def _append(
        self, admissions: Sequence[Admission], *, whole: bool
    ) -> list[Receipt | EvidenceError]:
        """Append those that may be; ``whole``: only where all may. Raises what refuses one then."""
        hashes = [hashlib.sha256(one.statement).digest() for one in admissions]
        for _ in range(TRIES):
            known = dict(self.store.indexes_of(hashes))
            pairs = zip(hashes, admissions, strict=True)
            fresh = {digest: one for digest, one in pairs if digest not in known}
            # The head first: whoever takes a mark after this look moves it.
            head = self.store.head()
            taken = self._links.taken(fresh)
            if whole and taken:
                raise next(iter(taken.values()))
            sound = {digest: one for digest, one in fresh.items() if digest not in taken}
            try:
                made: dict[bytes, Receipt | EvidenceError] = dict(taken)
                made |= self._try(head, sound, whole=whole)
            except HeadMoved:
                self._edge = None
                continue
            return [made.get(digest) or self._repeated(known[digest]) for digest in hashes]
        raise HeadMoved(f"Other writers were first {TRIES} times in a row.")

    def _try(
        self, head: Head, fresh: Mapping[bytes, Admission], *, whole: bool = True
    ) -> dict[bytes, Receipt | EvidenceError]:
        """Append what the register at this very head lets pass; with ``whole`` all or none."""
        if not fresh:
            return {}
        self._check_memory()
        received = self._received(head)
        verdicts = self.registrar.judge(head.size, list(fresh.values()), received)
        refused = {digest: error for digest, error in zip(fresh, verdicts, strict=True) if error}
        if whole and refused:
            raise next(iter(refused.values()))
        allowed = [one for digest, one in fresh.items() if digest not in refused]
        return refused | (self._extend(head, allowed, received) if allowed else {})

    def _extend(
        self, head: Head, admissions: Sequence[Admission], received: datetime
    ) -> dict[bytes, Receipt | EvidenceError]:
        edge = self._edge_at(head)
        self._edge = None
        extension = chain.extend(head, edge, admissions, received)
        self.store.append(head, extension)
        self._edge = (extension.head, edge)
        self._sealer.expect(extension.entries)
        return {
            one.statement_hash: Receipt(one.index, one.leaf_hash, one.entry)
            for one in extension.entries
        }

    def _check_memory(self) -> None:
        """Once: nobody gets a receipt from an older database that was put back."""
        if not self._checked:
            self._sealer.check_continues()
            self._checked = True

    def _edge_at(self, head: Head) -> Edge:
        if self._edge is not None and self._edge[0] == head:
            return self._edge[1]
        return edge_at(self.store, head.size)

    def _received(self, head: Head) -> datetime:
        now = self._clock.now()
        if head.received is None or now >= head.received:
            return now
        if head.received - now > CLOCK_TOLERANCE:
            raise ClockBehind(
                f"This machine's clock says {now:%Y-%m-%d %H:%M:%S} UTC; "
                f"the newest entry is of {head.received:%Y-%m-%d %H:%M:%S} UTC."
            )
        return head.received

    def _repeated(self, index: int) -> Receipt:
        stored = self.store.entry(index)
        return Receipt(index, stored.leaf_hash, stored.entry, repeated=True)

    def seal(self) -> SealResult:
        """Seal everything new: checkpoint, tokens, the seal's own entry.

        Without any token the seal stays open, and the next call goes on with it. A seal that was
        interrupted, or that another program is at, is finished first.
        """
        size = self.store.head().size
        result = SealResult(None)
        for _ in range(TRIES):
            try:
                self._call_roll()
                seal = self._sealer.open_seal()
            except HeadMoved:
                continue
            if seal is None:
                return result
            result = self._finish(seal)
            if seal.size >= size or not result.seal or not result.seal.tokens:
                return result
        raise HeadMoved(f"Other programs were first {TRIES} times in a row.")

    def _call_roll(self) -> None:
        """Append the roll of all marks, where there are any and something new is to be sealed."""
        head = self.store.head()
        root = self._enroller.due(head)
        if root is None:
            return
        admission = admit(self._sealer.roll_statement(root), self.origin, seal=True)
        try:
            # Only at this very head: the roll is of the marks before it, all of them.
            self._try(head, {hashlib.sha256(admission.statement).digest(): admission})
        except HeadMoved:
            self._edge = None
            raise

    def _finish(self, seal: StoredSeal) -> SealResult:
        with self._cosigner.asking(seal) as cosigning:
            seal, failures, apart = self._sealer.ask(seal)
            cosigned, refusals = self._cosigner.keep(cosigning, seal)
        if seal.tokens:
            seal = self._stored(seal.number)
            self.store.close_seal(seal.number, self._own_entry(seal))
        for number in cosigned:
            if number != seal.number:
                self._name_late(self._stored(number))
        return self._result(self._stored(seal.number), failures, apart, refusals)

    def _stored(self, number: int) -> StoredSeal:
        seal = self.store.seal(number)
        if seal is None:
            raise LedgerCorrupt(f"The seal {number} has vanished.")
        return seal

    def _result(
        self,
        seal: StoredSeal,
        failures: Sequence[AuthorityError] = (),
        apart: Disagreement | None = None,
        refusals: Sequence[WitnessError] = (),
    ) -> SealResult:
        return SealResult(
            seal,
            tuple(failures),
            self.missing(seal),
            apart,
            self.unwitnessed(seal),
            tuple(refusals),
        )

    def unwitnessed(self, seal: StoredSeal) -> tuple[str, ...]:
        """The witnesses whose cosignatures a seal waits for. None: its quorum has cosigned it, or
        those who have not have cosigned a later one, and never will.
        """
        return self._cosigner.missing(seal)

    def missing(self, seal: StoredSeal) -> tuple[str, ...]:
        """The authorities whose tokens a seal lacks. None: it is complete."""
        return tuple(slot[0].name for slot in self._sealer.missing(seal))

    def complete(self, without: Collection[str] = ()) -> list[SealResult]:
        """Ask again for the tokens and cosignatures that seals lack, and put those that came late
        into the chain.

        An authority or witness that fails, or is named in ``without``, is not asked for further
        seals. No seal is begun after the deadline. Returns the seals that were asked for.
        """
        results = self._cosign_late(without)
        silent = set(without)
        end = time.monotonic() + self._deadline
        for seal in self._sealer.incomplete():
            self._name_late(seal)
            if set(self.missing(seal)) <= silent or time.monotonic() > end:
                continue
            fuller, failures, apart = self._sealer.ask(seal, silent)
            self._name_late(fuller)
            found = self._result(fuller, failures, apart)
            silent.update(found.missing)
            before = results.get(seal.number)
            refusals = before.witness_failures if before else ()
            results[seal.number] = replace(found, witness_failures=refusals)
        return [results[number] for number in sorted(results, reverse=True)]

    def _cosign_late(self, without: Collection[str]) -> dict[int, SealResult]:
        """By their numbers, the seals for which witnesses were asked again."""
        newest = self.store.seal(-1)
        if newest is None or newest.entry is None:
            return {}
        with self._cosigner.asking(newest, without) as cosigning:
            cosigned, refusals = self._cosigner.keep(cosigning)
        seals = [self._stored(number) for number in cosigned]
        for seal in seals:
            self._name_late(seal)
        if refusals and newest.number not in cosigned:
            seals.append(newest)
        return {
            one.number: self._result(one, refusals=refusals if one.number == newest.number else ())
            for one in seals
        }

    def _name_late(self, seal: StoredSeal) -> None:
        """What came after the seal's entry gets entries of its own, each once."""
        if seal.entry is None:
            return
        own = self.store.entry(seal.entry)
        fact = statement.parse(own.statement).seal if own.statement is not None else None
        named = {*fact.tokens, *fact.cosignatures} if fact is not None else set()
        signed = [
            self._sealer.late_statement(seal, one)
            for one in seal.tokens
            if hashlib.sha256(one.token).digest() not in named
        ]
        signed += [
            self._sealer.late_cosignature(seal, one)
            for one in seal.cosignatures
            if hashlib.sha256(one.line).digest() not in named
        ]
        self.append([admit(one, self.origin, seal=True) for one in signed])

    def _own_entry(self, seal: StoredSeal) -> int:
        """The entry of a seal, appended now unless it was before: by whoever was interrupted.

        Another program may be at the same seal with other tokens. Looking and appending are at
        the same head, so that only one of the two appends.
        """
        admission = admit(self._sealer.statement(seal), self.origin, seal=True)
        for _ in range(TRIES):
            head = self.store.head()
            index = self._find_entry(seal, head.size)
            if index is not None:
                return index
            try:
                self._try(head, {hashlib.sha256(admission.statement).digest(): admission})
                return head.size
            except HeadMoved:
                self._edge = None
        raise HeadMoved(f"Other writers were first {TRIES} times in a row.")

    def _find_entry(self, seal: StoredSeal, size: int) -> int | None:
        digest = hashlib.sha256(seal.checkpoint).digest()
        for one in self.store.entries(seal.size, size):
            if entry.parse(one.entry).kind == "seal" and one.statement is not None:
                fact = statement.parse(one.statement).seal
                if fact is not None and fact.checkpoint == digest:
                    return one.index
        return None

    def stamp_files(self, index: int) -> list[AuthorityError]:
        """Ask for timestamps over the files of a sealed entry themselves, where there are none yet.

        Returns who failed and why. Raises NotSealed, and what the Store raises.
        """
        seal = self.store.seal_of(index)
        if seal is None:
            raise NotSealed(f"Entry {index} is not sealed yet.")
        return stamp_files(self._parts, index, seal)

    def entry(self, index: int) -> StoredEntry:
        """One entry with its documents. Raises NoSuchEntry."""
        return self.store.entry(index)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
        """Entries in order, streamed."""
        return self.store.entries(start, self.store.head().size if stop is None else stop)

    def find(self, algorithm: str, digest: bytes) -> Sequence[Found]:
        """Which entries hold this fingerprint, oldest first."""
        return self.store.find(digest, algorithm)

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()
