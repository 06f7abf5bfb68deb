"""Cards of matters: one form, and the secret is never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.canonical import base64url_text, encode
from evidence_ledger.core.matter_card import MatterCard, parse, plain_name
from evidence_ledger.errors import FormatError, NewerFormat
from tests.golden import vectors

NAMES = st.text(min_size=1, max_size=60).map(plain_name).filter(bool)


def test_the_golden_card() -> None:
    assert vectors.CARD.encode() == vectors.read("matter-card.json")
    assert parse(vectors.read("matter-card.json")) == vectors.CARD


@given(NAMES.filter(lambda name: name.isprintable()), st.binary(min_size=32, max_size=32))
def test_a_card_has_one_encoding(name: str, secret: bytes) -> None:
    card = MatterCard(name, secret)
    assert parse(card.encode()) == card


def test_a_case_number_is_compared_as_people_read_it() -> None:
    assert plain_name(" 4 O 1/26\n") == "4 O 1/26"
    assert plain_name("Mu\u0308ller") == plain_name("M\u00fcller")


@pytest.mark.parametrize("name", ["", " x", "x\n", "Mu\u0308ller", "x" * 1025])
def test_no_other_case_number_stands_on_a_card(name: str) -> None:
    data = encode({"case_number": name, "secret": base64url_text(bytes(32)), "v": 1})
    with pytest.raises(FormatError) as caught:
        parse(data)
    assert caught.value.reason == "matter.case-number"


def test_a_case_number_that_is_not_text_is_refused() -> None:
    with pytest.raises(FormatError) as caught:
        MatterCard("2026-\udcff", bytes(32))
    assert caught.value.reason == "matter.case-number"


KEY = base64url_text(bytes(32))


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("json.malformed", b""),
        ("matter.members", b"[]"),
        ("matter.members", encode({"case_number": "1", "secret": KEY})),
        ("matter.members", encode({"case_number": "1", "secret": KEY, "v": 0})),
        ("matter.members", encode({"case_number": "1", "secret": KEY, "v": True})),
        ("matter.members", encode({"case_number": "1", "secret": KEY, "v": 1, "x": 1})),
        ("matter.case-number", encode({"case_number": 1, "secret": KEY, "v": 1})),
        ("matter.secret", encode({"case_number": "1", "secret": "AAAA", "v": 1})),
        ("base64.malformed", encode({"case_number": "1", "secret": None, "v": 1})),
        ("matter.newer", encode({"case_number": "1", "v": 2})),
        ("json.not-canonical", b'{"case_number":"1", "secret":"' + KEY.encode() + b'","v":1}'),
        ("json.too-large", b" " * 5000),
    ],
)
def test_every_other_card_is_refused(reason: str, data: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        parse(data)
    assert caught.value.reason == reason
    assert isinstance(caught.value, NewerFormat) is (reason == "matter.newer")


def test_the_secret_is_not_shown() -> None:
    assert str(vectors.CARD.secret) not in repr(vectors.CARD)
    assert base64url_text(vectors.CARD.secret) not in f"{vectors.CARD!r}{vectors.CARD.label}"
