"""Names and messages as they are shown on a screen, in so many columns, or typed into a shell."""

from __future__ import annotations

import os
import shlex
import unicodedata

from evidence_ledger.core.safe_text import safe_line, units
from evidence_ledger.core.safe_text import safe_name as _safe_name

__all__ = ["safe_line", "safe_name", "shell_word", "shortened"]

_ELLIPSIS = "…"


def safe_name(name: bytes | str) -> str:
    """See core.safe_text; bytes are what this system calls a file."""
    return _safe_name(_text(name))


def shell_word(text: str) -> str:
    """A name as it is typed into a shell: quoted where it has to be."""
    return safe_line(shlex.quote(text))


def shortened(name: bytes | str, width: int) -> str:
    """A safe name in at most ``width`` columns (2 or more), its middle left out if need be."""
    pieces = units(_text(name))
    if sum(map(_columns, pieces)) <= width:
        return "".join(pieces)
    head, used = _fitting(pieces, (width - 1) // 2)
    tail, _ = _fitting(pieces[::-1], width - 1 - used)
    return "".join(head) + _ELLIPSIS + "".join(reversed(tail))


def _text(name: bytes | str) -> str:
    return os.fsdecode(name) if isinstance(name, bytes) else name


def _fitting(pieces: list[str], width: int) -> tuple[list[str], int]:
    taken: list[str] = []
    used = 0
    for unit in pieces:
        if used + _columns(unit) > width:
            break
        taken.append(unit)
        used += _columns(unit)
    return taken, used


def _columns(unit: str) -> int:
    """How wide a terminal draws it: wide East Asian characters take two columns."""
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in unit
    )
