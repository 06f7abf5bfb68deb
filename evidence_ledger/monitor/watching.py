"""News about what is watched for: a file that is deposited, an X.509 certificate that signs.

What a server answers here nobody vouches for: it can hide an entry, not make one up unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evidence_ledger.core.alert import Severity
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.signer_tag import MOST, signer_tag
from evidence_ledger.errors import ServerError
from evidence_ledger.monitor.following import Follower
from evidence_ledger.monitor.rules import MonitorParts
from evidence_ledger.monitor.telling import Telling
from evidence_ledger.monitor_ports import Lookup

MOST_TOLD = 100
"""Alerts of one kind in one look; the next look goes on."""


@dataclass(slots=True)
class Watching:
    """Asks the ledger's server; only entries that were verified in the log are told."""

    parts: MonitorParts
    lookup: Lookup
    telling: Telling
    follower: Follower

    def look(self) -> None:
        """Everything that is watched for. Raises OutputUnwritable."""
        if self.follower.state.note is None:
            return
        try:
            for (algorithm, digest), name in self.parts.rules.files.items():
                self._file(algorithm, digest, name)
            self._signers()
        except ServerError as error:
            day = f"{self.parts.clock.now():%Y-%m-%d}"
            self.telling.trouble("monitor.look-up", error, Severity.WARNING, day)

    def _file(self, algorithm: Algorithm, digest: bytes, name: str) -> None:
        key = f"{algorithm.value}:{digest.hex()}"
        start, size = self._next(key), self.follower.state.mark.size
        if start >= size:
            return
        found = [
            one for one in self.lookup.holding(algorithm, digest, start) if start <= one < size
        ]
        told = sorted(set(found))[:MOST_TOLD]
        for index in told:
            says = f"Entry {index} holds the fingerprint of {name}."
            self.telling.tell("monitor.watched-file", Severity.NOTICE, says, f"{key} {index}")
        self._went(key, told[-1] + 1 if len(told) == MOST_TOLD else size)

    def _signers(self) -> None:
        """Those who are watched for are not named to the server."""
        signers = self.parts.rules.signers
        starts = {f"signer:{one.hex()}": one for one in signers}
        size = self.follower.state.mark.size
        start = min(map(self._next, starts), default=size)
        while start < size:
            tags = self.lookup.signer_tags(start)[: size - start]
            if not tags:
                return
            for key, certificate in starts.items():
                self._tags(key, certificate, start, tags)
            start += len(tags)
            if len(tags) < MOST:
                return

    def _tags(self, key: str, certificate: bytes, start: int, tags: Sequence[bytes | None]) -> None:
        origin, first = self.follower.state.origin, self._next(key)
        for index, tag in enumerate(tags, start):
            if index >= first and tag is not None and tag == signer_tag(origin, index, certificate):
                name = self.parts.rules.signers[certificate]
                says = f"Entry {index} was signed with the X.509 certificate {name}."
                self.telling.tell("monitor.watched-signer", Severity.NOTICE, says, f"{key} {index}")
        self._went(key, max(first, start + len(tags)))

    def _next(self, key: str) -> int:
        return self.follower.state.watched.get(key, 0)

    def _went(self, key: str, index: int) -> None:
        state = self.follower.state
        self.follower.state = replace(state, watched={**state.watched, key: index})
        self.follower.keeper.save(self.follower.state)
