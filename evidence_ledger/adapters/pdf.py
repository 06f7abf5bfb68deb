"""``certificate.pdf``: what a certificate says, for people to read and to put in a file.

It proves nothing by itself and says so. The same page gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evidence_ledger.adapters.page_text import (
    BOLD,
    CHINESE,
    FIXED,
    KOREAN,
    PLAIN,
    Measure,
    Run,
    Style,
    lines,
    shown,
)

MOST_FILES = 200
MOST_ROWS = 500

_WIDTH, _HEIGHT = 595.2756, 841.8898
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 62.0, 64.0, 74.0
_COLUMN = _LEFT + 104.0
_INK, _GREY, _LINE, _ACCENT = "#1c2430", "#6b7480", "#d5dae0", "#1f4e79"

_TITLE = Style(PLAIN, 25, 30, _INK)
_SUBTITLE = Style(PLAIN, 10.5, 15, _GREY)
_KICKER = Style(BOLD, 7.5, 12, _ACCENT)
_HEADING = Style(BOLD, 11, 16, _ACCENT)
_LABEL = Style(PLAIN, 8.5, 13.5, _GREY)
_VALUE = Style(PLAIN, 9.5, 13.5, _INK)
_STRONG = Style(BOLD, 9.5, 13.5, _INK)
_HASH = Style(FIXED, 7.8, 11.5, _INK)
_COMMAND = Style(FIXED, 8, 12, _INK)
_FOOT = Style(PLAIN, 7.5, 10, _GREY)


@dataclass(frozen=True, slots=True)
class FileLine:
    """A deposited file: the exact bytes of its name, its size as text, digests by name as hex."""

    name: str | bytes
    size: str
    digests: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A time proof: who says it, the time, and a remark (``own clock, not independent``)."""

    authority: str
    time: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """All texts of the page. Only the headings are the page's own.

    ``rows`` are label and text pairs about the entry (ledger, number, received, leaf hash, signer),
    ``facts`` such pairs about the matter and the origin. ``file_count`` is the number of files
    deposited, of which ``files`` may show fewer.
    """

    title: str
    subtitle: str
    rows: Sequence[tuple[str, str]]
    files: Sequence[FileLine]
    file_count: int
    times: Sequence[TimeLine]
    facts: Sequence[tuple[str, str]] = ()
    proves: Sequence[str] = ()
    proves_not: Sequence[str] = ()
    check: Sequence[str] = ()
    commands: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Text:
    x: float
    y: float
    style: Style
    runs: Sequence[Run]


@dataclass(frozen=True, slots=True)
class _Rule:
    y: float
    color: str
    weight: float


