"""What a witness signed last, outside its database: a file for each log with two places.

The places are written in turn, each record after its length and SHA-256, so that a write that is
cut off leaves the older one whole, and a write costs one synced overwrite of a file that does not
grow:

    evidence-witness 412 5d2c…
    (that many bytes)
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from operator import attrgetter
from pathlib import Path

from evidence_ledger.adapters.durable_file import replace, write_new
from evidence_ledger.core.cosigned import Remembered
from evidence_ledger.errors import (
    FormatError,
    OutputExists,
    OutputUnwritable,
    WitnessCorrupt,
    WitnessUnavailable,
)

PLACE_SIZE = 1 << 17
"""Bytes from one place to the other; a request, and so a checkpoint, has half as many at most."""

_HEAD = re.compile(rb"evidence-witness ([1-9][0-9]{0,5}) ([0-9a-f]{64})\n")
_LARGEST_HEAD = 128
_SIDE_BY_SIDE = 8


class SlotMemory:
    """See witness_ports.WitnessMemory. Whoever writes must hold the database's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(_SIDE_BY_SIDE, "memory")

    def recall(self, origin: str) -> Remembered | None:
        """See the port."""
        path = self._path(origin)
        with _file_errors(path):
            try:
                handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            try:
                found = [_read(handle, offset) for offset in (0, PLACE_SIZE)]
            finally:
                os.close(handle)
        whole = [one for one in found if one is not None]
        if not whole:
            raise _damaged(path)
        return max(whole, key=attrgetter("number"))

    def remember(self, newest: Mapping[str, Remembered]) -> None:
        """See the port."""
        if len(newest) == 1:
            for origin, one in newest.items():
                self._write(origin, one)
            return
        # Side by side: a disk syncs several files in the time of one.
        for done in [self._threads.submit(self._write, *one) for one in newest.items()]:
            done.result()

    def start_over(self, origin: str, newest: Remembered) -> None:
        """See the port."""
        path = self._path(origin)
        try:
            replace(path, _encoded(newest), mode=0o600)
        except OutputUnwritable as error:
            raise _unavailable(path) from error

    def _write(self, origin: str, newest: Remembered) -> None:
        path = self._path(origin)
        if newest.number:
            with _file_errors(path):
                _overwrite(path, _encoded(newest), PLACE_SIZE * (newest.number % 2))
            return
        # The first one is written beside and then named, so that a file always has a whole place.
        try:
            write_new(path, _encoded(newest), mode=0o600)
        except (OutputUnwritable, OutputExists) as error:
            raise _unavailable(path) from error

    def _path(self, origin: str) -> Path:
        return self._folder / sha256(origin.encode()).hexdigest()


def _encoded(newest: Remembered) -> bytes:
    data = newest.encode()
    return f"evidence-witness {len(data)} {sha256(data).hexdigest()}\n".encode() + data


def _read(handle: int, offset: int) -> Remembered | None:
    """The record in one place, or None where it is not whole."""
    head = _HEAD.match(os.pread(handle, _LARGEST_HEAD, offset))
    if head is None or int(head[1]) > PLACE_SIZE - _LARGEST_HEAD:
        return None
    data = os.pread(handle, int(head[1]), offset + head.end())
    if sha256(data).hexdigest().encode() != head[2]:
        return None
    try:
        return Remembered.parse(data)
    except FormatError:
        return None


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
