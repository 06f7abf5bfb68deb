"""A program that is run for each alert: the alert's JSON on its standard input, no shell."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Mapping

from evidence_ledger.errors import UsageError

SECONDS = 60.0


class AlertCommand:
    """Raises UsageError for what is no command line."""

    def __init__(self, line: str) -> None:
        try:
            self._words = shlex.split(line)
        except ValueError as error:
            raise UsageError("The alert command has a quote that is not closed.") from error
        if not self._words:
            raise UsageError("The alert command is empty.")

    def run(self, alert: Mapping[str, object]) -> bool:
        """Whether it took the alert: it ended within a minute, with exit code 0."""
        data = json.dumps(alert).encode() + b"\n"
        try:
            done = subprocess.run(
                self._words, input=data, stdout=subprocess.DEVNULL, timeout=SECONDS, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0
