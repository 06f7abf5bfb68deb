"""Several ledgers followed together, look by look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evidence_ledger.core.alert import Alert
from evidence_ledger.core.held import Held
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.monitor_state import MonitorState
from evidence_ledger.core.report import Verdict, worst
from evidence_ledger.monitor.following import Follower
from evidence_ledger.monitor.gossip import Gossip
from evidence_ledger.monitor.rules import MonitorParts
from evidence_ledger.monitor.signatures import Signatures
from evidence_ledger.monitor.telling import Telling
from evidence_ledger.monitor.unfollowed import Unfollowed
from evidence_ledger.monitor.watching import Watching
from evidence_ledger.monitor_ports import Lookup, StateKeeper


@dataclass(frozen=True, slots=True)
class Followed:
    """A ledger to follow: its address, and where its files, look-ups and state are."""

    address: str
    source: TileSource
    keeper: StateKeeper
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


class _Ledger:
    """One ledger with all that looks at it."""

    def __init__(self, parts: MonitorParts, followed: Followed) -> None:
        self.address = followed.address
        self._parts = parts
        state = followed.keeper.load() or MonitorState(origin="")
        self._telling = Telling(parts, followed.address, lambda: self.follower.state.origin)
        self.follower = Follower(parts, followed.source, followed.keeper, self._telling, state)
        self._gossip = Gossip(parts, followed.source, self._telling, self.follower)
        self._unfollowed = Unfollowed(parts.clock, followed.source, self._telling, self.follower)
        self._watching: list[Watching | Signatures] = []
        if followed.lookup is not None:
            shared = parts, followed.lookup, self._telling, self.follower
            self._watching.append(Watching(*shared))
            if parts.rules.signatures:
                self._watching.append(Signatures(*shared, self._gossip))

    def look(self) -> None:
        self._telling.found.clear()
        self.follower.look()
        if self.follower.answered:
            self._unfollowed.look()
        for one in self._watching:
            one.look()

    def compare(self, others: Sequence[_Ledger]) -> None:
        for number, held in enumerate(self._parts.rules.held, 1):
            self._gossip.compare(held, f"a checkpoint that you hold ({number})", must=True)
        for other in others:
            there = other.follower.state.note
            if there is not None and there != self.follower.state.note:
                held = Held.with_edge(there, other.follower.state.mark.rows)
                self._gossip.compare(held, f"what {other.address} showed")
            if other.follower.shown is not None:
                self._gossip.compare(other.follower.shown, f"what {other.address} showed")
            for note in other.follower.state.unfollowed if other is not self else ():
                self._gossip.compare(Held.of(note), f"what {other.address} showed")
        self._gossip.ask_witnesses()

    def sight(self) -> Sight:
        return Sight(self.address, self.follower.state, tuple(self._telling.found))


class Monitor:
    """Looks at all ledgers. One at a time may use their states. Loading raises FormatError."""

    def __init__(self, parts: MonitorParts, ledgers: Sequence[Followed]) -> None:
        self._ledgers = [_Ledger(parts, one) for one in ledgers]

    def look(self) -> list[Sight]:
        """One look at each, and each against what others saw of it. Raises OutputUnwritable."""
        for one in self._ledgers:
            one.look()
        for one in self._ledgers:
            one.compare(self._ledgers)
        return [one.sight() for one in self._ledgers]
