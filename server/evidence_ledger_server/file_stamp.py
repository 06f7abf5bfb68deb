"""Whether a file is the one that was read: by its place on the disk, its size and its time."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class FileStamp(NamedTuple):
    """Two that are equal are of the same file, unchanged. ``number`` is the disk's, ``time`` in
    nanoseconds; all 0 where there is no file."""

    number: int = 0
    size: int = 0
    time: int = 0

    @classmethod
    def of(cls, path: Path) -> FileStamp:
        """That of a file. Never raises."""
        try:
            found = path.stat()
        except OSError:
            return cls()
        return cls(found.st_ino, found.st_size, found.st_mtime_ns)
