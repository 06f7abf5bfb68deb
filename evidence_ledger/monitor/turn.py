"""A ledger's turn: how long one look asks it, whatever it is asked for and however it answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.errors import LogUnreachable, ServerUnreachable
from evidence_ledger.monitor.crew import Lane
from evidence_ledger.monitor.rules import LONG, LOOK_WITHIN, PROMPT
from evidence_ledger.monitor_ports import Lookup
from evidence_ledger.ports import Clock

_SAYS: Final = (
    f"It took longer than {LOOK_WITHIN.total_seconds() / 60:.0f} minutes to answer; "
    "the rest is left to the next look."
)


class Turn:
    """The time of one look, or of one comparison with what others saw."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: datetime = clock.now()

    def begin(self) -> None:
        """It begins now."""
        self._began = self._clock.now()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is asked in it."""
        return self._took() > LOOK_WITHIN

    @property
    def lane(self) -> Lane:
        """Where a ledger that took as long, and answered, is looked at the next time."""
        if self._took() <= PROMPT:
            return Lane.PROMPT
        return Lane.SLOW if self._took() <= LONG else Lane.LONG

    def _took(self) -> timedelta:
        return self._clock.now() - self._began


class TurnSource:
    """A TileSource that is asked nothing when the turn is over."""

    def __init__(self, source: TileSource, turn: Turn) -> None:
        self._source = source
        self._turn = turn

    def checkpoint(self) -> bytes:
        """See TileSource."""
        self._check()
        return self._source.checkpoint()

    def tile(self, path: str) -> bytes:
        """See TileSource."""
        self._check()
        return self._source.tile(path)

    def _check(self) -> None:
        if self._turn.is_over:
            raise LogUnreachable(_SAYS)


class TurnLookup:
    """A Lookup that is asked nothing when the turn is over."""

    def __init__(self, lookup: Lookup, turn: Turn) -> None:
        self._lookup = lookup
        self._turn = turn

    def holding(self, algorithm: Algorithm, digest: bytes, start: int) -> Sequence[int]:
        """See monitor_ports.Lookup."""
        self._check()
        return self._lookup.holding(algorithm, digest, start)

    def signer_tags(self, start: int) -> Sequence[bytes | None]:
        """See monitor_ports.Lookup."""
        self._check()
        return self._lookup.signer_tags(start)

    def certificate(self, index: int) -> bytes | None:
        """See monitor_ports.Lookup."""
        self._check()
        return self._lookup.certificate(index)

    def _check(self) -> None:
        if self._turn.is_over:
            raise ServerUnreachable(_SAYS)
