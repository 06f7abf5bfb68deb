"""Alerts on disk: noted before anybody is told, and told until that worked.

A line is an alert; ``told`` holds the number of bytes up to which they have been told. Killed in
between, the next start tells the rest, at worst one alert a second time, with the same id.
"""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from evidence_ledger.adapters.durable_file import replace
from evidence_ledger.adapters.file_errors import input_errors, output_errors
from evidence_ledger.core.alert import Alert
from evidence_ledger.errors import FormatError

MOST_IDS = 10_000
"""Ids that are remembered: a trouble that lasts is told once."""

_TAIL = 8 << 20


class AlertFile:
    """All alerts. One process at a time, and one thread; only ``knows`` may be asked by others.

    Raises FileUnreadable, OutputUnwritable, FormatError for a line that is no alert.
    """

    def __init__(self, path: Path, told: Path) -> None:
        self._path = path
        self._told = told
        self._ids: OrderedDict[str, None] = OrderedDict()
        with output_errors(path):
            self._end = repaired(path)
        with input_errors(path):
            for line in _last_lines(path, self._end):
                self._remember(parsed(line, path)[1])

    def knows(self, alert_id: str) -> bool:
        """Whether an alert of this id is among the last ones."""
        return alert_id in self._ids

    def add(self, alert: Alert) -> bool:
        """Note an alert, durable on return; False where its id is known. Raises
        OutputUnwritable.
        """
        if alert.id in self._ids:
            return False
        self._end += appended(self._path, [alert])
        self._remember(alert.id)
        return True

    def take(self, lines: Sequence[bytes]) -> None:
        """Note the alerts in these lines that are not known, durable on return. Raises
        OutputUnwritable.
        """
        found = [(parsed(line, self._path)[1], line) for line in lines]
        new = {alert_id: line for alert_id, line in found if not self.knows(alert_id)}
        self._end += appended(self._path, new.values())
        for alert_id in new:
            self._remember(alert_id)

    def untold(self) -> Iterator[tuple[dict[str, object], int]]:
        """Alerts that have not been told, each with what ``was_told`` takes. Raises
        FileUnreadable, FormatError.
        """
        with input_errors(self._path), self._path.open("rb") as file:
            place = file.seek(self._start())
            for line in file:
                place += len(line)
                yield parsed(line, self._path)[0], place

    def was_told(self, place: int) -> None:
        """All alerts up to here have been told. Raises OutputUnwritable."""
        replace(self._told, b"%d\n" % place, mode=0o600)

    def _start(self) -> int:
        """Where to go on; at the start, if the place noted is none at which a line begins."""
        try:
            place = int(self._told.read_bytes())
        except (FileNotFoundError, ValueError):
            return 0
        if not 0 < place <= self._end:
            return 0
        with self._path.open("rb") as file:
            file.seek(place - 1)
            return place if file.read(1) == b"\n" else 0

    def _remember(self, alert_id: str) -> None:
        self._ids[alert_id] = None
        if len(self._ids) > MOST_IDS:
            self._ids.popitem(last=False)


def appended(path: Path, alerts: Iterable[Alert | bytes]) -> int:
    """Write alerts, or their lines, behind what is there, durable on return; so many bytes.

    Raises OutputUnwritable.
    """
    data = b"".join(one if isinstance(one, bytes) else _line(one) for one in alerts)
    if data:
        with output_errors(path), path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    return len(data)


def _line(alert: Alert) -> bytes:
    return json.dumps(alert.to_json()).encode() + b"\n"


def parsed(line: bytes, path: Path) -> tuple[dict[str, object], str]:
    """An alert's members, and its id. Raises FormatError."""
    try:
        members = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        members = None
    alert_id = members.get("id") if isinstance(members, dict) else None
    if not isinstance(alert_id, str):
        raise FormatError(
            "monitor-alerts.malformed",
            "The monitor's file of alerts is damaged: a line in it is no alert.",
            where=str(path),
            hint="Put the file aside: what still holds is then found, and told, again.",
        )
    return members, alert_id


def repaired(path: Path) -> int:
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


def _last_lines(path: Path, end: int) -> Iterator[bytes]:
    start = max(0, end - _TAIL)
    with path.open("rb") as file:
        file.seek(start)
        if start:
            file.readline()
        yield from file
