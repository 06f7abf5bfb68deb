"""What the operating system says about a file, in our words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evidence_ledger.errors import FileUnreadable, OutputExists, OutputUnwritable

_WHY = {
    errno.ENOENT: "there is no such file or folder",
    errno.EACCES: "you may not access it",
    errno.EPERM: "you may not access it",
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: "there is no space left on the disk",
    errno.EDQUOT: "your disk quota is used up",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of its path is not a folder",
    errno.ELOOP: "its links lead nowhere",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EIO: "the disk reports an error",
    errno.EBADF: "it is closed",
}


def why(error: OSError) -> str:
    """The reason in plain words."""
    return _WHY.get(error.errno or 0, (error.strerror or "unknown reason").lower())


def blocked(error: OSError) -> FileUnreadable | None:
    """What is told of a file that stood in the way where nobody expected it, such as a folder that
    may not be looked into. None for what is no such thing.
    """
    if error.filename is None or error.errno not in _WHY:
        return None
    return FileUnreadable(f"This can't be used: {why(error)}.", where=os.fsdecode(error.filename))


@contextmanager
def input_errors(path: Path) -> Iterator[None]:
    """Turns the operating system's errors while reading ``path`` into FileUnreadable."""
    try:
        yield
    except OSError as error:
        raise FileUnreadable(
            f"{path.name} can't be read: {why(error)}.", where=str(path)
        ) from error


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turns the operating system's errors while writing ``path`` into OutputUnwritable, or into
    OutputExists where it must not be there and is."""
    try:
        yield
    except FileExistsError as error:
        raise OutputExists(f"{path.name} is there already.", where=str(path)) from error
    except OSError as error:
        raise OutputUnwritable(
            f"{path.name} can't be written: {why(error)}.", where=str(path)
        ) from error
