"""How often an authority may be asked: one small file an authority, which all processes share.

The file holds the moment from which the next request may be sent. It is a courtesy to the
authority and no record: what is damaged or absurd in it is overwritten.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from evidence_ledger.adapters.file_errors import output_errors
from evidence_ledger.ports import Clock

LONGEST: Final = timedelta(hours=1)
"""A moment further ahead than this was written by a clock that was wrong."""

_SIZE: Final = 64


class Pace:
    """The turns of one authority, known by its address, in ``folder``."""

    def __init__(self, folder: Path, url: str, interval: timedelta, clock: Clock) -> None:
        self._path = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.next"
        self._interval = interval
        self._clock = clock

    def take(self, most: timedelta) -> timedelta | None:
        """Take the next turn: how long to wait for it. None, and no turn, beyond ``most``.

        Raises OutputUnwritable.
        """
        if not self._interval:
            return timedelta(0)
        with output_errors(self._path), self._locked() as handle:
            now = self._clock.now()
            turn = max(now, _moment(os.pread(handle, _SIZE, 0), now))
            if turn - now > most:
                return None
            text = (turn + self._interval).isoformat().encode()
            os.pwrite(handle, text.ljust(_SIZE), 0)
            return turn - now

    @contextmanager
    def _locked(self) -> Iterator[int]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)


def _moment(data: bytes, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(data.decode("ascii").strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        return now
    return moment if moment - now <= LONGEST else now
