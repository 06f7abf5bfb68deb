"""A second process that hashes. Nobody has to wait for it: where it fails, the asker hashes."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from evidence_ledger.adapters.files import one_pass
from evidence_ledger.adapters.files.one_pass import Row
from evidence_ledger.adapters.files.walk import FoundFile
from evidence_ledger.core.digest import DIGEST_SIZE, Algorithm

_QUEUED = 2


class Batch:
    """Some files in a row, and their rows once they are hashed."""

    __slots__ = ("files", "refused", "rows")

    def __init__(self, files: Sequence[FoundFile]) -> None:
        self.files = files
        self.rows: Sequence[Row] | None = None
        self.refused = False


class Helper:
    """The process, with at most two batches in hand, done in the order they were given.

    A batch that it could not do comes back ``refused``.
    """

    def __init__(self, algorithms: Sequence[Algorithm]) -> None:
        self._row = one_pass.row_format([DIGEST_SIZE[name] for name in algorithms])
        self._given: deque[Batch] = deque()
        self._process = _start(algorithms)

    def wants_more(self) -> bool:
        """Whether another batch can be given."""
        return self._process is not None and len(self._given) < _QUEUED

    def give(self, batch: Batch) -> None:
        """Hand over a batch of absolute or relative paths. Never blocks for long."""
        self._given.append(batch)
        try:
            one_pass.send(_pipe(self._process, 0), b"\0".join([file.path for file in batch.files]))
        except OSError:
            self.close()

    def take(self, *, wait: bool) -> Batch | None:
        """Fill in the oldest batch. None where it is not done and ``wait`` is not set."""
        if self._process is None or not self._given:
            return None
        answers = _pipe(self._process, 1)
        if not wait and not select.select([answers], [], [], 0)[0]:
            return None
        batch = self._given[0]
        message = one_pass.receive(answers)
        if message is None:
            self.close()
        else:
            self._fill(self._given.popleft(), message)
        return batch

    def close(self) -> None:
        """End the process, whatever it is doing, and give back what it had in hand."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
        while self._given:
            self._given.popleft().refused = True

    def _fill(self, batch: Batch, message: bytes) -> None:
        if len(message) == len(batch.files) * self._row.size:
            batch.rows = list(self._row.iter_unpack(message))
        else:
            batch.refused = True


def _start(algorithms: Sequence[Algorithm]) -> subprocess.Popen[bytes] | None:
    program = Path(one_pass.__file__)
    if os.name != "posix" or not sys.executable or not program.is_file():
        return None
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", program, *algorithms],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # nothing may hide in a buffer from select
            process_group=0,  # Ctrl-C is for the asker, who ends this process itself
        )
    except OSError:
        return None


def _pipe(process: subprocess.Popen[bytes] | None, number: int) -> BinaryIO:
    stream = None if process is None else (process.stdin, process.stdout)[number]
    if stream is None:
        raise BrokenPipeError
    return stream  # type: ignore[return-value]  # IO[bytes] of a Popen is a BinaryIO
