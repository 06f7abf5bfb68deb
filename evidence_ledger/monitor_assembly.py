"""A monitor joined from its parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.ledger_client import SECONDS, LedgerClient
from evidence_ledger.adapters.log_source import DirectorySource, HttpSource
from evidence_ledger.adapters.monitor.alert_file import AlertFile
from evidence_ledger.adapters.monitor.asking import HttpWitnessView, ServerLookup
from evidence_ledger.adapters.monitor.folder import MonitorFolder
from evidence_ledger.adapters.monitor.read_ahead import ReadAhead
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.monitor.monitor import Followed, Monitor
from evidence_ledger.monitor.rules import MonitorParts, Rules
from evidence_ledger.monitor_ports import Lookup
from evidence_ledger.ports import Clock


@dataclass(frozen=True, slots=True)
class OpenMonitor:
    """A monitor and its alerts."""

    monitor: Monitor
    alerts: AlertFile


@contextmanager
def opened_monitor(
    state: Path, addresses: Sequence[str], rules: Rules, clock: Clock | None = None
) -> Iterator[OpenMonitor]:
    """A monitor of ledgers at these addresses (or folders), its state in a folder of its own.

    Raises MonitorBusy, OutputUnwritable, FileUnreadable, FormatError, LogUnreachable for an address
    that is none.
    """
    folder = MonitorFolder(state)
    with ExitStack() as stack:
        stack.enter_context(folder.used())
        alerts = AlertFile(folder.alerts, folder.told)
        views = {one.name: one.url for one in rules.witnesses if one.url}
        witnesses = [HttpWitnessView(name, url) for name, url in views.items()]
        parts = MonitorParts(clock or SystemClock(), folder.evidence, rules, witnesses)
        each = list(dict.fromkeys(addresses))
        followed = [
            Followed(one, _source(one, stack), folder.state(one), draft, _lookup(one, rules, stack))
            for one, draft in zip(each, folder.drafts(each, alerts), strict=True)
        ]
        monitor = Monitor(parts, followed)
        stack.callback(monitor.close)
        yield OpenMonitor(monitor, alerts)


def _is_url(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _source(address: str, stack: ExitStack) -> TileSource:
    if not _is_url(address):
        return DirectorySource(Path(address))
    return stack.enter_context(ReadAhead(stack.enter_context(HttpSource(address))))


def _lookup(address: str, rules: Rules, stack: ExitStack) -> Lookup | None:
    if not _is_url(address) or not (rules.files or rules.signers or rules.signatures):
        return None
    return ServerLookup(stack.enter_context(LedgerClient(address, SECONDS)))
