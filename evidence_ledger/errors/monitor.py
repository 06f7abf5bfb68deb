"""What can be wrong with a monitor that is run here."""

from __future__ import annotations

from evidence_ledger.errors.base import OperationalError


class MonitorError(OperationalError):
    """A monitor could not do its work."""

    code = "monitor"
    exit_code = 120


class MonitorBusy(MonitorError):
    """Another monitor uses the same folder."""

    code = "monitor.busy"
    exit_code = 121
    default_hint = "Stop the other one, or name another folder with --state."
