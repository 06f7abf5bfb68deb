"""Checkpoints that a ledger signed and showed, and that could not be followed: not forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evidence_ledger.core.contradiction import against, between
from evidence_ledger.core.held import Held
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.note import Note
from evidence_ledger.core.served_tree import with_tree
from evidence_ledger.errors import FormatError, LogUnreachable, Refused, Undecided
from evidence_ledger.monitor.following import SAW_BOTH, Follower
from evidence_ledger.monitor.rules import COMPARE_WITHIN
from evidence_ledger.monitor.telling import Telling
from evidence_ledger.ports import Clock


@dataclass(slots=True)
class Unfollowed:
    """Compares them with what is verified, look by look, until it is found to continue them."""

    clock: Clock
    source: TileSource
    telling: Telling
    follower: Follower

    def look(self) -> None:
        """All that are kept. Raises OutputUnwritable."""
        state = self.follower.state
        if state.note is None or not state.unfollowed:
            return
        mine = Held.with_edge(state.note, state.mark.rows)
        done = self._settled(mine, state.unfollowed)
        left = tuple(one for one in state.unfollowed if one.text not in done)
        if left != state.unfollowed:
            self.follower.state = replace(state, unfollowed=left)
            self.follower.keeper.save(self.follower.state)

    def _settled(self, mine: Held, kept: tuple[Note, ...]) -> set[bytes]:
        """Smaller ones first: they are compared in the tree that was verified."""
        until, done = self.clock.now() + COMPARE_WITHIN, set()
        for one in sorted(map(Held.of, kept), key=lambda one: one.checkpoint.size):
            if self.clock.now() <= until and self._stood_by(mine, one):
                done.add(one.note.text)
        return done

    def _stood_by(self, mine: Held, kept: Held) -> bool:
        """Whether what is verified continues it; where it contradicts it, the alarm is raised."""
        try:
            found = self._found(mine, kept)
        except (LogUnreachable, FormatError, Refused, Undecided):
            return False
        if found is None:
            return kept.checkpoint.size <= mine.checkpoint.size
        self.telling.convict(found, SAW_BOTH)
        return False

    def _found(self, mine: Held, kept: Held) -> Misbehaviour | None:
        found = between(mine, kept)
        if found is not None or mine.checkpoint.size == kept.checkpoint.size:
            return found
        if kept.checkpoint.size < mine.checkpoint.size:
            return against(kept, mine, with_tree(self.source, mine).tree)
        return against(mine, kept, with_tree(self.source, kept).tree)
