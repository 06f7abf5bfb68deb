"""What a witness's operator sees and decides of the logs that it serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.cosigned import (
    Admitted,
    Cosigned,
    Remembered,
    Standing,
    standing,
    text_digest,
)
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import (
    EvidenceError,
    NoSuchLog,
    UsageError,
    WitnessCorrupt,
    WitnessRolledBack,
)
from evidence_ledger.witness.service import WitnessParts, rolled_back
from evidence_ledger.witness_ports import WitnessedLog, WitnessTurn

LONGEST_ORIGIN = 255
"""Bytes, as an ML-DSA-44 cosignature can hold them (tlog-cosignature v1.1.0-rc.1)."""

_CHECKABLE = frozenset(
    {KeyType.ED25519, KeyType.ECDSA, KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44}
)


class Source(StrEnum):
    """Which of a witness's two records is right."""

    MEMORY = "memory"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class LogState:
    """A log, the last checkpoint cosigned for it and when, and what stands in the way."""

    log: WitnessedLog
    checkpoint: Checkpoint | None = None
    moment: datetime | None = None
    trouble: EvidenceError | None = None
    forks: int = 0


class LogBook:
    """The logs of a witness, for its operator."""

    def __init__(self, parts: WitnessParts) -> None:
        self._parts = parts

    def add(
        self, keys: Sequence[VerifierKey], origin: str | None = None, url: str | None = None
    ) -> WitnessedLog:
        """Serve a log, or take further keys of one.

        Without ``origin``, the keys' name is the origin, as tlog-checkpoint advises.

        Raises UsageError, WitnessUnavailable.
        """
        names = {key.name for key in keys}
        if not keys or (origin is None and len(names) != 1):
            raise UsageError("The keys have different names.", hint="Name the log: --origin ORIGIN")
        chosen = origin if origin is not None else names.pop()
        _check_origin(chosen)
        for key in keys:
            if key.type not in _CHECKABLE:
                raise UsageError(f"Signatures of type 0x{key.type:02x} can't be checked here.")
        return self._parts.store.add_log(WitnessedLog(chosen, tuple(keys), url))

    def states(self) -> list[LogState]:
        """All logs as they are now."""
        logs = self._parts.store.logs()
        with self._parts.store.turn() as turn:
            return [self._state(turn, log) for log in logs]

    def resume(self, origin: str, source: Source) -> LogState:
        """Let the witness sign for a log again, from the record that the operator says is newest.

        Never goes back: where both records can be read, the older one is not taken. Raises
        NoSuchLog, UsageError, WitnessRolledBack, WitnessCorrupt, WitnessUnavailable.
        """
        with self._parts.store.turn() as turn:
            log = turn.log(origin)
            if log is None:
                raise NoSuchLog("The witness does not serve this log.", where=origin)
            if self._state(turn, log).trouble is None:
                raise UsageError("Database and memory agree: there is nothing to decide.")
            if source is Source.MEMORY:
                self._from_memory(turn, origin)
            else:
                self._from_database(turn, origin)
            return self._state(turn, log)

    def _state(self, turn: WitnessTurn, log: WitnessedLog) -> LogState:
        forks = self._parts.forks.count(log.origin)
        try:
            stored, memory = turn.latest(log.origin), self._parts.memory.recall(log.origin)
        except WitnessCorrupt as error:
            return LogState(log, trouble=error, forks=forks)
        apart = standing(stored, memory) is Standing.APART
        trouble = rolled_back(log.origin) if apart else None
        if stored is None:
            return LogState(log, trouble=trouble, forks=forks)
        return LogState(log, stored.checkpoint, stored.moment, trouble, forks)

    def _from_memory(self, turn: WitnessTurn, origin: str) -> None:
        memory = self._parts.memory.recall(origin)
        if memory is None:
            raise WitnessRolledBack("The memory holds nothing of this log.", where=origin)
        _check_forward(_readable(lambda: turn.latest(origin)), memory.admitted, origin)
        moment = self._parts.clock.now().replace(microsecond=0)
        lines = b"".join(one.sign(memory.admitted.text, moment) for one in self._parts.signers)
        turn.put(origin, Cosigned(memory.admitted, lines, moment))

    def _from_database(self, turn: WitnessTurn, origin: str) -> None:
        stored = turn.latest(origin)
        if stored is None:
            raise WitnessRolledBack("The database holds nothing of this log.", where=origin)
        _check_forward(
            _readable(lambda: self._parts.memory.recall(origin)), stored.admitted, origin
        )
        self._parts.memory.start_over(origin, Remembered(0, text_digest(stored), stored.admitted))


def _readable(read: Callable[[], Cosigned | Remembered | None]) -> Admitted | None:
    """None also for what is damaged: that the operator has decided."""
    try:
        found = read()
    except WitnessCorrupt:
        return None
    return None if found is None else found.admitted


def _check_forward(held: Admitted | None, chosen: Admitted, origin: str) -> None:
    """The one to go on from is larger than the other, or the same tree."""
    if held is None:
        return
    old, new = held.checkpoint, chosen.checkpoint
    if old.size > new.size:
        raise WitnessRolledBack(
            f"The other record has size {old.size}, this one {new.size}.",
            where=origin,
            hint="Resume from the larger one.",
        )
    if old.size == new.size and old.root != new.root:
        raise WitnessRolledBack(
            "Database and memory hold two histories of this log.",
            where=origin,
            hint="Keep both as evidence, and make another witness with new keys.",
        )


def _check_origin(origin: str) -> None:
    if (
        not 1 <= len(origin.encode("utf-8", "replace")) <= LONGEST_ORIGIN
        or not origin.isprintable()
    ):
        raise UsageError(f"An origin is one line of 1 to {LONGEST_ORIGIN} bytes.")
