"""The signatures under entries, where that is asked for: the certificate of each new one."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Final

from evidence_ledger.core.alert import Severity
from evidence_ledger.core.held import Held
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.errors import FormatError, Refused, ServerError
from evidence_ledger.monitor.following import Follower
from evidence_ledger.monitor.gossip import Gossip
from evidence_ledger.monitor.rules import MonitorParts
from evidence_ledger.monitor.telling import Telling
from evidence_ledger.monitor_ports import Lookup

KEY: Final = "signatures"
MOST: Final = 10_000
"""Certificates in one look; the next look goes on."""


@dataclass(slots=True)
class Signatures:
    """Fetches the certificate without claims of each verified entry, and checks it.

    One that the server calls erased is passed over, which is told: the log then proves which
    signature it was, and nothing of whom.
    """

    parts: MonitorParts
    lookup: Lookup
    telling: Telling
    follower: Follower
    gossip: Gossip

    def look(self) -> None:
        """All that is new, up to a limit. Raises OutputUnwritable."""
        state = self.follower.state
        start = state.watched.get(KEY, 0)
        stop = min(state.mark.size, start + MOST)
        index, erased = start, list[int]()
        try:
            while index < stop:
                data = self.lookup.certificate(index)
                if data is None:
                    erased.append(index)
                else:
                    self._check(index, data)
                index += 1
        except ServerError as error:
            day = f"{self.parts.clock.now():%Y-%m-%d}"
            self.telling.trouble("monitor.look-up", error, Severity.WARNING, day)
        if erased:
            self._tell_erased(erased)
        if index > start:
            self.follower.state = replace(state, watched={**state.watched, KEY: index})
            self.follower.keeper.save(self.follower.state)

    def _check(self, index: int, data: bytes) -> None:
        now = self.parts.clock.now()
        report = verify_certificate(io.BytesIO(data), (), self.parts.rules.policy, now)
        if report.verdict is Verdict.FAILED or report.facts.get("index") != index:
            self._tell(index, report)
            return
        try:
            held = Held.of_certificate(io.BytesIO(data))
        except (FormatError, Refused):
            return
        self.gossip.compare(held, f"the certificate of entry {index}")

    def _tell_erased(self, erased: list[int]) -> None:
        first, count = erased[0], len(erased)
        which = f"entry {first} was erased; its signature was"
        if count > 1:
            which = f"{count:,} entries were erased, the first is {first}; their signatures were"
        says = f"The ledger says that {which} not checked."
        self.telling.tell("monitor.erased", Severity.NOTICE, says, f"{first}")

    def _tell(self, index: int, report: Report) -> None:
        failed = [one for one in report.steps if one.verdict is Verdict.FAILED]
        why = f"{failed[0].says} [{failed[0].reason}]" if failed else "It is of another entry."
        says = f"The certificate that is served for entry {index} does not stand: {why}"
        self.telling.tell("monitor.certificate", Severity.ALARM, says, f"{index}")
