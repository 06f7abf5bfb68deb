r"""Names and messages as they may be shown to people, on a screen or a page.

A file's name can hold anything: colour codes, line breaks, marks that turn the reading direction,
bytes that are no text, letters that no font draws. Shown raw, ``contract\u202efdp.exe`` reads as a
PDF, and ``contract.pdf`` may be another file of that name. Every such character
is written as ``\u{202e}``, every byte that is no UTF-8 as ``\xff``.
"""

from __future__ import annotations

import unicodedata

# Control, format (among them all that turn the direction), surrogate, private, unassigned; line,
# paragraph and odd spaces.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
# Letters and marks that are drawn as nothing (Default_Ignorable_Code_Point), and the empty braille.
_UNDRAWN = frozenset(
    chr(one)
    for first, last in (
        (0x34F, 0x34F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for one in range(first, last + 1)
)
_SHOWN_SPACES = " \u3000"


def safe_name(name: bytes | str) -> str:
    """A name so written that it can't be mistaken for another: different names differ.

    A backslash is doubled.
    """
    return "".join(units(name))


def safe_line(text: str) -> str:
    """A sentence on one line. Backslashes stay as they are."""
    return "".join(map(_shown, text))


def units(name: bytes | str) -> list[str]:
    """The characters of ``safe_name``, those that are written as several in one piece."""
    text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
    return ["\\\\" if character == "\\" else _shown(character) for character in text]


def _shown(character: str) -> str:
    if " " <= character <= "~":
        return character
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    hidden = unicodedata.category(character) in _HIDDEN or character in _UNDRAWN
    if hidden and character not in _SHOWN_SPACES:
        return f"\\u{{{ord(character):x}}}"
    return character
