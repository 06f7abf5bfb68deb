"""The page for people: the same bytes each time, every sign shown or escaped, nothing cut off."""

from __future__ import annotations

import io
from dataclasses import replace

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from evidence_ledger.adapters.page_text import PLAIN, Style, lines, measured, shown
from evidence_ledger.adapters.pdf import (
    MOST_FILES,
    CertificatePage,
    FileLine,
    TimeLine,
    certificate_pdf,
)

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PAGE = CertificatePage(
    title="Certificate of deposit",
    subtitle="Entry 41 of the ledger example.org/ledger",
    rows=[("Ledger", "example.org/ledger"), ("Entry", "41"), ("Entry hash", HASH)],
    files=[FileLine("contracts/租赁合同.pdf".encode(), "48,211 bytes", [("SHA-256", HASH)])],
    file_count=1,
    times=[TimeLine("Local authority", "2026-11-22 10:00:00 UTC", "Own clock, not independent.")],
    facts=[("Case number", "(2026)京0101民初1234号")],
    proves=["The bytes existed at this time."],
    proves_not=["It does not say that they are true."],
    check=["Give it to anyone."],
    commands=["evidence verify certificate.asice"],
)
STYLE = Style(PLAIN, 9.5, 13, "#000000")


def text_of(page: CertificatePage) -> str:
    reader = pypdf.PdfReader(io.BytesIO(certificate_pdf(page)))
    return "\n".join(sheet.extract_text() for sheet in reader.pages)


def test_the_same_page_gives_the_same_bytes() -> None:
    assert certificate_pdf(PAGE) == certificate_pdf(PAGE)


def test_everything_is_on_the_page() -> None:
    text = text_of(PAGE)
    for part in (PAGE.title, PAGE.subtitle, HASH, "48,211 bytes", "Own clock, not independent."):
        assert part in text
    for heading in ("Deposited: 1 file", "What this proves", "What this does not prove"):
        assert heading in text


def test_it_says_that_it_is_no_proof() -> None:
    assert "The proof is in the other members of the container" in text_of(PAGE)


def test_chinese_is_set_in_a_chinese_font() -> None:
    sheet = pypdf.PdfReader(io.BytesIO(certificate_pdf(PAGE))).pages[0]
    fonts = sheet["/Resources"]["/Font"]  # type: ignore[index] # pypdf's objects are untyped
    assert "/STSong-Light" in {fonts[name]["/BaseFont"].split("-Uni")[0] for name in fonts}
    assert "租赁合同" in sheet.extract_text().replace("\n", "")


def test_no_time_is_told() -> None:
    assert "No timestamp authority has answered yet." in text_of(replace(PAGE, times=[]))


def test_many_files_are_cut_with_a_word() -> None:
    files = [FileLine(f"{number}.txt", "1 byte", []) for number in range(MOST_FILES + 5)]
    text = text_of(replace(PAGE, files=files, file_count=100_000))
    assert "99,800 more, listed in claims.jsonl" in text
    assert f"{MOST_FILES - 1}.txt" in text
    assert f"{MOST_FILES}.txt" not in text
    assert "1 / 1" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é “quoted”", "plain é “quoted”"),
        ("a\u202efdp.exe", "a\\u{202e}fdp.exe"),
        ("two\nlines\tand\0null", "two\\u{a}lines\\u{9}and\\u{0}null"),
        (b"caf\xe9", "caf\\xe9"),
        ("\U0001f389", "\\u{1f389}"),
        ("العقد", "\\u{627}\\u{644}\\u{639}\\u{642}\\u{62f}"),
        ("合同 계약", "合同 계약"),
    ],
)
def test_what_can_not_be_printed_is_escaped(text: str | bytes, expected: str) -> None:
    assert shown(text) == expected


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_name_makes_a_page(name: str | bytes) -> None:
    page = replace(PAGE, files=[FileLine(name, "1 byte", [])])
    assert certificate_pdf(page).startswith(b"%PDF-")
    assert shown(name).isprintable()


@given(st.text(alphabet="ab 合é,", max_size=300), st.floats(40, 400))
def test_lines_hold_the_whole_text_and_fit(text: str, width: float) -> None:
    broken = ["".join(run.text for run in line) for line in lines(text, STYLE, width, stringWidth)]
    assert "".join(broken).replace(" ", "") == text.replace(" ", "")
    assert all(measured(line, STYLE, stringWidth) <= width for line in broken)
