"""Small files given to a command, read whole."""

from __future__ import annotations

from pathlib import Path

from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.errors import FormatError


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
