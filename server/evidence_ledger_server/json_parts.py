"""How many parts a JSON text has, counted before any is built.

An empty list takes three bytes of a text and twenty times that in memory.
"""

from __future__ import annotations

import re

_AT_ONCE = 4096
_PARTS = re.compile(rb'(?:[^"\[{,]*+(?:"(?:[^"\\]++|\\.)*+"|[\[{,])){1,%d}+' % _AT_ONCE, re.DOTALL)
"""Texts, and what begins a list, an object or the next value. Looks back at nothing."""


def has_more(text: bytes, most: int) -> bool:
    """Whether a text in UTF-8 has more than about ``most`` parts (4096 at most are let pass).

    What comes behind a text that does not end is not counted: no parser gets there.
    """
    at = count = 0
    while count <= most + _AT_ONCE and (found := _PARTS.match(text, at)):
        at = found.end()
        count += _AT_ONCE
    return count > most + _AT_ONCE
