"""What a witness signed last, outside its database: a file for each log with two places.

The places are written in turn, each with a number and a SHA-256, so that a write that is cut off
leaves the older one whole, and a write costs one synced overwrite of a file that does not grow:

    evidence-witness-memory 7 412 5d2c…
    (that many bytes)

The number of the write, the length and the SHA-256 of ``number ‖ newline ‖ bytes``.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from evidence_ledger.adapters.durable_file import replace, write_new
from evidence_ledger.core.cosigned import Remembered
from evidence_ledger.errors import FormatError, OutputUnwritable, WitnessCorrupt, WitnessUnavailable

PLACE_SIZE = 1 << 17
"""Bytes from one place to the other; a request, and so a checkpoint, has half as many at most."""

_HEAD = re.compile(rb"evidence-witness-memory ([0-9]{1,18}) ([0-9]{1,6}) ([0-9a-f]{64})\n")
_LARGEST_HEAD = 128


class _Record(NamedTuple):
    number: int
    data: bytes


class SlotMemory:
    """See witness_ports.WitnessMemory. Whoever writes must hold the database's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, origin: str) -> Remembered | None:
        """See the port."""
        path = self._path(origin)
        newest = self._newest(path)
        if newest is None:
            return None
        try:
            return Remembered.parse(newest.data)
        except FormatError as error:
            raise _damaged(path) from error

    def remember(self, origin: str, newest: Remembered) -> None:
        """See the port."""
        path = self._path(origin)
        held = self._newest(path)
        if held is None:
            self._make(path, _first(newest))
            return
        number = held.number + 1
        with _file_errors(path):
            _overwrite(path, _encoded(_Record(number, newest.encode())), _offset(number))

    def start_over(self, origin: str, newest: Remembered) -> None:
        """See the port."""
        path = self._path(origin)
        try:
            replace(path, _first(newest), mode=0o600)
        except OutputUnwritable as error:
            raise _unavailable(path) from error

    def _path(self, origin: str) -> Path:
        return self._folder / sha256(origin.encode()).hexdigest()

    def _newest(self, path: Path) -> _Record | None:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable(path) from error
        try:
            with _file_errors(path):
                found = [_read(handle, offset) for offset in (0, PLACE_SIZE)]
        finally:
            os.close(handle)
        whole = [one for one in found if one is not None]
        if not whole:
            raise _damaged(path)
        return max(whole)

    def _make(self, path: Path, data: bytes) -> None:
        # The first one is written beside and then named, so that a file always has a whole place.
        try:
            write_new(path, data, mode=0o600)
        except OutputUnwritable as error:
            raise _unavailable(path) from error


def _first(newest: Remembered) -> bytes:
    return _encoded(_Record(0, newest.encode()))


def _offset(number: int) -> int:
    return PLACE_SIZE * (number % 2)


def _digest(record: _Record) -> str:
    return sha256(b"%d\n" % record.number + record.data).hexdigest()


def _encoded(record: _Record) -> bytes:
    number, data = record
    return f"evidence-witness-memory {number} {len(data)} {_digest(record)}\n".encode() + data


def _read(handle: int, offset: int) -> _Record | None:
    start = os.pread(handle, _LARGEST_HEAD, offset)
    head = _HEAD.match(start)
    if head is None or int(head[2]) > PLACE_SIZE - _LARGEST_HEAD:
        return None
    found = _Record(int(head[1]), os.pread(handle, int(head[2]), offset + head.end()))
    return found if _digest(found).encode() == head[3] else None


def _overwrite(path: Path, data: bytes, offset: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        if os.pwrite(handle, data, offset) != len(data):
            raise OSError(errno.ENOSPC, "written in part")
        os.fdatasync(handle)
    finally:
        os.close(handle)


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unavailable(path) from error


def _unavailable(path: Path) -> WitnessUnavailable:
    return WitnessUnavailable("The witness's memory can't be read or written.", where=str(path))


def _damaged(path: Path) -> WitnessCorrupt:
    return WitnessCorrupt(
        "The witness's memory of what it signed last is damaged.",
        where=str(path),
        hint="Never delete it: it guards against two histories. See: evidence witness status",
    )
