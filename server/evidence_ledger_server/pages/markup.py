"""HTML, written so that no text can become markup.

Whatever is no ``Html`` is text: hidden characters are made visible, as on the command line, and
``&``, ``<``, ``>`` and quotes are escaped. ``Html`` is made here alone. What is longer than
``LONGEST`` characters is cut, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from evidence_ledger.core.safe_text import safe_line

LONGEST = 4000
VOID = frozenset({"br", "hr", "input", "link", "meta"})


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of a page."""

    text: str


Child = Html | str | int | None
"""None is left out, so that a piece may depend on something."""


def element(tag: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """``<tag …>children</tag>``.

    Attributes are named as in HTML, with ``_`` for ``-`` and at the end of Python's own words;
    True is an attribute without a value, None and False none at all.
    """
    head = f"<{tag}{''.join(_attribute(*one) for one in attributes.items())}>"
    return Html(head if tag in VOID else f"{head}{joined(*children).text}</{tag}>")


def joined(*children: Child) -> Html:
    """Pieces one after the other."""
    return Html("".join(_written(one) for one in children if one is not None))


def clipped(text: str) -> str:
    """``text``, or its beginning and how long it is."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text):,} characters)"


def _written(child: Child) -> str:
    if isinstance(child, Html):
        return child.text
    return escape(safe_line(clipped(str(child))))


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    return f" {shown}" if value is True else f' {shown}="{_written(str(value))}"'
