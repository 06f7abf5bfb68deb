"""Alerts on disk: noted before anybody is told, and told until that worked.

A line is an alert; ``told`` holds the number of bytes up to which they have been told. Killed in
between, the next start tells the rest, at worst one alert a second time, with the same id.
"""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from evidence_ledger.adapters.durable_file import replace
from evidence_ledger.adapters.file_errors import input_errors, output_errors
from evidence_ledger.core.alert import Alert

MOST_IDS = 10_000
"""Ids that are remembered: a trouble that lasts is told once."""

_TAIL = 8 << 20


class AlertFile:
    """See monitor_ports.AlertBook. One process at a time."""

    def __init__(self, path: Path, told: Path) -> None:
        self._path = path
        self._told = told
        self._ids: OrderedDict[str, None] = OrderedDict()
        with output_errors(path):
            self._end = _repaired(path)
        with input_errors(path):
            for line in _last_lines(path, self._end):
                self._remember(str(json.loads(line)["id"]))

    def add(self, alert: Alert) -> bool:
        """See the port."""
        if alert.id in self._ids:
            return False
        line = json.dumps(alert.to_json()).encode() + b"\n"
        with output_errors(self._path), self._path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._end += len(line)
        self._remember(alert.id)
        return True

    def untold(self) -> Iterator[tuple[dict[str, object], int]]:
        """Alerts that have not been told, each with what ``was_told`` takes. Raises
        FileUnreadable.
        """
        with input_errors(self._path), self._path.open("rb") as file:
            place = _line_start(file, self._start())
            for line in file:
                place += len(line)
                yield json.loads(line), place

    def was_told(self, place: int) -> None:
        """All alerts up to here have been told. Raises OutputUnwritable."""
        replace(self._told, b"%d\n" % place, mode=0o600)

    def _start(self) -> int:
        try:
            told = int(self._told.read_bytes())
        except (FileNotFoundError, ValueError):
            return 0
        # More was told than is there: the file was put aside, and this is a new one.
        return told if 0 <= told <= self._path.stat().st_size else 0

    def _remember(self, alert_id: str) -> None:
        self._ids[alert_id] = None
        if len(self._ids) > MOST_IDS:
            self._ids.popitem(last=False)


def _repaired(path: Path) -> int:
    """The length of the file once a line that was cut off is gone; whoever lost it finds it
    again."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - _TAIL)
        file.seek(start)
        tail = file.read()
        end = start + tail.rfind(b"\n") + 1
        if end != size:
            file.truncate(end)
            os.fsync(file.fileno())
        return end


def _line_start(file: BinaryIO, place: int) -> int:
    """Where the next line starts: a place within one is of a file that was here before."""
    if not place:
        return file.seek(0)
    file.seek(place - 1)
    file.readline()
    return file.tell()


def _last_lines(path: Path, end: int) -> Iterator[bytes]:
    start = max(0, end - _TAIL)
    with path.open("rb") as file:
        file.seek(start)
        if start:
            file.readline()
        yield from file
