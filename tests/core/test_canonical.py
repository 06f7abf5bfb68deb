"""RFC 8785 JSON and the other encodings: one form each, and the quick way equal to the careful."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import canonical
from evidence_ledger.core.canonical import DEEPEST, LARGEST_INTEGER, Json
from evidence_ledger.errors import FormatError

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
SCALARS: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(-LARGEST_INTEGER, LARGEST_INTEGER), TEXT
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)


def decode(data: bytes) -> Json:
    return canonical.decode(data, what="thing", limit=1 << 20)


def answer(read: Callable[[], Json]) -> tuple[Json, str | None]:
    try:
        return read(), None
    except FormatError as error:
        return None, error.reason


def reason(data: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        decode(data)
    return caught.value.reason


@given(VALUES)
def test_encoding_is_that_of_an_independent_program(value: Json) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(VALUES)
def test_what_was_encoded_is_decoded(value: Json) -> None:
    found = decode(canonical.encode(value))
    assert found == value
    assert canonical.encode(found) == canonical.encode(value)


@given(VALUES, st.data())
def test_no_changed_byte_gives_the_same_value(value: Json, data: st.DataObject) -> None:
    encoded = bytearray(canonical.encode(value))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))
    try:
        found = decode(bytes(encoded))
    except FormatError:
        return
    assert canonical.encode(found) == bytes(encoded)


@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(alphabet='{}[]",:\\u0129.-+eE truefalsn \n\ud83d', max_size=40).map(
            lambda text: text.encode("utf-8", "surrogatepass")
        ),
    )
)
def test_the_quick_way_and_the_careful_way_agree_on_any_bytes(data: bytes) -> None:
    careful = answer(lambda: canonical._decode_any(data, "thing"))
    assert answer(lambda: decode(data)) == careful
    assert careful[1] is not None or rfc8785.dumps(careful[0]) == data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "json.malformed"),
        (b"{", "json.malformed"),
        (b"{}x", "json.malformed"),
        (b"\xef\xbb\xbf{}", "json.malformed"),
        (b"\xff", "json.malformed"),
        (b'"\xed\xa0\x80"', "json.malformed"),
        (b" {}", "json.not-canonical"),
        (b"{}\n", "json.not-canonical"),
        (b'{"a": 1}', "json.not-canonical"),
        (b'{"b":1,"a":2}', "json.not-canonical"),
        (b'{"a":1,"a":1}', "json.repeated-member"),
        (b'{"a":{"b":1,"b":2}}', "json.repeated-member"),
        (b"-0", "json.not-canonical"),
        (b"01", "json.malformed"),
        (b"1.0", "json.fraction"),
        (b"1e3", "json.fraction"),
        (b"NaN", "json.fraction"),
        (b"-Infinity", "json.fraction"),
        (b"9007199254740992", "json.integer-range"),
        (b"-9007199254740992", "json.integer-range"),
        (b"9" * 5000, "json.integer-range"),
        (b'"\\u0041"', "json.not-canonical"),
        (b'"\\/"', "json.not-canonical"),
        (b'"\\u001F"', "json.not-canonical"),
        (b'"\\u000a"', "json.not-canonical"),
        (b'"\\ud83d\\ude00"', "json.not-canonical"),
        (b'"\\ud83d"', "json.surrogate"),
        (b'{"\\udc00":1}', "json.surrogate"),
        (b"[" * 17 + b"0" + b"]" * 17, "json.too-deep"),
        (b"[" * 100_000, "json.malformed"),
        (b"[" * 5000 + b"]" * 5000, "json.malformed"),
    ],
)
def test_every_other_form_is_refused(data: bytes, expected: str) -> None:
    assert reason(data) == expected


def test_names_are_sorted_by_utf16_units_as_the_standard_says() -> None:
    """U+1F600 starts with the unit D83D, before U+FB33, though its code point is larger."""
    right = '{"\U0001f600":1,"\ufb33":2}'.encode()
    wrong = '{"\ufb33":2,"\U0001f600":1}'.encode()
    assert canonical.encode({"\ufb33": 2, "\U0001f600": 1}) == right == rfc8785.dumps(decode(right))
    assert reason(wrong) == "json.not-canonical"


def test_the_place_of_the_first_difference_is_told() -> None:
    with pytest.raises(FormatError) as caught:
        decode(b'{"a": 1}')
    assert caught.value.where == "thing, byte 5"


def test_the_limit_is_told_before_anything_is_read() -> None:
    with pytest.raises(FormatError) as caught:
        canonical.decode(b"[" * 11, what="thing", limit=10)
    assert caught.value.reason == "json.too-large"


def test_the_deepest_nesting_is_taken_both_ways() -> None:
    deepest: Json = 0
    for _ in range(DEEPEST):
        deepest = {"a": deepest}
    assert decode(canonical.encode(deepest)) == deepest
    with pytest.raises(FormatError) as caught:
        canonical.encode({"a": deepest})
    assert caught.value.reason == "json.too-deep"


def test_many_brackets_side_by_side_are_not_deep() -> None:
    value: Json = [[] for _ in range(50)]
    assert decode(canonical.encode(value)) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, "json.fraction"),
        ({"a": 1.0}, "json.fraction"),
        ({"a": [float("nan")]}, "json.fraction"),
        ({"a": b"bytes"}, "json.fraction"),
        ({"a": 2**53}, "json.integer-range"),
        ([-(2**53)], "json.integer-range"),
        ("\ud800", "json.surrogate"),
        ({"\udfff": 1}, "json.surrogate"),
        ({"a": ["\ud800"]}, "json.surrogate"),
    ],
)
def test_what_json_cannot_hold_is_not_encoded(value: Json, expected: str) -> None:
    with pytest.raises(FormatError) as caught:
        canonical.encode(value)
    assert caught.value.reason == expected


@given(st.binary(max_size=40))
def test_base64url_has_one_form(data: bytes) -> None:
    assert canonical.base64url_bytes(canonical.base64url_text(data), where="x") == data


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "+/+/", "A A", "AAAAA", "ä", "\n", None, 7])
def test_other_base64url_is_refused(text: object) -> None:
    with pytest.raises(FormatError) as caught:
        canonical.base64url_bytes(text, where="x")
    assert caught.value.reason in {"base64.malformed", "base64.not-canonical"}


@pytest.mark.parametrize("text", ["A", "AB==", "AA", "AA=", "-_-_", "AA==\n", "ä", "AAA=A"])
def test_other_base64_is_refused(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        canonical.base64_bytes(text, where="x")
    assert caught.value.reason in {"base64.malformed", "base64.not-canonical"}


@given(st.binary(min_size=4, max_size=4))
def test_hex_has_one_form(data: bytes) -> None:
    assert canonical.hex_bytes(data.hex(), 4, where="x") == data


@pytest.mark.parametrize(
    "text",
    ["", "0", "0A0b0c0d", "0a 0b0c0d", "0a0b0c0d0e", "0a0b0c", "٠٠٠٠٠٠٠٠", None, b"0a0b0c0d"],
)
def test_other_hex_is_refused(text: object) -> None:
    with pytest.raises(FormatError) as caught:
        canonical.hex_bytes(text, 4, where="x")
    assert caught.value.reason == "hex.malformed"


@pytest.mark.parametrize("text", ["", "00", "01", "-1", "+1", "1 ", "١", "1" * 20, "0x1"])
def test_other_decimals_are_refused(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        canonical.decimal(text, where="x")
    assert caught.value.reason == "decimal.malformed"


@given(st.integers(0, 10**19 - 1))
def test_decimals_have_one_form(number: int) -> None:
    assert canonical.decimal(str(number), where="x") == number


MOMENTS = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001  # the zone is added by the strategy
    datetime(9999, 12, 30),  # noqa: DTZ001  # likewise
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-11))]),
)


@given(MOMENTS, st.booleans())
def test_times_have_one_form(moment: datetime, micro: bool) -> None:
    text = canonical.time_text(moment, microseconds=micro)
    expected = moment if micro else moment.replace(microsecond=0)
    assert canonical.time_of(text, where="x", microseconds=micro) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:00:00+00:00",
        "2026-11-22 10:00:00Z",
        "2026-11-22t10:00:00z",
        "2026-11-22T10:00Z",
        "2026-11-22T10:00:00.5Z",
        "2026-11-22T10:00:00.000000Z",
        "2026-02-30T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "0000-01-01T10:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:00:60Z",
        "2026-11-22T10:60:00Z",
        "２０２６-11-22T10:00:00Z",
        "2026-11-22T10:00:00Z\n",
        "2026-W47-7T10:00:00Z",
        None,
        0,
    ],
)
def test_other_times_are_refused(text: object) -> None:
    with pytest.raises(FormatError) as caught:
        canonical.time_of(text, where="x")
    assert caught.value.reason == "time.malformed"
