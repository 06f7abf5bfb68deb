"""Alerts told to whoever runs a monitor, and to a program of theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from evidence_ledger.adapters.monitor.command import AlertCommand
from evidence_ledger_cli.output import show, tell
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.adapters.monitor.alert_file import AlertFile


class AlertTeller:
    """Tells each alert once; where the program fails, that alert waits for the next look.

    Raises UsageError for a command line that is none.
    """

    def __init__(
        self, alerts: AlertFile, command: str | None, *, json: bool, silent: bool = False
    ) -> None:
        self._alerts = alerts
        self._command = AlertCommand(command) if command is not None else None
        self._json = json
        self._silent = silent
        self._shown = 0

    def tell_all(self) -> None:
        """All that has not been told. Raises OutputUnwritable, FileUnreadable."""
        for alert, place in self._alerts.untold():
            if place > self._shown and not self._silent:
                show(json.dumps(alert) if self._json else _line(alert))
            self._shown = max(self._shown, place)
            if self._command is not None and not self._command.run(alert):
                tell("The alert command failed; the alert is handed to it again at the next look.")
                return
            self._alerts.was_told(place)


def _line(alert: Mapping[str, object]) -> str:
    severity = str(alert["severity"]).upper()
    evidence = f" Evidence: {alert['evidence']}" if "evidence" in alert else ""
    told = f"{alert['time']} {severity} {alert['code']} {alert['ledger']} {alert['says']}{evidence}"
    return safe_line(told)
