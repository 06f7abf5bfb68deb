"""Asking several timestamp authorities at once, none of which can hold up the others.

Each is asked in a thread of its own. Its answer is verified there, and given up with the thread
when the deadline has passed. An authority may have a stand-in, which is asked where it failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Thread
from typing import Final, TypeVar

from evidence_ledger.core.time_agreement import TOLERANCE, Disagreement, Reading, disagreement
from evidence_ledger.core.time_agreement import reading as clock_reading
from evidence_ledger.core.time_trust import TimeTrust
from evidence_ledger.core.timestamp_question import TimestampQuestion
from evidence_ledger.core.timestamp_verification import TrustedTime, check_token
from evidence_ledger.errors import (
    AuthorityAnswerInvalid,
    AuthorityError,
    AuthorityUnreachable,
    EvidenceError,
)
from evidence_ledger.ports import Clock, Entropy, TimestampAuthority
from evidence_ledger.stored import StoredToken

AHEAD: Final = timedelta(seconds=5)
"""How far an authority's clock may be ahead of this machine's, beyond its accuracy. Its token is
kept when this machine's clock has come as far, so that nobody here meets a time to come."""
GRACE: Final = 1.0
"""Seconds in which further answers are still waited for when there are enough."""
OWN: Final = "this machine"

Slot = tuple[TimestampAuthority, ...]
"""An authority and those who stand in for it, in the order in which they are asked."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class AskingRules:
    """How a seal's authorities are asked.

    ``required`` independent tokens make a seal complete; None: one of each slot. ``deadline`` is
    in seconds. ``fallbacks`` names the stand-in of an authority. Seals made before the moment in
    ``since`` are not completed with that authority. ``sleep`` takes seconds.
    """

    required: int | None = None
    deadline: float = 30.0
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    sleep: Callable[[float], object] = time.sleep


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the token's imprint, and a nonce for each authority by name.

    ``algorithm`` is the imprint's, a name in ``core.algorithm.DIGESTS``.
    """

    imprint: bytes
    nonces: Mapping[str, int]
    algorithm: str = "sha256"


def fresh_question(
    imprint: bytes, slots: Sequence[Slot], entropy: Entropy, algorithm: str = "sha256"
) -> Question:
    """The question for all that are in ``slots``, each with a nonce of its own of 63 bits, which
    is positive as a DER integer of eight bytes."""
    names = [one.name for slot in slots for one in slot]
    nonces = {name: int.from_bytes(entropy.take(8), "big") >> 1 for name in names}
    return Question(imprint, nonces, algorithm)


@dataclass(frozen=True, slots=True)
class Answer:
    """A token that stands, and between which moments of this machine's clock it was made."""

    token: StoredToken
    time: TrustedTime
    asked: datetime
    answered: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """What came in time, in the order of the slots, and who failed and why."""

    kept: tuple[Answer, ...]
    failures: tuple[AuthorityError, ...]

    @property
    def disagreement(self) -> Disagreement | None:
        """The two clocks furthest apart, this machine's among them, if not all can be right."""
        own = Reading(OWN, -TOLERANCE, TOLERANCE)
        return disagreement([own, *map(_reading, self.kept)]) if self.kept else None


def _reading(one: Answer) -> Reading:
    found = one.time
    return clock_reading(one.token.authority, found.moment, found.accuracy, one.asked, one.answered)


def slots_of(authorities: Sequence[TimestampAuthority], rules: AskingRules) -> list[Slot]:
    """The authorities that are asked, each with its stand-ins."""
    by_name = {one.name: one for one in authorities}
    stand_ins = set(rules.fallbacks.values())
    return [
        tuple(by_name[name] for name in _line(one.name, rules.fallbacks))
        for one in authorities
        if one.name not in stand_ins
    ]


def _line(name: str, fallbacks: Mapping[str, str]) -> list[str]:
    line = [name]
    while line[-1] in fallbacks:
        line.append(fallbacks[line[-1]])
    return line


def missing(
    slots: Sequence[Slot],
    tokens: Sequence[StoredToken],
    rules: AskingRules,
    sealed: datetime | None = None,
) -> list[Slot]:
    """The slots whose token a seal lacks, unless it has as many as are required.

    ``sealed`` is when the seal was made: what was not asked then is not missing.
    """
    if _enough(tokens, rules):
        return []
    have = {token.authority for token in tokens}
    empty = [slot for slot in slots if not any(one.name in have for one in slot)]
    if sealed is None:
        return empty
    always = datetime.min.replace(tzinfo=UTC)
    return [slot for slot in empty if rules.since.get(slot[0].name, always) <= sealed]


