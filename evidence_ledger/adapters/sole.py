"""A file that one process of this machine at a time may hold."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evidence_ledger.adapters.file_errors import output_errors


@contextmanager
def sole_holder(lock: Path) -> Iterator[bool]:
    """Whether no other process of this machine holds the file now. Raises OutputUnwritable."""
    with output_errors(lock):
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)
