"""Signed notes: the one form, and everything else refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.note import LARGEST_NOTE, Note, SignatureLine, signature_line
from evidence_ledger.errors import FormatError
from tests.core.test_verifier_key import NAMES

TEXTS = st.text(
    st.one_of(st.just("\n"), st.characters(min_codepoint=0x20, exclude_categories=["Cs"]))
).map(lambda text: (text + "\n").encode())
LINES = st.builds(
    SignatureLine, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)
)
NOTES = st.builds(Note, TEXTS, st.lists(LINES, min_size=1, max_size=4).map(tuple))

LINE = (
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRK"
    "uwHjG1Yu72IneyaQM=\n"
)
GOOD = f"This is an example message.\n\n{LINE}".encode()


def test_the_specifications_example() -> None:
    note = Note.parse(GOOD)
    assert note.text == b"This is an example message.\n"
    assert [line.name for line in note.signatures] == ["example.com/foo"]
    assert note.signatures[0].key_id.hex() == "530d903a"
    assert len(note.signatures[0].signature) == 64


@given(NOTES)
def test_what_is_written_is_read(note: Note) -> None:
    assert Note.parse(note.encode()) == note


@given(NOTES, st.data())
def test_what_is_read_has_no_other_form(note: Note, data: st.DataObject) -> None:
    changed = bytearray(note.encode())
    at = data.draw(st.integers(0, len(changed) - 1))
    changed[at] = data.draw(st.integers(0, 255))
    try:
        found = Note.parse(bytes(changed))
    except FormatError:
        return
    assert found.encode() == bytes(changed)


def test_sixteen_post_quantum_signatures_are_accepted() -> None:
    lines = tuple(SignatureLine(f"w{n}", b"abcd", bytes(5000)) for n in range(16))
    assert len(Note.parse(Note(b"text\n", lines).encode()).signatures) == 16


def test_the_text_may_hold_empty_lines() -> None:
    assert Note.parse(b"one\n\ntwo\n\n" + LINE.encode()).text == b"one\n\ntwo\n"


HOSTILE = {
    "nothing": ("note.no-blank-line", b""),
    "no blank line": ("note.no-blank-line", b"text\n" + LINE.encode()),
    "no signature": ("note.unfinished", b"text\n\n"),
    "a last line without a newline": ("note.unfinished", GOOD[:-1]),
    "a text after the signatures": ("note.signature-line", GOOD + b"text\n"),
    "a hyphen for the dash": ("note.signature-line", GOOD.replace("—".encode(), b"-")),
    "a line without a signature": ("note.signature-line", b"text\n\n" + "— name\n".encode()),
    "two spaces before the signature": (
        "base64.malformed",
        GOOD.replace(b"foo Uw", b"foo  Uw"),
    ),
    "a space after the signature": ("base64.malformed", GOOD[:-1] + b" \n"),
    "a carriage return": ("note.control-character", GOOD.replace(b"\n\n", b"\r\n\r\n")),
    "a tab in the text": ("note.control-character", b"\t" + GOOD),
    "a null byte": ("note.control-character", b"\x00" + GOOD),
    "bytes that are not UTF-8": ("note.not-utf8", b"\xff" + GOOD),
    "an overlong form of UTF-8": ("note.not-utf8", b"\xc0\xaf" + GOOD),
    "half a surrogate pair": ("note.not-utf8", b"\xed\xa0\x80" + GOOD),
    "a key name with a plus": ("note.key-name", GOOD.replace(b"com/foo", b"com+foo")),
    "a key name with a wide space": (
        "note.key-name",
        GOOD.replace(b"com/foo", "com\N{IDEOGRAPHIC SPACE}foo".encode()),
    ),
    "an empty key name": ("note.key-name-length", GOOD.replace(b"example.com/foo", b"")),
    "base64 with unused bits set": ("base64.not-canonical", GOOD.replace(b"yaQM=", b"yaQN=")),
    "base64 in the alphabet for addresses": ("base64.malformed", GOOD.replace(b"n8srV", b"n8_rV")),
    "a key ID alone": ("note.signature-short", b"text\n\n" + "— name YWJjZA==\n".encode()),
    "a hundred and one signatures": (
        "note.too-many-signatures",
        b"text\n\n" + LINE.encode() * 101,
    ),
    "an endless signature": (
        "note.signature-line",
        b"text\n\n" + signature_line("a", b"abcd", bytes(20000)),
    ),
    "an endless note": ("note.too-large", b"x" * LARGEST_NOTE + GOOD),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(name: str) -> None:
    code, data = HOSTILE[name]
    with pytest.raises(FormatError) as refused:
        Note.parse(data)
    assert refused.value.reason == code


def test_a_line_for_an_impossible_name_is_not_written() -> None:
    with pytest.raises(FormatError):
        signature_line("two words", b"abcd", b"x")