def _enough(tokens: Sequence[StoredToken], rules: AskingRules) -> bool:
    names = {token.authority for token in tokens if token.independent}
    return rules.required is not None and len(names) >= rules.required


class Asking:
    """One question to several authorities at once."""

    def __init__(self, question: Question, clock: Clock, rules: AskingRules) -> None:
        self._question = question
        self._clock = clock
        self._rules = rules

    def ask(self, slots: Sequence[Slot], before: Collection[StoredToken] = ()) -> Answers:
        """The answers of all slots within the deadline; less where they are enough with the
        tokens that were there ``before``.

        Anything but an AuthorityError is a mistake of ours, and is raised.
        """
        calls = [(slot, _started(partial(self._of_slot, slot))) for slot in slots]
        self._wait([future for _, future in calls], before)
        kept: list[Answer] = []
        failures: list[AuthorityError] = []
        for slot, future in calls:
            answer, failed = future.result() if future.done() else (None, [self._late(slot)])
            kept += [] if answer is None else [answer]
            failures += failed
        return Answers(tuple(kept), tuple(failures))

    def _wait(
        self,
        futures: Sequence[Future[tuple[Answer | None, list[AuthorityError]]]],
        before: Collection[StoredToken],
    ) -> None:
        end = time.monotonic() + self._rules.deadline
        waiting = set(futures)
        while waiting:
            left = end - time.monotonic()
            done, waiting = wait(waiting, timeout=max(0.0, left), return_when=FIRST_COMPLETED)
            if not done or any(one.exception() for one in done):
                return
            found = [one.result()[0] for one in futures if one.done()]
            tokens = [*before, *(one.token for one in found if one is not None)]
            if _enough(tokens, self._rules):
                end = min(end, time.monotonic() + GRACE)

    def _of_slot(self, slot: Slot) -> tuple[Answer | None, list[AuthorityError]]:
        failures: list[AuthorityError] = []
        for authority in slot[:-1]:
            try:
                return self._in_time(authority, len(slot)), failures
            except AuthorityError as error:
                failures.append(error)
        try:
            return self._of_one(slot[-1]), failures
        except AuthorityError as error:
            return None, [*failures, error]

    def _in_time(self, authority: TimestampAuthority, shares: int) -> Answer:
        """One answer within its share of the deadline, so that time is left for the stand-in."""
        future = _started(partial(self._of_one, authority))
        wait([future], timeout=self._rules.deadline / shares)
        if not future.done():
            raise self._late((authority,), shares)
        return future.result()

    def _late(self, slot: Slot, shares: int = 1) -> AuthorityUnreachable:
        seconds = self._rules.deadline / shares
        return AuthorityUnreachable(f"{slot[0].name} did not answer within {seconds:g} seconds.")

    def _of_one(self, authority: TimestampAuthority) -> Answer:
        asked = self._clock.now()
        question = self._question
        nonce = question.nonces[authority.name]
        response = authority.ask(question.imprint, nonce, question.algorithm)
        answered = self._clock.now()
        found = self._verified(authority, response)
        self._wait_until(authority.name, found)
        independent = authority.independent and not found.own_clock
        token = StoredToken(authority.name, independent, response, found.token)
        return Answer(token, found, asked, answered)

    def _verified(self, authority: TimestampAuthority, response: bytes) -> TrustedTime:
        try:
            return check_token(
                response,
                TimestampQuestion(
                    {self._question.algorithm: self._question.imprint},
                    self._question.nonces[authority.name],
                ),
                TimeTrust(authority.roots, self._clock.now() + AHEAD),
            )
        except EvidenceError as error:
            raise AuthorityAnswerInvalid(
                f"{authority.name} answered with a token that does not stand: {error}",
                hint=error.hint,
            ) from error

    def _wait_until(self, name: str, found: TrustedTime) -> None:
        """Until this machine's clock has reached the token's time, less its accuracy."""
        ahead = self._ahead(found)
        if ahead > timedelta(0):
            self._rules.sleep(ahead.total_seconds())
            if self._ahead(found) > timedelta(0):
                raise AuthorityAnswerInvalid(
                    f"{name} is ahead of this machine's clock.", hint="Check this machine's clock."
                )

    def _ahead(self, found: TrustedTime) -> timedelta:
        return found.moment - (found.accuracy or timedelta(0)) - self._clock.now()


def _started(call: Callable[[], _T]) -> Future[_T]:
    """``call`` in a thread that no one waits for at the end of the program."""
    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 whoever reads the result raises it
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future
