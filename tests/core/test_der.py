"""The DER reader takes exactly what the writer makes, and names what is wrong elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import ber, der
from evidence_ledger.core import der_writer as w
from evidence_ledger.errors import FormatError

MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001 - hypothesis wants naive bounds
    lambda moment: moment.replace(tzinfo=UTC)
)
OIDS = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(0, 39), st.integers(0, 1 << 128)),
    st.tuples(st.just(2), st.integers(0, 1 << 64), st.integers(0, 1 << 128)),
).map(lambda arcs: ".".join(map(str, arcs)))


def node(data: bytes) -> der.Node:
    return der.parse(data, "test")


@given(st.integers())
def test_integers_come_back(value: int) -> None:
    assert node(w.integer(value)).integer("test") == value


@given(OIDS)
def test_object_identifiers_come_back_and_are_those_of_others(text: str) -> None:
    assert node(w.oid(text)).oid("test") == text


@given(st.binary(max_size=300), st.sampled_from([0x04, 0x30, 0x31, 0xA0, 0x80]))
def test_any_content_comes_back(content: bytes, tag: int) -> None:
    found = node(w.tlv(tag, content))
    assert (found.tag, found.content, found.raw) == (tag, content, w.tlv(tag, content))


@given(MOMENTS)
def test_times_come_back(moment: datetime) -> None:
    assert node(w.generalized_time(moment)).time("test") == moment
    assert node(w.x509_time(moment)).time("test") == moment.replace(microsecond=0)


@given(st.binary(max_size=40), st.integers(0, 7))
def test_bit_strings_come_back(bits: bytes, unused: int) -> None:
    unused = unused if bits else 0
    cleared = bits[:-1] + bytes((bits[-1] >> unused << unused,)) if bits else b""
    assert node(w.bit_string(cleared, unused)).flags("test") == (cleared, unused)


@given(st.lists(st.binary(max_size=6)))
def test_sets_are_sorted_and_known_to_be(contents: list[bytes]) -> None:
    found = node(w.set_of(map(w.octet_string, contents)))
    assert sorted(n.content for n in found.ascending("test")) == sorted(contents)


def test_a_known_encoding() -> None:
    """X.690, 8.19.5 and 8.3: {2 999 3}, -129 and 256."""
    assert w.oid("2.999.3") == bytes.fromhex("0603883703")
    assert w.integer(-129) == bytes.fromhex("0202ff7f")
    assert w.integer(256) == bytes.fromhex("02020100")
    assert w.tlv(0x04, bytes(200))[:3] == bytes.fromhex("0481c8")


def test_an_x509_name_is_read_as_its_writer_meant() -> None:
    name = x509.Name.from_rfc4514_string("CN=Ann,O=Court")
    parts = node(name.public_bytes()).elements("name")
    pairs = [part.only("rdn", der.SET).elements("pair") for part in parts]
    assert [(k.oid("k"), v.text("v")) for k, v in pairs] == [
        ("2.5.4.10", "Court"),
        ("2.5.4.3", "Ann"),
    ]


HOSTILE = {
    "": "der.truncated",
    "30": "der.truncated",
    "3003020105ff": "der.trailing-bytes",
    "300402": "der.truncated",
    "3080020105": "der.indefinite-length",
    "308103020105": "der.long-length",
    "30820003020105": "der.long-length",
    "3084ffffffff00": "der.truncated",
    "1f8101": "der.high-tag",
}


@pytest.mark.parametrize("data", HOSTILE)
def test_a_malformed_frame_is_refused(data: str) -> None:
    with pytest.raises(FormatError) as caught:
        node(bytes.fromhex(data))
    assert caught.value.reason == HOSTILE[data]


MALFORMED = {
    "0200": ("integer", "der.integer"),
    "02020001": ("integer", "der.integer"),
    "0202ff80": ("integer", "der.integer"),
    "040101": ("integer", "der.unexpected-tag"),
    "010101": ("boolean", "der.boolean"),
    "01020000": ("boolean", "der.boolean"),
    "0600": ("oid", "der.oid"),
    "060180": ("oid", "der.oid"),
    "06022a80": ("oid", "der.oid"),
    "06032a8001": ("oid", "der.oid"),
    "2403040161": ("octets", "der.constructed-string"),
    "0300": ("bits", "der.bits"),
    "030108": ("bits", "der.bits"),
    "030101": ("flags", "der.bits"),
    "03020101": ("flags", "der.bits"),
    "03020100": ("bits", "der.bits"),
    "0c02c328": ("text", "der.text"),
    "020100": ("text", "der.text"),
    "170b3236313132323132303030": ("time", "der.time"),
    "180f32303236303233303132303030305a": ("time", "der.time"),
    "18113230323631313232313230303030302e5a": ("time", "der.time"),
    "180f32303236313132323132303036305a": ("time", "der.time"),
}


@pytest.mark.parametrize("data", MALFORMED)
def test_a_malformed_value_is_refused(data: str) -> None:
    kind, reason = MALFORMED[data]
    with pytest.raises(FormatError) as caught:
        getattr(node(bytes.fromhex(data)), kind)("test")
    assert caught.value.reason == reason


def test_too_much_is_refused() -> None:
    with pytest.raises(FormatError, match="More than 3 bytes"):
        der.parse(b"\x04\x02ab", "test", largest=3)
    with pytest.raises(FormatError, match="more than 2 elements"):
        node(w.sequence(w.null(), w.null(), w.null())).elements("test", most=2)
    with pytest.raises(FormatError, match="exceeds 2 bytes"):
        node(w.integer(1 << 20)).integer("test", longest=2)


def test_a_member_too_many_or_too_few_is_refused() -> None:
    fields = node(w.sequence(w.null())).fields("test")
    fields.next()
    with pytest.raises(FormatError, match="missing"):
        fields.next()
    with pytest.raises(FormatError, match="too many") as caught:
        node(w.sequence(w.null(), w.null())).only("test", der.SEQUENCE)
    assert caught.value.where == "test, byte 4"


def test_an_unsorted_set_is_refused_where_order_counts() -> None:
    with pytest.raises(FormatError, match="order"):
        node(w.tlv(der.SET, w.integer(2) + w.integer(1))).ascending("test")


@pytest.mark.parametrize("text", ["1", "3.1", "1.40", "1.-2", "a.b"])
def test_what_is_no_object_identifier_is_not_written(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        w.oid(text)


NODES = st.recursive(
    st.binary(max_size=8).map(w.octet_string) | st.integers().map(w.integer),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: w.sequence(*parts)),
)


def in_ber(found: der.Node) -> bytes:
    """Indefinite lengths, long lengths and cut strings."""
    if found.tag == der.SEQUENCE:
        return b"\x30\x80" + b"".join(map(in_ber, found.elements("test"))) + b"\0\0"
    if found.tag == der.OCTET_STRING:
        parts = (w.octet_string(bytes((byte,))) for byte in found.content)
        return b"\x24\x80" + b"".join(parts) + b"\0\0"
    size = len(found.content).to_bytes(4, "big")
    return bytes((found.tag, 0x84)) + size + found.content


@given(NODES)
def test_ber_becomes_the_same_der(data: bytes) -> None:
    assert ber.definite(in_ber(node(data))) == data
    assert ber.definite(data) == data


@given(st.binary(max_size=60))
def test_junk_in_ber_is_refused_or_read(junk: bytes) -> None:
    try:
        result = ber.definite(junk)
    except FormatError:
        return
    assert ber.definite(result) == result


BAD_BER = {
    "": "ber.malformed",
    "3080": "ber.malformed",
    "0480": "ber.malformed",
    "30800000ff": "der.trailing-bytes",
    "2480020101" + "0000": "der.unexpected-tag",
    "2380" + "03020180" + "030200ff" + "0000": "ber.malformed",
    "3080" * 40 + "0000" * 40: "ber.too-complex",
    "3084ffffffff": "ber.malformed",
}


@pytest.mark.parametrize("data", BAD_BER)
def test_malformed_ber_is_refused(data: str) -> None:
    with pytest.raises(FormatError) as caught:
        ber.definite(bytes.fromhex(data))
    assert caught.value.reason == BAD_BER[data]


def test_times_before_and_after_2050_take_their_own_form() -> None:
    assert w.x509_time(datetime(2049, 12, 31, tzinfo=UTC))[0] == der.UTC_TIME
    late = datetime(2050, 1, 1, tzinfo=UTC)
    assert w.x509_time(late)[0] == der.GENERALIZED_TIME
    assert node(w.x509_time(late - timedelta(days=1))).time("test").year == 2049
