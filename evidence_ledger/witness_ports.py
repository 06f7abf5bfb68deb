"""The outside world of a witness, as contracts. Adapters fulfil them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from evidence_ledger.core.cosigned import Cosigned, Remembered
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.verifier_key import VerifierKey


@dataclass(frozen=True, slots=True)
class WitnessedLog:
    """A log that the witness serves: its origin, its keys, and where it is published."""

    origin: str
    keys: tuple[VerifierKey, ...]
    url: str | None = None


class WitnessTurn(Protocol):
    """One transaction of the only writer."""

    def log(self, origin: str) -> WitnessedLog | None:
        """A log, or None where it is unknown. Raises WitnessCorrupt."""
        ...

    def latest(self, origin: str) -> Cosigned | None:
        """The last checkpoint that was cosigned. Raises WitnessCorrupt."""
        ...

    def replace(self, origin: str, before: Cosigned | None, after: Cosigned) -> None:
        """Put ``after`` in place of ``before``. Raises WitnessCorrupt where that is not there."""
        ...

    def put(self, origin: str, after: Cosigned) -> None:
        """The same, whatever is there, damaged or not."""
        ...


class WitnessStore(Protocol):
    """The witness's database. Every method may raise WitnessUnavailable, WitnessCorrupt."""

    def turn(self) -> AbstractContextManager[WitnessTurn]:
        """A transaction: durable when the block ends, or not there at all."""
        ...

    def logs(self) -> Sequence[WitnessedLog]:
        """All logs, by origin."""
        ...

    def published(self, origin_hash: bytes) -> Cosigned | None:
        """The last checkpoint of the log whose origin has this SHA-256."""
        ...

    def add_log(self, log: WitnessedLog) -> WitnessedLog:
        """Serve a log from now on, or take further keys of a known one. What is then served."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class WitnessMemory(Protocol):
    """What the witness signed last, kept outside the database. Raises WitnessUnavailable."""

    def recall(self, origin: str, *, again: bool = False) -> Remembered | None:
        """What is remembered of a log, or None; ``again``: whatever was read before.

        Raises WitnessCorrupt.
        """
        ...

    def remembering(self, newest: Mapping[str, Remembered]) -> AbstractContextManager[None]:
        """Keep the newest of each of these origins while the block runs, durable when it ends.

        The number of each is one above that of what ``recall`` gave in the same turn; 0 for the
        first.
        """
        ...

    def start_over(self, origin: str, newest: Remembered) -> None:
        """Keep ``newest``, whatever is there, damaged or not. Its number is 0."""
        ...


class ForkKeeper(Protocol):
    """Where proof is kept that a log signed two histories."""

    def keep(self, origin: str, evidence: Misbehaviour) -> None:
        """Keep the evidence against a log's operator. Raises WitnessUnavailable."""
        ...

    def count(self, origin: str) -> int:
        """How many of these are kept of a log."""
        ...
