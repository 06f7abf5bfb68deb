r"""Names and messages as they may be shown to people, on a screen or a page.

A file's name can hold anything: colour codes, line breaks, marks that turn the reading direction,
bytes that are no text. Shown raw, ``contract\u202efdp.exe`` reads as a PDF. Every such character
is written as ``\u{202e}``, every byte that is no UTF-8 as ``\xff``.
"""

from __future__ import annotations

import unicodedata

# Control, format (among them all that turn the direction), surrogate, private, unassigned; line,
# paragraph and odd spaces.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
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
    if unicodedata.category(character) in _HIDDEN and character not in _SHOWN_SPACES:
        return f"\\u{{{ord(character):x}}}"
    return character
