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
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
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
_SIDE_BY_SIDE = 4

_Mark = tuple[int, int, int]
"""A file's inode, time of change in nanoseconds, and size."""


class SlotMemory:
    """See witness_ports.WitnessMemory. Whoever writes must hold the database's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(_SIDE_BY_SIDE, "memory")
        self._seen: dict[str, tuple[_Mark, Remembered]] = {}

    def recall(self, origin: str, *, again: bool = False) -> Remembered | None:
        """See the port. A file that looks untouched is not read again, unless it is asked for."""
        path = self._path(origin)
        with _file_errors(path):
            mark = _mark(path)
            if mark is None:
                return None
            seen = self._seen.get(origin)
            if again or seen is None or seen[0] != mark:
                seen = mark, _newest(path)
                self._seen[origin] = seen
            return seen[1]

    @contextmanager
    def remembering(self, newest: Mapping[str, Remembered]) -> Iterator[None]:
        """See the port. Files are synced side by side: a disk does several in the time of one."""
        items = list(newest.items())
        parts = [items[start::_SIDE_BY_SIDE] for start in range(min(len(items), _SIDE_BY_SIDE))]
        begun = [self._threads.submit(self._write_all, part) for part in parts]
        try:
            yield
        finally:
            # All of them, also where one failed: nobody may write once the turn is over.
            wait(begun)
        for one in begun:
            one.result()

    def start_over(self, origin: str, newest: Remembered) -> None:
        """See the port."""
        path = self._path(origin)
        self._seen.pop(origin, None)
        try:
            replace(path, _encoded(newest), mode=0o600)
        except OutputUnwritable as error:
            raise _unavailable(path) from error

    def _write_all(self, items: Sequence[tuple[str, Remembered]]) -> None:
        for origin, newest in items:
            self._write(origin, newest)

    def _write(self, origin: str, newest: Remembered) -> None:
        path = self._path(origin)
        self._seen.pop(origin, None)
        if newest.number:
            with _file_errors(path):
                mark = _overwrite(path, _encoded(newest), PLACE_SIZE * (newest.number % 2))
            self._seen[origin] = mark, newest
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


def _overwrite(path: Path, data: bytes, offset: int) -> _Mark:
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        if os.pwrite(handle, data, offset) != len(data):
            raise OSError(errno.ENOSPC, "written in part")
        os.fdatasync(handle)
        return _mark_of(os.fstat(handle))
    finally:
        os.close(handle)


def _mark(path: Path) -> _Mark | None:
    try:
        return _mark_of(path.stat())
    except FileNotFoundError:
        return None


def _mark_of(found: os.stat_result) -> _Mark:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _newest(path: Path) -> Remembered:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = [_read(handle, offset) for offset in (0, PLACE_SIZE)]
    finally:
        os.close(handle)
    whole = [one for one in found if one is not None]
    if not whole:
        raise _damaged(path)
    return max(whole, key=attrgetter("number"))


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
