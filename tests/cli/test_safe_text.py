"""No name may lead a reader or a terminal astray."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger_cli.safe_text import safe_line, safe_name, shortened

names = st.binary(max_size=60) | st.text(max_size=60).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"contract.pdf", "contract.pdf"),
        ("合同 甲方.pdf".encode(), "合同 甲方.pdf"),
        ("ideographic\u3000space".encode(), "ideographic\u3000space"),
        ("contract\u202efdp.exe".encode(), r"contract\u{202e}fdp.exe"),
        (b"\x1b[31mred\x07", r"\u{1b}[31mred\u{7}"),
        (b"line\nbreak\ttab", r"line\u{a}break\u{9}tab"),
        (b"latin\xe9", r"latin\xe9"),
        ("no\u00a0break\u200b".encode(), r"no\u{a0}break\u{200b}"),
        (b"back\\slash", r"back\\slash"),
        ("\U000e0001tag".encode(), r"\u{e0001}tag"),
        ("contract.pdf\u3164".encode(), r"contract.pdf\u{3164}"),
        (
            "con\u034ftract\ufe0f\U000e0100\u115f\u2800".encode(),
            r"con\u{34f}tract\u{fe0f}\u{e0100}\u{115f}\u{2800}",
        ),
        (b"", ""),
    ],
)
def test_names(name: bytes, shown: str) -> None:
    assert safe_name(name) == shown


def read_back(shown: str) -> bytes:
    """The name that ``safe_name`` wrote."""
    parts = re.findall(r"\\\\|\\x[0-9a-f]{2}|\\u\{[0-9a-f]+\}|[^\\]", shown, re.DOTALL)
    assert "".join(parts) == shown
    data = b""
    for part in parts:
        if part == "\\\\":
            data += b"\\"
        elif part.startswith("\\x"):
            data += bytes([int(part[2:], 16)])
        elif part.startswith("\\u"):
            data += chr(int(part[3:-1], 16)).encode()
        else:
            data += part.encode()
    return data


@given(names)
def test_a_name_can_be_read_back_so_different_names_differ(name: bytes) -> None:
    assert read_back(safe_name(name)) == name


@given(st.text() | names.map(lambda name: name.decode("utf-8", "surrogateescape")))
def test_nothing_hidden_is_shown(text: str) -> None:
    for shown in (safe_name(text), safe_line(text), shortened(text, 20)):
        hidden = [c for c in shown if unicodedata.category(c)[0] in "CZ" and c not in " \u3000"]
        assert hidden == []
        shown.encode("utf-8")


@given(st.text(), st.integers(2, 40))
def test_shortened_names_fit(text: str, width: int) -> None:
    shown = shortened(text, width)
    columns = sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in shown
    )
    assert columns <= width
    if shown != safe_name(text):
        assert shown.count("…") >= 1


def test_the_start_and_the_suffix_stay() -> None:
    assert shortened("a" * 50 + ".pdf", 11) == "aaaaa…a.pdf"
    assert shortened("合" * 10 + ".pdf", 11) == "合合…合.pdf"
    assert shortened(b"\xff" * 5 + b".pdf", 12) == r"\xff….pdf"


def test_a_sentence_keeps_its_backslashes() -> None:
    assert safe_line("C:\\case\n\u202e") == r"C:\case\u{a}\u{202e}"
