"""Files given to a command: opened to be checked, or small and read whole."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.errors import FormatError, NotARegularFile


def open_regular(path: Path) -> BinaryIO:
    """A regular file, opened for reading; a pipe, over which one could wait forever, is not.

    Raises FileUnreadable, NotARegularFile.
    """
    with input_errors(path):
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise _not_regular(path)
        file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise _not_regular(path)
    return file


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _not_regular(path: Path) -> NotARegularFile:
    return NotARegularFile(
        "This is not a regular file.", where=str(path), hint="Save it as a file, and name that."
    )


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Says in which file what is malformed stands. Raises FormatError."""
    try:
        yield
    except FormatError as error:
        place = f"{path}: {error.where}" if error.where else str(path)
        raise FormatError(error.reason, error.message, where=place, hint=error.hint) from error


def read_whole(path: Path, limit: int) -> bytes:
    """The bytes of a file of at most ``limit`` bytes. Raises FileUnreadable, FormatError."""
    with input_errors(path), path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise FormatError(
            "input.too-large", f"This file has more than {limit:,} bytes.", where=str(path)
        )
    return data


def read_capped(path: Path, limit: int) -> bytes:
    """The first ``limit`` + 1 bytes of a file that is checked: what is longer, its parser refuses,
    so that being too long is a verdict. Raises FileUnreadable.
    """
    with input_errors(path), path.open("rb") as file:
        return file.read(limit + 1)


def read_text(path: Path, limit: int) -> str:
    """The same for UTF-8 text. Raises FileUnreadable, FormatError."""
    try:
        return read_whole(path, limit).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("input.utf8", "This file is not UTF-8 text.", where=str(path)) from error
