"""A witness at work: what it answers, and the order in which it writes.

In one transaction of the only writer: judge, remember outside the database what passed and sign it
meanwhile, change the database, commit. A cosignature leaves this class after all of that is
durable, never before: whoever holds one can rely on it that no other history will be cosigned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evidence_ledger.core.cosigned import (
    Admitted,
    Cosigned,
    Remembered,
    Standing,
    digest_of,
    standing,
    text_digest,
)
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.note import Note
from evidence_ledger.core.witness_request import AddCheckpoint
from evidence_ledger.core.witnessing import Answer, Judgement, Status, judge
from evidence_ledger.errors import (
    ClockBehind,
    EvidenceError,
    FormatError,
    OperationalError,
    WitnessRolledBack,
)
from evidence_ledger.ports import Clock, NoteSigner
from evidence_ledger.witness_ports import (
    ForkKeeper,
    WitnessedLog,
    WitnessMemory,
    WitnessStore,
    WitnessTurn,
)

UNAVAILABLE = 503
"""The HTTP status where the witness itself is not in order."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, and what the witness's operator may want to know about it."""

    answer: Answer
    origin: str | None = None
    reason: str | None = None
    fork: Misbehaviour | None = None


@dataclass(frozen=True, slots=True)
class WitnessParts:
    """What a witness stands on."""

    store: WitnessStore
    memory: WitnessMemory
    forks: ForkKeeper
    signers: Sequence[NoteSigner]
    clock: Clock


@dataclass(slots=True)
class _Pending:
    """A checkpoint that passed, and its cosignatures once they are made."""

    admitted: Admitted
    moment: datetime
    cosigned: Cosigned | None = None


@dataclass(slots=True)
class _Row:
    """A log within one transaction: what is stored and remembered, and what will be."""

    origin: str
    log: WitnessedLog | None
    stored: Cosigned | None = None
    memory: Remembered | None = None
    pending: _Pending | None = None

    @property
    def latest(self) -> Admitted | None:
        """What the next request must continue."""
        if self.pending is not None:
            return self.pending.admitted
        return None if self.stored is None else self.stored.admitted

    def newest(self) -> Remembered | None:
        """What the memory must hold before the database does; None where it has that already."""
        if self.pending is None or digest_of(self.pending.admitted) == text_digest(self.memory):
            return None
        number = self.memory.number + 1 if self.memory else 0
        return Remembered(number, text_digest(self.stored), self.pending.admitted)


@dataclass(slots=True)
class _Turn:
    """One transaction with the logs that it has touched."""

    turn: WitnessTurn
    rows: dict[str, _Row] = field(default_factory=dict)

    def newest(self) -> dict[str, Remembered]:
        """What must be remembered, by origin."""
        found = ((origin, row.newest()) for origin, row in self.rows.items())
        return {origin: newest for origin, newest in found if newest is not None}

    def pending(self) -> list[tuple[_Row, _Pending]]:
        """What will be stored."""
        return [(row, row.pending) for row in self.rows.values() if row.pending is not None]


