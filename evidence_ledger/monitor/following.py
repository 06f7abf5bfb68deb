"""One ledger followed: each new checkpoint is believed only after all its entries were hashed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from evidence_ledger.core import canonical
from evidence_ledger.core.alert import Severity
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.checkpoint_trust import TOLERANCE
from evidence_ledger.core.contradiction import against, between
from evidence_ledger.core.edge import HASH
from evidence_ledger.core.held import Held
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.log_growth import Growth, Mark, Waited, unseen_since
from evidence_ledger.core.monitor_state import MonitorState, Progress
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import known_signatures, sound_part
from evidence_ledger.core.served_tree import fetch, with_tree
from evidence_ledger.core.tile import WIDTH, TilePath, parse_bundle
from evidence_ledger.errors import EvidenceError, FormatError, LogUnreachable, Refused, Undecided
from evidence_ledger.monitor.rules import FOLLOW_WITHIN, MOST_UNFOLLOWED, SAVE_EVERY, MonitorParts
from evidence_ledger.monitor.telling import Telling
from evidence_ledger.monitor_ports import StateKeeper

SAW_BOTH: Final = "The monitor saw both."


@dataclass(slots=True)
class Follower:
    """``look`` once in a while. ``state`` is what was verified, and is saved as it goes."""

    parts: MonitorParts
    source: TileSource
    keeper: StateKeeper
    telling: Telling
    state: MonitorState
    shown: Held | None = None
    """What the ledger signed and showed last, followed or not."""
    answered: bool = False
    """Whether it answered in the last look."""

    def look(self) -> bool:
        """Read the newest checkpoint and follow it; whether that is where the state is now.

        Raises nothing that the ledger causes. Raises OutputUnwritable.
        """
        self.answered = False
        try:
            held = self._read()
        except LogUnreachable as error:
            day = f"{self.parts.clock.now():%Y-%m-%d}"
            self.telling.trouble("monitor.unreachable", error, Severity.WARNING, day)
            return False
        except (FormatError, Refused, Undecided) as error:
            day = f"{self.parts.clock.now():%Y-%m-%d}"
            self.telling.trouble("monitor.checkpoint", error, Severity.WARNING, day)
            return False
        return self._compare(held)

    def held(self) -> Held | None:
        """The checkpoint that was verified last."""
        return None if self.state.note is None else Held.of(self.state.note)

    def _read(self) -> Held:
        data = self.source.checkpoint()
        self.answered = True
        held = Held.of(Note.parse(data))
        origin = self.state.origin or held.checkpoint.origin
        keys = self.parts.rules.keys.get(held.checkpoint.origin, ())
        if held.checkpoint.origin != origin:
            raise Undecided(
                "monitor.other-ledger", f"This is {held.checkpoint.origin}, no more {origin}."
            )
        note, doubt = sound_part(held.note, keys)
        if not known_signatures(note, keys):
            raise doubt or Undecided("monitor.unsigned", "No known key has signed the checkpoint.")
        self.shown = replace(held, note=note)
        if doubt is not None:
            self._accuse(self.shown)
            raise doubt
        self.state = replace(self.state, origin=origin)
        return held

    def _accuse(self, now: Held) -> None:
        """What is not to be believed may still convict."""
        before = self.held()
        if before is None or not self._contradicts(before, now):
            self._keep(now)

    def _keep(self, shown: Held) -> None:
        """It was signed and is not followed: another look, or another one like it, may convict."""
        kept = self.state.unfollowed
        now, before = shown.note, self.state.note
        if now.text in {one.text for one in (*kept, *filter(None, [before]))}:
            return
        for one in kept:
            self._convict_pair(Held.of(one), shown)
        keys = self.parts.rules.keys.get(shown.checkpoint.origin, ())
        own = (one for one in now.signatures if known_signatures(Note(now.text, (one,)), keys))
        newest = (*kept, Note(now.text, tuple(own)))[-MOST_UNFOLLOWED:]
        self.state = replace(self.state, unfollowed=newest)
        self.keeper.save(self.state)

    def _convict_pair(self, one: Held, other: Held) -> None:
        if one.checkpoint.origin == other.checkpoint.origin:
            found = between(one, other)
            if found is not None:
                self.telling.convict(found, SAW_BOTH)

    def _compare(self, now: Held) -> bool:
        before = self.held()
        if before is not None and _named(now) == _named(before):
            self._seen(now)
            return True
        if before is not None and now.checkpoint.size <= before.checkpoint.size:
            return self._older(before, now)
        trouble: EvidenceError | None = None
        try:
            if self._follow(now):
                return True
        except (LogUnreachable, Refused, FormatError, Undecided) as error:
            trouble = error
        if before is None or not self._contradicts(before, now):
            if trouble is not None:
                self._not_followed(now, trouble)
            self._keep(now)
        return False

    def _not_followed(self, now: Held, error: EvidenceError) -> None:
        if isinstance(error, LogUnreachable):
            self.telling.trouble("monitor.missing", error, Severity.WARNING, _named(now))
        else:
            self.telling.trouble("monitor.entries", error, _severity(error), _named(now))

    def _older(self, before: Held, now: Held) -> bool:
        if not self._contradicts(before, now):
            says = (
                f"The ledger shows {now.checkpoint.size} entries, fewer than the "
                f"{before.checkpoint.size} that it had signed before."
            )
            self.telling.tell("monitor.rollback", Severity.WARNING, says, _named(now))
            self._keep(now)
        return False

    def _contradicts(self, before: Held, now: Held) -> bool:
        """Whether the two convict the operator; the evidence is then kept."""
        mine = Held.with_edge(before.note, self.state.mark.rows)
        try:
            found = between(mine, now)
            if found is None and before.checkpoint.size != now.checkpoint.size:
                found = against(mine, now, with_tree(self.source, now).tree)
        except (LogUnreachable, FormatError, Refused, Undecided):
            return False
        return found is not None and self.telling.convict(found, SAW_BOTH)

    def _seen(self, held: Held) -> None:
        """The newest moment at which no further entry was there. Cosignatures may have come."""
        now = self.parts.clock.now().replace(microsecond=0)
        self.state = replace(self.state, note=held.note, seen=now)
        self.keeper.save(self.state)

    def _follow(self, now: Held) -> bool:
        """False where the time for this look is over; the next one goes on.

        What was taken on the way before is our own work on what was served then: where it
        leads nowhere, all is taken again from what is verified."""
        until = self.parts.clock.now() + FOLLOW_WITHIN
        try:
            return self._take(now, until)
        except (Refused, FormatError, Undecided):
            if self.state.progress is None:
                raise
            self.state = replace(self.state, progress=None)
            self.keeper.save(self.state)
            return self._take(now, until)

    def _take(self, now: Held, until: datetime) -> bool:
        growth = self._growth(now)
        size = now.checkpoint.size
        saved = growth.size
        while growth.size < size:
            if self.parts.clock.now() > until:
                self._went(now, growth)
                self._tell_slow(growth.size, size)
                return False
            self._bundle(growth, size)
            if growth.size - saved >= SAVE_EVERY and growth.size < size:
                saved = growth.size
                self._went(now, growth)
        self._compare_edge(growth)
        if growth.root() != now.checkpoint.root:
            self.state = replace(self.state, progress=None)
            raise Refused("log.root", "The entries do not give the root that the log has signed.")
        self._believe(now, growth)
        return True

    def _went(self, now: Held, growth: Growth) -> None:
        self.state = replace(self.state, progress=Progress(now.note, growth.mark()))
        self.keeper.save(self.state)

    def _tell_slow(self, there: int, size: int) -> None:
        minutes = FOLLOW_WITHIN.total_seconds() / 60
        says = (
            f"In {minutes:.0f} minutes {there} of {size} entries were read. What follows is not "
            "checked yet; the next look goes on from there."
        )
        day = f"{self.parts.clock.now():%Y-%m-%d}"
        self.telling.tell("monitor.slow", Severity.WARNING, says, day)

    def _growth(self, now: Held) -> Growth:
        """From the entries taken on the way, else from what is verified.

        The way may have led to a smaller checkpoint: the root says in the end whether it was this
        one's too.
        """
        way = self.state.progress
        if way is not None and way.mark.size <= now.checkpoint.size:
            return Growth(way.mark)
        return Growth(self.state.mark)

    def _bundle(self, growth: Growth, size: int) -> None:
        """The rest of one bundle, from where the growth is; and the tiles that it fills."""
        index, start = divmod(growth.size, WIDTH)
        width = min(WIDTH, size - index * WIDTH)
        path = TilePath(None, index, width)
        entries = _entries(self.source, path)
        for tile in growth.take(entries[start:width]):
            self._compare_tile(TilePath(tile.level, tile.index), tile.hashes)

    def _compare_edge(self, growth: Growth) -> None:
        for level, hashes in enumerate(growth.mark().rows):
            if hashes:
                index = growth.size >> 8 * (level + 1)
                self._compare_tile(TilePath(level, index, len(hashes) // HASH), hashes)

    def _compare_tile(self, path: TilePath, hashes: bytes) -> None:
        if fetch(self.source, path)[: len(hashes)] != hashes:
            raise Refused("log.tile", "A tile is not that of the entries.", where=path.encode())

    def _believe(self, now: Held, growth: Growth) -> None:
        signed = _signed_at(now, self.parts)
        growth.sealed(signed)
        self._tell_late(growth, now.checkpoint)
        self._tell_ahead(growth.mark())
        moment = self.parts.clock.now().replace(microsecond=0)
        self.state = replace(
            self.state,
            note=now.note,
            mark=growth.mark(),
            progress=None,
            first_seen=moment,
            seen=moment,
        )
        self.keeper.save(self.state)

    def _tell_late(self, growth: Growth, checkpoint: Checkpoint) -> None:
        limit = self.parts.rules.seal_within
        subject = f"{checkpoint.size}"
        if growth.longest is not None and growth.longest.wait > limit:
            self.telling.tell("monitor.late-seal", Severity.WARNING, _late(growth.longest), subject)
        seen = self.state.seen
        if growth.first_new is None or seen is None:
            return
        unseen = unseen_since(growth.first_new, seen)
        if unseen.wait > limit:
            says = _shown_late(unseen, seen)
            self.telling.tell("monitor.shown-late", Severity.WARNING, says, subject)

    def _tell_ahead(self, mark: Mark) -> None:
        """The ledger's clock against this machine's."""
        now = self.parts.clock.now()
        if mark.received > canonical.time_text(now + TOLERANCE, microseconds=True):
            says = (
                f"Entry {mark.size - 1} says that it was received at {mark.received[:19]}Z; "
                f"here it is {canonical.time_text(now)}."
            )
            self.telling.tell("monitor.clock", Severity.WARNING, says, f"{mark.size}")


def _entries(source: TileSource, path: TilePath) -> list[bytes]:
    """A bundle that has grown meanwhile has more entries than were asked for."""
    data = fetch(source, path)
    try:
        return parse_bundle(data, path.width)
    except FormatError as error:
        try:
            return parse_bundle(data, WIDTH)
        except FormatError:
            error.where = path.encode()
            raise error from None


def _signed_at(now: Held, parts: MonitorParts) -> datetime | None:
    """When the ledger says that it signed: its ML-DSA-44 signature carries a time."""
    keys = parts.rules.keys.get(now.checkpoint.origin, ())
    cosignatures = [one.cosignature for one in known_signatures(now.note, keys)]
    moments = [one.moment for one in cosignatures if one is not None and one.moment]
    return min(moments, default=None)


def _severity(error: EvidenceError) -> Severity:
    return Severity.WARNING if isinstance(error, Undecided) else Severity.ALARM


def _named(held: Held) -> str:
    return f"{held.checkpoint.size} {held.checkpoint.root.hex()}"


def _late(found: Waited) -> str:
    return f"{_received(found)}, waited {_hours(found)} hours or more for its seal."


def _shown_late(found: Waited, seen: datetime) -> str:
    """What was seen here, and no more: an old copy may have answered meanwhile."""
    return (
        f"{_received(found)}, was not shown here before {canonical.time_text(seen)}, "
        f"{_hours(found)} hours later; it came late, or old copies were shown."
    )


def _received(found: Waited) -> str:
    return f"Entry {found.index}, received {found.received[:19]}Z by the ledger's clock"


def _hours(found: Waited) -> str:
    return f"{found.wait.total_seconds() / 3600:.1f}"
