"""Asking all witnesses at once, none of which holds up another, or the timestamp authorities.

Each is asked in a thread of its own, oldest seal first: a witness cosigns nothing older than what
it cosigned last. Nobody waits for a witness when the quorum has cosigned the newest seal, or when
the deadline has passed; a late answer is asked for again, because a witness gives it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final

from evidence_ledger.core.note import Note
from evidence_ledger.core.quorum import Quorum
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.core.witness_exchange import verified_lines
from evidence_ledger.errors import (
    EvidenceError,
    WitnessAnswerInvalid,
    WitnessElsewhere,
    WitnessError,
    WitnessRefused,
    WitnessUnreachable,
)
from evidence_ledger.ports import Clock, Witness
from evidence_ledger.stored import StoredCosignature

TOLERANCE: Final = timedelta(minutes=5)
"""How far a witness's clock may be from this machine's."""

ConsistencyProof = Callable[[int, int], Sequence[bytes]]
"""The hashes that lead from the first of two sizes to the second. Called from several threads."""


@dataclass(frozen=True, slots=True)
class CosigningRules:
    """How a seal's witnesses are asked.

    ``quorum`` makes a seal complete; None: all of them. ``deadline`` is in seconds. Seals made
    before the moment in ``since`` are not completed with that witness.
    """

    quorum: Quorum | None = None
    deadline: float = 10.0
    since: Mapping[str, datetime] = field(default_factory=dict)

    def enough(self, names: Collection[str], everyone: Collection[str]) -> bool:
        """Whether these witnesses make a seal complete."""
        if self.quorum is None:
            return set(everyone) <= set(names)
        return self.quorum.met_by(names)


@dataclass(frozen=True, slots=True)
class Submission:
    """A seal to be cosigned; no cosignature of it was made before ``earliest``."""

    number: int
    size: int
    checkpoint: bytes
    earliest: datetime


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What one witness is asked: seals in ascending order, and the size that it cosigned last."""

    witness: Witness
    last: int
    submissions: tuple[Submission, ...]


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What came in time, by the number of the seal, and who failed and why."""

    lines: Mapping[int, tuple[StoredCosignature, ...]]
    failures: tuple[WitnessError, ...]


_Event = tuple[str, int | None, tuple[StoredCosignature, ...], BaseException | None]
"""A witness's name; the seal that it cosigned with the lines, or None at its end, and its error."""


class Cosigning:
    """All witnesses being asked, from ``start`` to ``finish``."""

    def __init__(self, inquiries: Sequence[Inquiry], prove: ConsistencyProof, clock: Clock) -> None:
        self._inquiries = inquiries
        self._prove = prove
        self._clock = clock
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._stopped = Event()
        self._begun = time.monotonic()

    def start(self) -> Cosigning:
        """Ask, each in a thread that no one waits for at the end of the program."""
        self._begun = time.monotonic()
        for inquiry in self._inquiries:
            Thread(target=partial(self._run, inquiry), daemon=True).start()
        return self

    def stop(self) -> None:
        """Ask nobody for anything further."""
        self._stopped.set()

    def finish(self, deadline: float, enough: Callable[[Mapping[int, set[str]]], bool]) -> Cosigned:
        """What has come when ``enough`` says so of who cosigned which seal, or when all have
        answered, or ``deadline`` seconds after the start.

        Anything but a WitnessError is a mistake of ours, and is raised.
        """
        lines: dict[int, tuple[StoredCosignature, ...]] = {}
        failures: list[WitnessError] = []
        who: dict[int, set[str]] = {}
        asked = {one.witness.name for one in self._inquiries}
        while asked:
            # What is here already is taken, however late this is asked.
            event = self._next(0 if enough(who) else deadline)
            if event is None:
                break
            name, seal, found, error = event
            if seal is not None:
                lines[seal] = (*lines.get(seal, ()), *found)
                who.setdefault(seal, set()).add(name)
                continue
            asked.discard(name)
            failures += _failure(error)
        self.stop()
        if not enough(who):
            failures += [_late(name, deadline) for name in sorted(asked)]
        return Cosigned(lines, tuple(failures))

    def _next(self, deadline: float) -> _Event | None:
        left = self._begun + deadline - time.monotonic()
        try:
            return self._events.get(timeout=left) if left > 0 else self._events.get_nowait()
        except Empty:
            return None

    def _run(self, inquiry: Inquiry) -> None:
        error: BaseException | None = None
        try:
            self._ask(inquiry)
        except BaseException as failed:  # noqa: BLE001 whoever finishes raises it
            error = failed
        self._events.put((inquiry.witness.name, None, (), error))

    def _ask(self, inquiry: Inquiry) -> None:
        last = inquiry.last
        for one in inquiry.submissions:
            if self._stopped.is_set():
                return
            try:
                found = self._of_one(inquiry.witness, last, one)
            except WitnessElsewhere as error:
                if error.size <= one.size or one is inquiry.submissions[-1]:
                    raise
                last = error.size  # it went on without this seal, and cosigns it no more
                continue
            last = one.size
            self._events.put((inquiry.witness.name, one.number, found, None))

    def _of_one(
        self, witness: Witness, last: int, one: Submission
    ) -> tuple[StoredCosignature, ...]:
        """Its cosignatures of one seal; asked once more from the size that it names instead."""
        try:
            answer = self._submit(witness, last, one)
        except WitnessElsewhere as error:
            if error.size > one.size or self._stopped.is_set():
                raise
            answer = self._submit(witness, error.size, one)
        return self._verified(witness, answer, one)

    def _submit(self, witness: Witness, old: int, one: Submission) -> bytes:
        if old > one.size:
            raise WitnessElsewhere(f"{witness.name} has cosigned a larger ledger.", size=old)
        try:
            return witness.add_checkpoint(old, self._proof(old, one.size), one.checkpoint)
        except WitnessElsewhere as error:
            if error.size == old == one.size:
                raise _fork(witness.name, old) from error
            raise

    def _proof(self, old: int, size: int) -> Sequence[bytes]:
        return self._prove(old, size) if 0 < old < size else ()

    def _verified(
        self, witness: Witness, answer: bytes, one: Submission
    ) -> tuple[StoredCosignature, ...]:
        text = Note.parse(one.checkpoint).text
        keys = [VerifierKey.parse(key) for key in witness.vkeys]
        latest = self._clock.now() + TOLERANCE
        try:
            lines = verified_lines(answer, text, keys, one.earliest - TOLERANCE, latest)
        except EvidenceError as error:
            raise WitnessAnswerInvalid(
                f"{witness.name} answered with a cosignature that does not stand: {error}",
                hint=error.hint,
            ) from error
        return tuple(StoredCosignature(witness.name, line) for line in lines)


def _fork(name: str, size: int) -> WitnessRefused:
    """Version 1.0.0 answers 409 where the sizes are equal and the roots are not."""
    return WitnessRefused(
        f"{name} has cosigned another tree of {size} entries.",
        hint="This ledger's key may have signed two histories: keep everything and find out why.",
    )


def _failure(error: BaseException | None) -> list[WitnessError]:
    if error is None:
        return []
    if not isinstance(error, WitnessError):
        raise error
    return [error]


def _late(name: str, deadline: float) -> WitnessUnreachable:
    return WitnessUnreachable(f"{name} did not answer within {deadline:g} seconds.")