class Witness:
    """Answers add-checkpoint requests. Any number of processes may share its files."""

    def __init__(self, parts: WitnessParts) -> None:
        self._parts = parts

    def add_checkpoint(self, body: bytes) -> Outcome:
        """The answer to one request. Raises no EvidenceError."""
        return self.add_checkpoints([body])[0]

    def add_checkpoints(self, bodies: Sequence[bytes]) -> list[Outcome]:
        """The answers to several requests, in order, all durable at once."""
        try:
            outcomes = self._written(bodies)
        except OperationalError as error:
            if len(bodies) == 1:
                return [_unavailable(error)]
            # One log's trouble must not be that of the others.
            return [self.add_checkpoint(body) for body in bodies]
        for outcome in outcomes:
            self._keep_fork(outcome)
        return outcomes

    def published(self, origin_hash: bytes) -> bytes | None:
        """The latest checkpoint of the log whose origin has this SHA-256, with all signatures.

        Raises WitnessUnavailable, WitnessCorrupt.
        """
        found = self._parts.store.published(origin_hash)
        return None if found is None else found.encode()

    def _written(self, bodies: Sequence[bytes]) -> list[Outcome]:
        with self._parts.store.turn() as opened:
            turn = _Turn(opened)
            found = [self._answered(body, turn) for body in bodies]
            # The memory first: with it ahead of the database nothing is lost. The other way round
            # a database that was put back to an older state would look like the newest.
            with self._parts.memory.remembering(turn.newest()):
                outcomes = [self._signed(one) for one in found]
                kept = [(row, self._cosigned(pending)) for row, pending in turn.pending()]
            for row, cosigned in kept:
                opened.replace(row.origin, row.stored, cosigned)
        return outcomes

    def _answered(self, body: bytes, turn: _Turn) -> Outcome | tuple[str, _Pending]:
        try:
            request = AddCheckpoint.parse(body)
        except FormatError as error:
            refusal = Judgement(Status.MALFORMED, str(error), error.reason)
            return Outcome(refusal.refusal(), reason=error.reason)
        origin = request.checkpoint.origin
        try:
            return self._judged(request, self._row(turn, origin))
        except EvidenceError as error:
            return _unavailable(error, origin)

    def _judged(self, request: AddCheckpoint, row: _Row) -> Outcome | tuple[str, _Pending]:
        latest = row.latest
        keys = row.log.keys if row.log else ()
        found = judge(request, keys, latest.checkpoint if latest else None)
        if found.admitted is not None:
            row.pending = self._pending(found.admitted, row)
            return row.origin, row.pending
        origin = row.origin if row.log else None
        return Outcome(found.refusal(), origin, found.reason, _evidence(latest, request, found))

    def _row(self, turn: _Turn, origin: str) -> _Row:
        if origin not in turn.rows:
            log = turn.turn.log(origin)
            row = _Row(origin, None) if log is None else self._current(turn.turn, log)
            turn.rows[origin] = row
        return turn.rows[origin]

    def _current(self, turn: WitnessTurn, log: WitnessedLog) -> _Row:
        """What was cosigned last, as database and memory agree. Raises WitnessRolledBack.

        A database that is where the memory says it was before was cut off between the two writes:
        the checkpoint may have been cosigned, so it counts.
        """
        stored, recall = turn.latest(log.origin), self._parts.memory.recall
        memory = recall(log.origin)
        if standing(stored, memory) is Standing.AGREED:
            return _Row(log.origin, log, stored, memory)
        memory = recall(log.origin, again=True)
        row, found = _Row(log.origin, log, stored, memory), standing(stored, memory)
        if found is Standing.APART:
            raise rolled_back(log.origin)
        if found is Standing.MEMORY_AHEAD and memory is not None:
            row.pending = self._pending(memory.admitted, row)
        return row

    def _pending(self, admitted: Admitted, row: _Row) -> _Pending:
        """Raises ClockBehind: no later tree is cosigned with an earlier time."""
        moment = self._parts.clock.now().replace(microsecond=0)
        before = row.pending or row.stored
        if before is not None and moment < before.moment:
            raise ClockBehind(
                "This machine's clock is before the last cosignature.",
                hint="Set this machine's clock. Nothing is signed until then.",
            )
        return _Pending(admitted, moment)

    def _signed(self, found: Outcome | tuple[str, _Pending]) -> Outcome:
        """An outcome, held back until the transaction is durable."""
        if isinstance(found, Outcome):
            return found
        origin, pending = found
        return Outcome(Answer(Status.COSIGNED, self._cosigned(pending).cosignatures), origin)

    def _cosigned(self, pending: _Pending) -> Cosigned:
        """With the cosignatures of all keys."""
        if pending.cosigned is None:
            text, moment = pending.admitted.text, pending.moment
            lines = b"".join(signer.sign(text, moment) for signer in self._parts.signers)
            pending.cosigned = Cosigned(pending.admitted, lines, moment)
        return pending.cosigned

    def _keep_fork(self, outcome: Outcome) -> None:
        if outcome.fork is not None and outcome.origin is not None:
            try:
                self._parts.forks.keep(outcome.origin, outcome.fork)
            except OperationalError:
                return  # The answer stands; the operator sees the refusal's reason.


def _evidence(
    latest: Admitted | None, request: AddCheckpoint, found: Judgement
) -> Misbehaviour | None:
    if latest is None or found.fork is None:
        return None
    return Misbehaviour.of(Note.parse(latest.encode()), request.note, found.fork)


def rolled_back(origin: str) -> WitnessRolledBack:
    """The error of a log whose database and memory disagree."""
    return WitnessRolledBack(
        "The database does not hold what this witness signed last for this log.", where=origin
    )


def _unavailable(error: EvidenceError, origin: str | None = None) -> Outcome:
    """The operator is told where; whoever asked is not."""
    return Outcome(Answer(UNAVAILABLE, f"{error.message}\n".encode()), origin, error.reason)