class _Sheets:
    """Sets texts from the top down and turns the sheet where it is full."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self.sheets: list[list[_Text | _Rule]] = []
        self._y = 0.0
        self.turn()

    def turn(self) -> None:
        """Begin the next sheet."""
        self.sheets.append([])
        self._y = _HEIGHT - _TOP

    def need(self, height: float) -> None:
        """Turn unless ``height`` points are left."""
        if self._y - height < _BOTTOM:
            self.turn()

    def gap(self, height: float) -> None:
        """White."""
        self._y -= height

    def rule(self, color: str = _LINE, weight: float = 0.6) -> None:
        """A line across the sheet."""
        self.sheets[-1].append(_Rule(self._y, color, weight))

    def text(self, text: str | bytes, style: Style, x: float = _LEFT) -> None:
        """A paragraph from ``x`` to the right margin."""
        for runs in lines(shown(text), style, _WIDTH - _RIGHT - x, self._measure):
            self.need(style.leading)
            self._y -= style.leading
            self.sheets[-1].append(_Text(x, self._y, style, runs))

    def row(self, label: str, text: str | bytes, style: Style = _VALUE) -> None:
        """A label in the left column and its text in the right one."""
        self.need(style.leading)
        runs = lines(shown(label), _LABEL, _COLUMN - _LEFT - 8, self._measure)[0]
        baseline = self._y - style.leading
        self.sheets[-1].append(_Text(_LEFT, baseline, _LABEL, runs))
        self.text(text, style, _COLUMN)

    def heading(self, text: str, room: float = 46) -> None:
        """A heading, kept together with what follows it."""
        self.need(_HEADING.leading + 20 + room)
        self.gap(14)
        self.rule()
        self.gap(6)
        self.text(text, _HEADING)
        self.gap(3)


def certificate_pdf(page: CertificatePage) -> bytes:
    """The PDF of ``page``, on A4, one sheet or more."""
    # reportlab takes 0.1 s to load and only whoever makes a certificate needs it.
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    for font in (CHINESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    sheets = _Sheets(pdfmetrics.stringWidth)
    _set_head(sheets, page)
    _set_files(sheets, page)
    _set_times(sheets, page.times)
    _set_meaning(sheets, page)
    return _drawn(sheets.sheets, page)


def _set_head(sheets: _Sheets, page: CertificatePage) -> None:
    sheets.text("E V I D E N C E   L E D G E R", _KICKER)
    sheets.gap(4)
    sheets.text(page.title, _TITLE)
    sheets.gap(2)
    sheets.text(page.subtitle, _SUBTITLE)
    sheets.gap(14)
    sheets.rule(_ACCENT, 1.4)
    sheets.gap(6)
    for label, text in page.rows:
        sheets.row(label, text, _HASH if _is_hash(text) else _VALUE)
    if page.facts:
        sheets.heading("About the matter")
        for label, text in page.facts[:MOST_ROWS]:
            sheets.row(label, text)


def _is_hash(text: str) -> bool:
    return len(text) >= 64 and not set(text) - set("0123456789abcdef")


def _set_files(sheets: _Sheets, page: CertificatePage) -> None:
    files = page.files[:MOST_FILES]
    if page.file_count:
        noun = "file" if page.file_count == 1 else "files"
        sheets.heading(f"Deposited: {page.file_count:,} {noun}")
    for file in files:
        sheets.need(_STRONG.leading + _HASH.leading * len(file.digests) + 8)
        sheets.text(file.name, _STRONG)
        sheets.row("Size", file.size)
        for name, digest in file.digests:
            sheets.row(name, digest, _HASH)
        sheets.gap(6)
    if page.file_count > len(files):
        rest = f"{page.file_count - len(files):,} more, listed in claims.jsonl."
        sheets.text(f"And {rest}" if files else f"Not shown on this page: {rest}", _VALUE)


def _set_times(sheets: _Sheets, times: Sequence[TimeLine]) -> None:
    sheets.heading("In existence no later than")
    if not times:
        sheets.text("No timestamp authority has answered yet.", _VALUE)
    for one in times[:MOST_ROWS]:
        sheets.row(one.authority, one.time, _STRONG)
        if one.remark:
            sheets.text(one.remark, _LABEL, _COLUMN)


def _set_meaning(sheets: _Sheets, page: CertificatePage) -> None:
    for heading, sentences in (
        ("What this proves", page.proves),
        ("What this does not prove", page.proves_not),
        ("How to check it", page.check),
    ):
        if sentences:
            sheets.heading(heading)
        for sentence in sentences:
            sheets.text(sentence, _VALUE)
            sheets.gap(2)
    if page.commands:
        sheets.gap(2)
    for command in page.commands:
        sheets.text(command, _COMMAND, _LEFT + 12)


def _drawn(sheets: list[list[_Text | _Rule]], page: CertificatePage) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(_WIDTH, _HEIGHT), invariant=1, lang="en")
    canvas.setTitle(shown(page.title))
    canvas.setSubject(shown(page.subtitle))
    canvas.setAuthor("Evidence ledger")
    canvas.setCreator("Evidence ledger")
    for number, sheet in enumerate(sheets, 1):
        for mark in sheet:
            _draw(canvas, mark)
        _draw_foot(canvas, f"{number} / {len(sheets)}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


# reportlab ships no types: a canvas is Any.
def _draw(canvas: Any, mark: _Text | _Rule) -> None:
    if isinstance(mark, _Rule):
        canvas.setStrokeColor(mark.color)
        canvas.setLineWidth(mark.weight)
        canvas.line(_LEFT, mark.y, _WIDTH - _RIGHT, mark.y)
        return
    text = canvas.beginText(mark.x, mark.y)
    text.setFillColor(mark.style.color)
    for run in mark.runs:
        text.setFont(run.font, mark.style.size)
        text.textOut(run.text)
    canvas.drawText(text)


def _draw_foot(canvas: Any, number: str) -> None:
    canvas.setStrokeColor(_LINE)
    canvas.setLineWidth(0.6)
    canvas.line(_LEFT, 54, _WIDTH - _RIGHT, 54)
    foot = "A summary for people. The proof is in the other members of the container, not here."
    canvas.setFillColor(_FOOT.color)
    canvas.setFont(_FOOT.font, _FOOT.size)
    canvas.drawString(_LEFT, 42, foot)
    canvas.drawRightString(_WIDTH - _RIGHT, 42, number)
