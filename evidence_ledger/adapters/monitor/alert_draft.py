"""Alerts of one ledger while it is looked at; they go into the file of all alerts afterwards.

So that ledgers that are followed at the same time are told of in one order. An alert is on the disk
before the ledger's state moves. Killed before the draft is emptied, the next start goes on with it;
the ids say what is in the other file already.
"""

from __future__ import annotations

import os
from pathlib import Path

from evidence_ledger.adapters.durable_file import sync_folder
from evidence_ledger.adapters.file_errors import input_errors, output_errors
from evidence_ledger.adapters.monitor.alert_file import AlertFile, appended, parsed, repaired
from evidence_ledger.core.alert import Alert


class AlertDraft:
    """See monitor_ports.AlertBook. Raises FormatError for a line that is no alert."""

    def __init__(self, path: Path, book: AlertFile) -> None:
        self._path, self._book = path, book
        with output_errors(path):
            is_new = not path.exists()
            repaired(path)
            if is_new:
                sync_folder(path.parent)
        self._ids = {parsed(line, path)[1] for line in self._lines()}

    def add(self, alert: Alert) -> bool:
        """See the port."""
        if alert.id in self._ids or self._book.knows(alert.id):
            return False
        appended(self._path, [alert])
        self._ids.add(alert.id)
        return True

    def settle(self) -> None:
        """See the port."""
        if not self._ids:
            return
        self._book.take(self._lines())
        with output_errors(self._path):
            os.truncate(self._path, 0)
        self._ids.clear()

    def _lines(self) -> list[bytes]:
        with input_errors(self._path):
            return self._path.read_bytes().splitlines(keepends=True)
