"""A file in which somebody has chosen something: read whole, and called by its name in errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.errors import EvidenceError, SettingsInvalid

T = TypeVar("T")


def read_settings(path: Path, what: str, largest: int, parse: Callable[[bytes], T]) -> T:
    """What ``parse`` makes of a file's bytes, of which it is given ``largest`` and one at most.

    ``what`` begins a sentence. Raises FileUnreadable, and SettingsInvalid with the reason for
    whatever ``parse`` refuses.
    """
    with input_errors(path), path.open("rb") as file:
        data = file.read(largest + 1)
    try:
        return parse(data)
    except (EvidenceError, ValueError, RecursionError) as error:
        raise SettingsInvalid(f"{what} can't be used: {error}", where=str(path)) from error
