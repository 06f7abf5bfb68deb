"""An authority that is asked politely: not too often, and again where that may help.

A request that found no way through, or an answer "later" (HTTP 429, 5xx), is sent again after a
pause that doubles each time, with jitter, or after as long as ``Retry-After`` asks for. All pauses
together stay within ``Manners.longest``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from evidence_ledger.adapters.timestamping.pace import Pace
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.errors import (
    AuthorityAnswerInvalid,
    AuthorityBusy,
    AuthorityError,
    AuthorityUnreachable,
    EvidenceError,
)
from evidence_ledger.ports import Entropy, TimestampAuthority

TRIES: Final = 3
FIRST_PAUSE: Final = 1.0
"""Seconds before the second try, but for the jitter."""
LONGEST: Final = 30.0
"""Seconds that all pauses of one question may take together."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How an authority is asked. ``sleep`` takes seconds; ``longest`` is in seconds."""

    sleep: Callable[[float], object]
    entropy: Entropy
    pace: Pace
    tries: int = TRIES
    longest: float = LONGEST


class PatientAuthority:
    """The TimestampAuthority port around another one. The answer is not verified here."""

    def __init__(
        self, inner: TimestampAuthority, manners: Manners, policy: str | None = None
    ) -> None:
        """``policy`` is the OID under which every token must say that it was issued."""
        self._inner = inner
        self._manners = manners
        self._policy = policy

    @property
    def name(self) -> str:
        """How reports call it."""
        return self._inner.name

    @property
    def independent(self) -> bool:
        """Whether its clock is not the ledger's."""
        return self._inner.independent

    @property
    def roots(self) -> tuple[bytes, ...]:
        """DER X.509 certificates that its tokens must lead to."""
        return self._inner.roots

    def ask(self, digest: bytes, nonce: int, algorithm: str = "sha256") -> bytes:
        """The answer to a request over a digest.

        Raises AuthorityUnreachable, AuthorityBusy, AuthorityRefused, AuthorityAnswerInvalid.
        """
        left = self._manners.longest
        for number in range(1, self._manners.tries):
            left -= self._wait_for_turn(left)
            try:
                return self._asked(digest, nonce, algorithm)
            except (AuthorityUnreachable, AuthorityBusy) as error:
                left -= self._pause(number, error, left)
        self._wait_for_turn(left)
        return self._asked(digest, nonce, algorithm)

    def _asked(self, digest: bytes, nonce: int, algorithm: str) -> bytes:
        answer = self._inner.ask(digest, nonce, algorithm)
        if self._policy is not None:
            self._require_policy(answer, self._policy)
        return answer

    def _wait_for_turn(self, left: float) -> float:
        wait = self._manners.pace.take(timedelta(seconds=max(0.0, left)))
        if wait is None:
            raise AuthorityBusy(f"{self.name} may not be asked so soon again.")
        return self._sleep(wait.total_seconds())

    def _pause(self, number: int, error: AuthorityError, left: float) -> float:
        """Wait before the next try. Raises ``error`` where there is no time for that."""
        asked = error.wait if isinstance(error, AuthorityBusy) else None
        pause = FIRST_PAUSE * 2 ** (number - 1) * self._jitter() if asked is None else asked
        if pause > left:
            raise error
        return self._sleep(pause)

    def _jitter(self) -> float:
        """From 0.5 to 1.5, so that many who were turned away do not come back together."""
        return 0.5 + int.from_bytes(self._manners.entropy.take(4), "big") / (1 << 32)

    def _sleep(self, seconds: float) -> float:
        if seconds > 0:
            self._manners.sleep(seconds)
        return seconds

    def _require_policy(self, answer: bytes, policy: str) -> None:
        try:
            found = read_token(answer).info.policy
        except EvidenceError:
            return  # whoever verifies the answer says what is wrong with it
        if found != policy:
            raise AuthorityAnswerInvalid(
                f"{self.name} issued the token under the policy {found}, not {policy}.",
                hint="Ask the authority which policy it issues under now, and name that one.",
            )
