"""Several ledgers followed at the same time, look by look.

Each is looked at, and then held against what the others saw. A ledger that takes longer than a look
has patience for is left to its worker, whose place another one takes, and is in a later look what
it then is. The next time, those that did not answer share one worker, those that took long another
one, and those that took a little longer than most a third: none waits for one that is slower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum
from functools import partial

from evidence_ledger.core.alert import Alert
from evidence_ledger.core.held import Held
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.monitor_state import MonitorState
from evidence_ledger.core.report import Verdict, worst
from evidence_ledger.monitor.crew import Crew, Lane, wait_for
from evidence_ledger.monitor.following import Follower
from evidence_ledger.monitor.gossip import Gossip
from evidence_ledger.monitor.rules import WORKERS, MonitorParts
from evidence_ledger.monitor.signatures import Signatures
from evidence_ledger.monitor.telling import Telling
from evidence_ledger.monitor.turn import Turn, TurnLookup, TurnSource
from evidence_ledger.monitor.unfollowed import Unfollowed
from evidence_ledger.monitor.watching import Watching
from evidence_ledger.monitor_ports import AlertBook, Lookup, StateKeeper


@dataclass(frozen=True, slots=True)
class Followed:
    """A ledger to follow: its address, and where its files, look-ups and state are."""

    address: str
    source: TileSource
    keeper: StateKeeper
    alerts: AlertBook
    lookup: Lookup | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look found: the alerts that stand, told before or not, and where the state is."""

    address: str
    state: MonitorState
    alerts: tuple[Alert, ...]

    @property
    def verdict(self) -> Verdict:
        """FAILED for an alarm, INDETERMINATE for a warning or a ledger never seen, else PASSED."""
        seen = Verdict.INDETERMINATE if self.state.note is None else Verdict.PASSED
        return worst([seen, *(one.severity.verdict for one in self.alerts)])


class _Stage(Enum):
    IDLE, LOOKING, LOOKED, COMPARING = range(4)


class _Ledger:
    """One ledger with all that looks at it, and the worker's job that does so.

    One thread at a time changes it; others read ``follower.state``, which is replaced as a whole.
    """

    def __init__(self, parts: MonitorParts, followed: Followed) -> None:
        self.address = followed.address
        self._parts = parts
        self._turn = Turn(parts.clock)
        source = TurnSource(followed.source, self._turn)
        self.lane = Lane.PROMPT
        self._alerts = followed.alerts
        self.stage = _Stage.IDLE
        self.job: Future[None] | None = None
        state = followed.keeper.load() or MonitorState(origin="")
        self.sight = Sight(followed.address, state, ())
        self._telling = Telling(
            parts, followed.alerts, followed.address, lambda: self.follower.state.origin
        )
        self.follower = Follower(parts, source, followed.keeper, self._telling, state)
        self._gossip = Gossip(parts, source, self._telling, self.follower)
        self._unfollowed = Unfollowed(parts.clock, source, self._telling, self.follower)
        self._watching: list[Watching | Signatures] = []
        if followed.lookup is not None:
            lookup = TurnLookup(followed.lookup, self._turn)
            shared = parts, lookup, self._telling, self.follower
            self._watching.append(Watching(*shared))
            if parts.rules.signatures:
                self._watching.append(Signatures(*shared, self._gossip))

    def start(self, crew: Crew, stage: _Stage, do: Callable[[], None]) -> None:
        self.stage, self.job = stage, crew.start(do, self.lane)

    def finish(self) -> None:
        """Go on to the next stage where the job is done. Raises what it raised."""
        if self.job is None or not self.job.done():
            return
        job, self.job = self.job, None
        was_looking = self.stage is _Stage.LOOKING
        self.stage = _Stage.LOOKED if was_looking else _Stage.IDLE
        job.result()
        if not was_looking:
            self.sight = Sight(self.address, self.follower.state, tuple(self._telling.found))

    def settle(self) -> None:
        """Its alerts are complete. Raises OutputUnwritable."""
        self._alerts.settle()

    def look(self) -> None:
        self._turn.begin()
        self._telling.found.clear()
        self.follower.look()
        if self.follower.answered:
            self._unfollowed.look()
        for one in self._watching:
            one.look()
        self.lane = self._turn.lane if self.follower.answered else Lane.SILENT

    def compare(self, others: Sequence[_Ledger]) -> None:
        self._turn.begin()
        for number, held in enumerate(self._parts.rules.held, 1):
            self._gossip.compare(held, f"a checkpoint that you hold ({number})", must=True)
        for other in others:
            self._compare_with(other)
        self._gossip.ask_witnesses()
        self.lane = max(self.lane, self._turn.lane)

    def _compare_with(self, other: _Ledger) -> None:
        state, shown = other.follower.state, other.follower.shown
        if state.note is not None and state.note != self.follower.state.note:
            held = Held.with_edge(state.note, state.mark.rows)
            self._gossip.compare(held, f"what {other.address} showed")
        if shown is not None:
            self._gossip.compare(shown, f"what {other.address} showed")
        for note in state.unfollowed if other is not self else ():
            self._gossip.compare(Held.of(note), f"what {other.address} showed")


class Monitor:
    """Looks at all ledgers, ``workers`` at once. One at a time may use their states. Close it.

    Loading raises FormatError.
    """

    def __init__(
        self, parts: MonitorParts, ledgers: Sequence[Followed], workers: int = WORKERS
    ) -> None:
        self._ledgers = [_Ledger(parts, one) for one in ledgers]
        self._crew = Crew(min(workers, len(ledgers)))

    @property
    def busy(self) -> bool:
        """Whether a ledger is left to its worker."""
        return any(one.job is not None for one in self._ledgers)

    def close(self) -> None:
        """Let the workers go, each after what it is at."""
        self._crew.close()

    def look(self, patience: float | None = None) -> list[Sight]:
        """One look at each, and each against what others saw of it; all in the ledgers' order.

        With ``patience``, each of the two is waited for so many seconds; of a ledger that takes
        longer the last sight is given. Raises OutputUnwritable.
        """
        for one in self._ledgers:
            if one.stage is _Stage.IDLE:
                one.start(self._crew, _Stage.LOOKING, one.look)
        self._wait(patience)
        for one in self._ledgers:
            if one.stage is _Stage.LOOKED:
                one.start(self._crew, _Stage.COMPARING, partial(one.compare, self._ledgers))
        self._wait(patience)
        for one in self._ledgers:
            if one.stage is _Stage.IDLE:
                one.settle()
        return [one.sight for one in self._ledgers]

    def _wait(self, patience: float | None) -> None:
        jobs = [one.job for one in self._ledgers if one.job is not None]
        wait_for(jobs, patience)
        for job in jobs:
            if not job.done():
                self._crew.let_go(job)
        for one in self._ledgers:
            one.finish()
