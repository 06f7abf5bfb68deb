"""Texts on a printed page: made safe to show, cut into runs of one font, and into lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

PLAIN, BOLD, FIXED = "Helvetica", "Helvetica-Bold", "Courier"
CHINESE, KOREAN = "STSong-Light", "HYSMyeongJo-Medium"

_ENCODINGS = {"cp1252": None, "gbk": CHINESE, "euc_kr": KOREAN}

Measure = Callable[[str, str, float], float]


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: font for Western signs, size and line height in points, and colour."""

    font: str
    size: float
    leading: float
    color: str


@dataclass(frozen=True, slots=True)
class Run:
    """Signs of one font."""

    font: str
    text: str


def shown(text: str | bytes) -> str:
    """``text`` with everything as an escape that would hide, reorder, or lack a sign in print.

    Controls, bidirectional marks and signs outside the fonts become ``\\u{202e}``, bytes that are
    not UTF-8 become ``\\xff``; a backslash stays as it is.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    return "".join(sign if _font_of(sign) else f"\\u{{{ord(sign):x}}}" for sign in text)


def _font_of(sign: str) -> str | None:
    """Empty for the Western fonts; None where there is no sign to print."""
    if not sign.isprintable():
        return None
    for encoding, font in _ENCODINGS.items():
        try:
            sign.encode(encoding)
        except UnicodeEncodeError:
            continue
        return font or PLAIN
    return None


def lines(text: str, style: Style, width: float, measure: Measure) -> list[list[Run]]:
    """``text`` broken into lines of at most ``width`` points, at spaces where there are any."""
    broken: list[str] = [""]
    for word in _words(text):
        if measured(broken[-1] + word.rstrip(), style, measure) <= width:
            broken[-1] += word
        elif measured(word.rstrip(), style, measure) <= width:
            broken.append(word)
        else:
            broken += _cut(broken.pop(), word, style, width, measure)
    return [list(_runs(line.rstrip(), style)) for line in broken]


def measured(text: str, style: Style, measure: Measure) -> float:
    """The width of ``text`` in points."""
    return sum(measure(run.text, run.font, style.size) for run in _runs(text, style))


def _words(text: str) -> Iterator[str]:
    """Words with the spaces after them; a Chinese sign is a word of its own."""
    word = ""
    for sign in text:
        if word and (word[-1] == " " != sign or _font_of(sign) == CHINESE):
            yield word
            word = ""
        word += sign
    if word:
        yield word


def _cut(line: str, word: str, style: Style, width: float, measure: Measure) -> Iterable[str]:
    """A word that is longer than a line, set sign by sign."""
    for sign in word:
        if line and measured(line + sign, style, measure) > width:
            yield line
            line = ""
        line += sign
    yield line


def _runs(text: str, style: Style) -> Iterator[Run]:
    for font, signs in groupby(text, key=lambda sign: _font_of(sign) or PLAIN):
        yield Run(style.font if font == PLAIN else font, "".join(signs))
