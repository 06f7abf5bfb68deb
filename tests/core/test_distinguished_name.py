"""Distinguished names: compared and shown."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import der_writer as w
from evidence_ledger.core.distinguished_name import name_text, same_name


def named(text: str) -> bytes:
    return x509.Name.from_rfc4514_string(text).public_bytes()


def pair(value: bytes) -> bytes:
    return w.sequence(w.set_of([w.sequence(w.oid("2.5.4.3"), value)]))


def test_a_name_is_shown_most_specific_part_first() -> None:
    assert name_text(named("CN=Ann,OU=Court,C=DE")) == "CN=Ann, OU=Court, C=DE"
    assert name_text(named("CN=张律师")) == "CN=张律师"
    assert name_text(w.sequence()) == ""


def test_what_can_not_be_printed_is_escaped() -> None:
    assert name_text(pair(w.utf8_string("a\x1b[2J\u202eb"))) == "CN=a\\u001b[2J\\u202eb"
    assert name_text(pair(w.tlv(0x0C, b"\xff"))) == "CN=#0c01ff"


@given(st.binary(max_size=60))
def test_any_bytes_are_shown_somehow(junk: bytes) -> None:
    assert name_text(junk).isprintable()
    assert same_name(junk, junk)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (w.utf8_string("Some  Root"), w.tlv(0x13, b"some root"), True),
        (w.utf8_string("Root"), w.tlv(0x1E, "ROOT".encode("utf-16-be")), True),
        (w.utf8_string("Root"), w.utf8_string("Root 2"), False),
        (w.tlv(0x0C, b"\xff"), w.tlv(0x0C, b"\xfe"), False),
        (w.utf8_string("a b"), w.utf8_string("ab"), False),
    ],
)
def test_names_compare_without_case_spacing_and_type(one: bytes, other: bytes, same: bool) -> None:
    assert same_name(pair(one), pair(other)) is same


def test_two_malformed_names_are_not_the_same() -> None:
    assert not same_name(b"\x30\x01", b"\x30\x02")
