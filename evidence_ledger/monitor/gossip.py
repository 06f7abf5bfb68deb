"""What others saw of a ledger, held against what it shows here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from evidence_ledger.core.alert import Severity
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.held import Held
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import Signed, known_signatures, sound_part
from evidence_ledger.core.online_check import follow
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import FormatError, LogUnreachable, Refused, Undecided
from evidence_ledger.monitor.following import Follower
from evidence_ledger.monitor.rules import MonitorParts
from evidence_ledger.monitor.telling import Telling
from evidence_ledger.monitor_ports import WitnessView

_MOST_KEPT = 1024


@dataclass(slots=True)
class Gossip:
    """Compares checkpoints of others with the ledger that ``follower`` follows.

    A pair that was found consistent is not asked about again while it is remembered.
    """

    parts: MonitorParts
    source: TileSource
    telling: Telling
    follower: Follower
    _consistent: OrderedDict[tuple[bytes, bytes], None] = field(default_factory=OrderedDict)

    def compare(self, held: Held, whose: str, *, must: bool = False) -> None:
        """Whether the ledger stands by a checkpoint of its own; the alarm where it does not.

        ``must``: it is a warning too where that can't be decided.
        """
        mine = self.follower.held()
        if mine is None or held.checkpoint.origin != mine.checkpoint.origin:
            return
        pair = held.note.text, mine.note.text
        if pair in self._consistent or held.checkpoint == mine.checkpoint:
            return
        keys = self.parts.rules.keys.get(held.checkpoint.origin, ())
        try:
            note, doubt = sound_part(held.note, keys)
            if not known_signatures(note, keys):
                return
            answer = follow(replace(held, note=note), self.source, keys)
            if answer.found is None and doubt is not None:
                raise doubt
        except LogUnreachable:
            return  # which the follower tells
        except (Refused, Undecided, FormatError) as error:
            # Mirrors and witnesses may be ahead; what is held was shown here before.
            if must:
                subject = held.note.text.decode()
                self.telling.trouble("monitor.held", error, Severity.WARNING, subject)
            return
        if answer.found is None:
            self._remember(pair)
        else:
            self.telling.convict(answer.found, f"One of them is {whose}.")

    def ask_witnesses(self) -> None:
        """What witnesses cosigned last, and whether those that cosigned are the quorum."""
        origin = self.follower.state.origin
        if self.follower.state.note is None:
            return
        names = self._cosigners_of_own()
        for view in self.parts.witnesses:
            held = self._latest(view, origin)
            if held is None:
                continue
            self.compare(held, f"what the witness {view.name} cosigned")
            if self._covers(held):
                names |= self._named(held.note, {view.name})
            self._judge_freshness(held, view.name)
        self._judge_quorum(names)

    def _latest(self, view: WitnessView, origin: str) -> Held | None:
        try:
            data = view.latest(origin)
            held = None if data is None else Held.of(Note.parse(data))
        except LogUnreachable as error:
            day = f"{self.parts.clock.now():%Y-%m-%d} {view.name}"
            self.telling.trouble("monitor.witness-unreachable", error, Severity.WARNING, day)
            return None
        except FormatError as error:
            day = f"{self.parts.clock.now():%Y-%m-%d} {view.name}"
            self.telling.trouble("monitor.witness-answer", error, Severity.WARNING, day)
            return None
        return held if held and held.checkpoint.origin == origin else None

    def _covers(self, held: Held) -> bool:
        """Whether what was cosigned continues what is followed here, or is it."""
        mine = self.follower.held()
        if mine is None:
            return False
        # Whoever is ahead cosigned what continues it, or is found out once that is here.
        is_ahead = held.checkpoint.size > mine.checkpoint.size
        return is_ahead or held.checkpoint == mine.checkpoint

    def _cosigners_of_own(self) -> set[str]:
        note = self.follower.state.note
        rules = self.parts.rules
        return set() if note is None else self._named(note, {one.name for one in rules.witnesses})

    def _named(self, note: Note, names: set[str]) -> set[str]:
        by_key = self._keys(names)
        return {by_key[one.key] for one in self._signed(note, by_key)}

    def _keys(self, names: set[str]) -> dict[VerifierKey, str]:
        witnesses = self.parts.rules.witnesses
        return {one.key: one.name for one in witnesses if one.name in names}

    def _signed(self, note: Note, keys: Iterable[VerifierKey]) -> tuple[Signed, ...]:
        try:
            return known_signatures(note, keys)
        except (Refused, Undecided, FormatError):
            return ()

    def _judge_freshness(self, held: Held, name: str) -> None:
        """A newer state that a witness has had for long, and the ledger does not show here."""
        mine = self.follower.held()
        if mine is None or held.checkpoint.size <= mine.checkpoint.size:
            return
        signed = self._signed(held.note, self._keys({name}))
        moments = [one.cosignature.moment for one in signed if one.cosignature]
        moment = min((one for one in moments if one), default=None)
        rules, now = self.parts.rules, self.parts.clock.now()
        if moment is not None and now - moment > rules.seal_within:
            says = (
                f"The witness {name} cosigned {held.checkpoint.size} entries at "
                f"{time_text(moment)}; the ledger shows {mine.checkpoint.size} here."
            )
            self.telling.tell("monitor.withheld", Severity.WARNING, says, held.note.text.decode())

    def _judge_quorum(self, names: set[str]) -> None:
        quorum, state = self.parts.rules.quorum, self.follower.state
        lacking = "; ".join(quorum.lacking(names))
        if not lacking or state.first_seen is None or state.note is None:
            return
        if self.parts.clock.now() - state.first_seen > self.parts.rules.seal_within:
            since = time_text(state.first_seen)
            says = f"Since {since} witnesses are lacking for the newest checkpoint: {lacking}."
            self.telling.tell("monitor.witnesses", Severity.WARNING, says, state.note.text.decode())

    def _remember(self, pair: tuple[bytes, bytes]) -> None:
        self._consistent[pair] = None
        if len(self._consistent) > _MOST_KEPT:
            self._consistent.popitem(last=False)
