"""The ledger: the one place that decides the order of writes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from evidence_ledger.appending import TRIES, Appender, Receipt
from evidence_ledger.core import entry, statement
from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.chain import Admission, Head
from evidence_ledger.core.erasure import ERASURE
from evidence_ledger.core.merkle import EMPTY_ROOT
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.time_agreement import Disagreement
from evidence_ledger.erasing import Eraser
from evidence_ledger.errors import (
    AuthorityError,
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
from evidence_ledger.sealing.operator_statements import OperatorStatements
from evidence_ledger.sealing.sealer import Sealer, SealingParts
from evidence_ledger.stored import Found, StoredEntry, StoredSeal

__all__ = ["Ledger", "Receipt", "SealResult"]


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
        self._statements = OperatorStatements(parts)
        self._parts = parts
        self._links = Links(parts.store)
        self.registrar = Registrar(parts.store, parts.first_operator, parts.origin)
        self._eraser = Eraser(parts.store, self.registrar.at)
        self._deadline = parts.rules.deadline
        self._checked = False
        self._resumed = False
        self._appender = Appender(
            parts.store, parts.clock, self._check_memory, self._judge, self._sealer.expect
        )

    def point(self) -> TreePoint:
        """The newest checkpoint: what a new statement names in ``after``."""
        newest = self.store.seal(-1)
        return TreePoint(newest.size, newest.root) if newest else TreePoint(0, EMPTY_ROOT)

    def deposit(self, signed: Sequence[SignedStatement]) -> list[Receipt]:
        """Append statements in one transaction; those that are there already keep their entry.

        All or none: raises what ``admit`` raises for the first that does not stand, NotAllowed,
        ClockBehind, and what the Store raises. Durable when this returns; what erasures among them
        name is gone then.
        """
        admissions = [admit(one, self.origin) for one in signed]
        return self._appender.persist(lambda: self._deposited(admissions))

    def _deposited(self, admissions: Sequence[Admission]) -> list[Receipt]:
        self._check_memory()
        for admission in admissions:
            self._links.check(admission)
        self._resume_erasures()
        receipts = self.append(admissions)
        for outcome in self._erased(admissions, receipts):
            if isinstance(outcome, EvidenceError):
                raise outcome
        if any(one.kind == ERASURE for one in admissions):
            self.finish_erasures()
        return receipts

    def check_continues(self) -> None:
        """The database holds what was signed before. Raises LedgerForked, LedgerCorrupt."""
        self._sealer.check_continues()

    def catch_up(self) -> None:
        """Remember what another host has sealed meanwhile. Raises LedgerForked."""
        with suppress(HeadMoved):  # another process of this host remembered it first
            self._sealer.catch_up(self.store.seal(-1))

    def admit(self, signed: SignedStatement) -> Admission:
        """A statement that may be appended, as far as it can be said without the store.

        Raises what ``core.admission.admit`` raises. Safe to use from several threads.
        """
        return admit(signed, self.origin)

    def reconsider(self, held: Sequence[bytes]) -> frozenset[bytes]:
        """Those of some statements (SHA-256) that are stored already; brings what
        ``registrar.latest`` is up to date. Raises what the Store raises."""
        self.registrar.at(self.store.head().size)
        return frozenset(self.store.indexes_of(held))

    def deposit_each(self, admissions: Sequence[Admission]) -> list[Receipt | EvidenceError]:
        """Append what ``admit`` let pass in one transaction, each standing for itself.

        One that names what this ledger never had, has another entry's mark, or whose signer may
        not, gets its error in place of a receipt; the others are durable when this returns. What
        erasures leave in the database's own files goes with the next seal. Raises ClockBehind, and
        what the Store raises: for all.
        """
        return self._appender.persist(lambda: self._deposited_each(admissions))

    def _deposited_each(self, admissions: Sequence[Admission]) -> list[Receipt | EvidenceError]:
        self._check_memory()
        verdicts = [self._linked(one) for one in admissions]
        sound = [one for one, error in zip(admissions, verdicts, strict=True) if error is None]
        self._resume_erasures()
        receipts = iter(self._appender.append(sound, whole=False) if sound else ())
        results = [next(receipts) if error is None else error for error in verdicts]
        return self._erased(admissions, results)

    def finish_erasures(self) -> bool:
        """Carry out erasures that were entered and are not done; whether the database's own files
        hold nothing of what was erased. Raises what the Store raises.
        """
        is_clean = self._eraser.finish()
        self._resumed = True
        return is_clean

    def _resume_erasures(self) -> None:
        """Once, and after one that failed: what another program began is finished."""
        if not self._resumed:
            self.finish_erasures()

    def _erased(
        self, admissions: Sequence[Admission], outcomes: Sequence[Receipt | EvidenceError]
    ) -> list[Receipt | EvidenceError]:
        """The entries are durable: now what erasures among them name goes. One that can't be
        carried out now has its error in place of its receipt: the same statement again finishes it.
        """
        pairs = zip(admissions, outcomes, strict=True)
        return [self._carried_out(admission, one) for admission, one in pairs]

    def _carried_out(
        self, admission: Admission, outcome: Receipt | EvidenceError
    ) -> Receipt | EvidenceError:
        if admission.kind != ERASURE or not isinstance(outcome, Receipt):
            return outcome
        try:
            self._eraser.carry_out(outcome.index)
        except EvidenceError as error:
            self._resumed = False
            return error
        return outcome

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
        results = self._appender.append(admissions, whole=True)
        return [one for one in results if isinstance(one, Receipt)]

    def _judge(
        self, head: Head, fresh: Mapping[bytes, Admission], received: datetime
    ) -> dict[bytes, EvidenceError]:
        """Those that may not be appended at this very head, and why."""
        refused: dict[bytes, EvidenceError] = dict(self._links.taken(fresh))
        sound = {digest: one for digest, one in fresh.items() if digest not in refused}
        verdicts = self.registrar.judge(head.size, list(sound.values()), received)
        return refused | {
            digest: error for digest, error in zip(sound, verdicts, strict=True) if error
        }

    def _check_memory(self) -> None:
        """Once: nobody gets a receipt from an older database that was put back."""
        if not self._checked:
            self._sealer.check_continues()
            self._checked = True

    def seal(self) -> SealResult:
        """Seal everything new: checkpoint, tokens, the seal's own entry.

        Without any token the seal stays open, and the next call goes on with it. A seal that was
        interrupted, or that another program is at, is finished first. Raises LedgerForked,
        HeadMoved, and what the ports raise; who failed of those that were asked is in the result.
        """
        self.catch_up()
        self.finish_erasures()
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
        admission = admit(self._statements.of_roll(root, self.point()), self.origin, seal=True)
        try:
            # Only at this very head: the roll is of the marks before it, all of them.
            self._appender.append_here(head, admission)
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
            self._statements.of_late_token(seal, one)
            for one in seal.tokens
            if hashlib.sha256(one.token).digest() not in named
        ]
        signed += [
            self._statements.of_late_cosignature(seal, one)
            for one in seal.cosignatures
            if hashlib.sha256(one.line).digest() not in named
        ]
        self.append([admit(one, self.origin, seal=True) for one in signed])

    def _own_entry(self, seal: StoredSeal) -> int:
        """The entry of a seal, appended now unless it was before: by whoever was interrupted.

        Another program may be at the same seal with other tokens. Looking and appending are at
        the same head, so that only one of the two appends.
        """
        admission = admit(self._statements.of_seal(seal), self.origin, seal=True)
        return self._appender.append_at(lambda size: self._find_entry(seal, size), admission)

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
