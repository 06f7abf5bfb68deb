r"""Names and messages as they may be shown on a screen.

A file's name can hold anything: colour codes, line breaks, marks that turn the reading direction,
bytes that are no text. Shown raw, ``contract\u202efdp.exe`` reads as a PDF. Every such character
is written as ``\u{202e}``, every byte that is no UTF-8 as ``\xff``.
"""

from __future__ import annotations

import os
import shlex
import unicodedata

# Control, format (among them all that turn the direction), surrogate, private, unassigned; line,
# paragraph and odd spaces.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
_SHOWN_SPACES = " \u3000"
_ELLIPSIS = "…"


def safe_name(name: bytes | str) -> str:
    """A name so written that it can't be mistaken for another: different names differ.

    A backslash is doubled.
    """
    text = os.fsdecode(name) if isinstance(name, bytes) else name
    return "".join("\\\\" if character == "\\" else _shown(character) for character in text)


def safe_line(text: str) -> str:
    """A sentence on one line. Backslashes stay as they are."""
    return "".join(map(_shown, text))


def shell_word(text: str) -> str:
    """A name as it is typed into a shell: quoted where it has to be."""
    return safe_line(shlex.quote(text))


def shortened(name: bytes | str, width: int) -> str:
    """A safe name in at most ``width`` columns (2 or more), its middle left out if need be."""
    text = os.fsdecode(name) if isinstance(name, bytes) else name
    units = ["\\\\" if character == "\\" else _shown(character) for character in text]
    if sum(map(_columns, units)) <= width:
        return "".join(units)
    head, used = _fitting(units, (width - 1) // 2)
    tail, _ = _fitting(units[::-1], width - 1 - used)
    return "".join(head) + _ELLIPSIS + "".join(reversed(tail))


def _fitting(units: list[str], width: int) -> tuple[list[str], int]:
    taken: list[str] = []
    used = 0
    for unit in units:
        if used + _columns(unit) > width:
            break
        taken.append(unit)
        used += _columns(unit)
    return taken, used


def _shown(character: str) -> str:
    if " " <= character <= "~":
        return character
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    if unicodedata.category(character) in _HIDDEN and character not in _SHOWN_SPACES:
        return f"\\u{{{ord(character):x}}}"
    return character


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
