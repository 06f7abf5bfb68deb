"""What the server logs: one JSON object a line, on standard error."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

LOGGING: Mapping[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "evidence_ledger_server.log_lines.JsonLines"}},
    "handlers": {
        "out": {
            "class": "logging.StreamHandler",
            "formatter": "lines",
            "stream": "ext://sys.stderr",
        }
    },
    "loggers": {
        "evidence": {"handlers": ["out"], "level": "INFO"},
        "uvicorn": {"handlers": ["out"], "level": "INFO"},
        # It would name addresses and paths: who asked for which fingerprint.
        "uvicorn.access": {"handlers": [], "propagate": False},
    },
}


class JsonLines(logging.Formatter):
    """One JSON object a line. What is given as ``extra={"told": {…}}`` becomes its members."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "says": record.getMessage(),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


class AccessLines:
    """One line a request: the route, not the path; no address.

    Written without the ``logging`` machinery, which would cost more than the rest of the gate.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def served(
        self,
        moment: datetime,
        request_id: str,
        method: str,
        route: str,
        status: int,
        seconds: float,
    ) -> None:
        """Write the line. ``moment`` is UTC, when the answer had ended."""
        time = moment.isoformat(timespec="milliseconds")
        self._stream.write(
            f'{{"time": "{time}", "level": "info", "logger": "evidence.requests", '
            f'"says": "served", "request": "{request_id}", {_named(method, route)}, '
            f'"status": {status}, "ms": {seconds * 1000:.2f}}}\n'
        )


@lru_cache(maxsize=256)
def _named(method: str, route: str) -> str:
    return f'"method": {json.dumps(method)}, "route": {json.dumps(route)}'
