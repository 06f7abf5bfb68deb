"""Files that depositors chose to upload: kept beside the ledger, by entry and SHA-256.

By entry too: whoever knows a file's digest can deposit that, and must not get another's file by it.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from evidence_ledger.adapters.durable_file import sync_folder
from evidence_ledger_server.problem import Problem, too_large


class KeptFiles:
    """A folder of files: ``INDEX/SHA256``. Each is whole and durable, or not there."""

    def __init__(self, folder: Path, largest: int) -> None:
        self._folder = folder
        self._largest = largest

    def find(self, index: int, digest: bytes) -> Path | None:
        """Where the file of this entry with this SHA-256 is."""
        path = self._place(index, digest)
        return path if path.is_file() else None

    async def keep(self, index: int, digest: bytes, parts: AsyncIterator[bytes]) -> int:
        """Keep what comes if its SHA-256 is this; its size. Raises Problem (413, 422, 507)."""
        place = self._place(index, digest)
        with _errors():
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=place.parent, prefix=".part-")
            draft = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    size = await self._receive(file, digest, parts)
                    await asyncio.to_thread(_settle, file, draft, place)
            finally:
                draft.unlink(missing_ok=True)
        return size

    def remove(self, index: int) -> None:
        """Delete all files of an entry."""
        shutil.rmtree(self._folder / str(index), ignore_errors=True)

    async def _receive(self, file: BinaryIO, digest: bytes, parts: AsyncIterator[bytes]) -> int:
        size, seen = 0, hashlib.sha256()
        async for part in parts:
            size += len(part)
            if size > self._largest:
                raise too_large(self._largest)
            seen.update(part)
            file.write(part)
        if seen.digest() != digest:
            raise Problem(422, "file.altered", "These bytes are not the file that was deposited.")
        return size

    def _place(self, index: int, digest: bytes) -> Path:
        return self._folder / str(index) / digest.hex()


def _settle(file: BinaryIO, draft: Path, place: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    draft.rename(place)
    sync_folder(place.parent)


@contextmanager
def _errors() -> Iterator[None]:
    """No space is told as such. Raises Problem (507)."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Problem(507, "files.full", "There is no space for this file.", retry=60) from error
