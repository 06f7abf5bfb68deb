"""The signer's memory of the last checkpoint that it signed: one small file, beside no database.

The file holds the note as it was signed, after one line with its SHA-256 in hex.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evidence_ledger.errors import (
    HeadMoved,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerReadOnly,
)

LARGEST = 1024 * 1024
_DIGEST_LINE = 65


class FileMemory:
    """See ports.CheckpointMemory. Any number of processes may share the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self) -> bytes | None:
        """The note last remembered, or None before the first. Raises LedgerCorrupt."""
        try:
            with self._path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failure(error, self._path) from error
        return _note(data, self._path)

    def remember(self, before: bytes | None, note: bytes) -> None:
        """Replace ``before`` by ``note``, durable on return.

        Raises HeadMoved where the memory no longer holds ``before``, LedgerFull and
        LedgerReadOnly where it can't be written, LedgerError for a note that is too large.
        """
        if len(note) + _DIGEST_LINE > LARGEST:
            raise LedgerError("The checkpoint is too large to be remembered.")
        try:
            with self._locked():
                if self.recall() != before:
                    raise HeadMoved("Another program signed a checkpoint first.")
                self._replace(hashlib.sha256(note).hexdigest().encode() + b"\n" + note)
        except OSError as error:
            raise _failure(error, self._path) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # A file of its own: a lock on the memory would be lost when that is renamed over.
        lock = self._path.with_name(self._path.name + ".lock")
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _replace(self, data: bytes) -> None:
        fresh = self._path.with_name(self._path.name + ".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        _sync_folder(self._path.parent)


def _note(data: bytes, path: Path) -> bytes:
    line, note = data[:_DIGEST_LINE], data[_DIGEST_LINE:]
    if len(data) > LARGEST or line != hashlib.sha256(note).hexdigest().encode() + b"\n":
        raise LedgerCorrupt(
            "The signer's memory of its last checkpoint is damaged.",
            where=str(path),
            hint="Restore it from a backup; never delete it: it guards against two histories.",
        )
    return note


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failure(error: OSError, path: Path) -> LedgerError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return LedgerFull("There is no space left for the signer's memory.", where=str(path))
    return LedgerReadOnly(
        "The signer's memory of its last checkpoint can't be used.", where=str(path)
    )
