"""The entry's one form."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.entry import NO_ENTRY, Entry, entry_bytes, leaf_hash, parse
from evidence_ledger.errors import FormatError, NewerFormat

GOLDEN = Entry(
    index=0,
    kind="deposit",
    prev=NO_ENTRY,
    received=datetime(2026, 11, 22, 10, 0, 0, 123, tzinfo=UTC),
    signature=bytes(range(32)),
    statement=bytes(range(32, 64)),
)
GOLDEN_BYTES = (
    b'{"index":0,"kind":"deposit",'
    b'"prev":"0000000000000000000000000000000000000000000000000000000000000000",'
    b'"received":"2026-11-22T10:00:00.000123Z",'
    b'"signature":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",'
    b'"statement":"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",'
    b'"v":1}'
)

ENTRIES = st.builds(
    Entry,
    index=st.integers(0, 2**53 - 1),
    kind=st.from_regex(r"[a-z][a-z-]{0,31}", fullmatch=True).filter(
        lambda kind: kind not in ("seal", "roll")
    ),
    prev=st.binary(min_size=32, max_size=32),
    received=st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # the zone is added by the strategy
    signature=st.binary(min_size=32, max_size=32),
    statement=st.binary(min_size=32, max_size=32),
    mark=st.none() | st.binary(min_size=32, max_size=32),
)


def test_the_golden_entry() -> None:
    assert GOLDEN.encode() == GOLDEN_BYTES
    assert parse(GOLDEN_BYTES) == GOLDEN


def test_the_leaf_hash_is_that_of_rfc_9162() -> None:
    assert leaf_hash(GOLDEN_BYTES) == hashlib.sha256(b"\x00" + GOLDEN_BYTES).digest()


@given(ENTRIES)
def test_an_entry_comes_back_from_its_bytes(entry: Entry) -> None:
    assert parse(entry.encode()) == entry


@given(ENTRIES)
def test_an_entry_is_canonical_json_by_another_judge(entry: Entry) -> None:
    members: dict[str, str | int] = {
        "v": 1,
        "index": entry.index,
        "kind": entry.kind,
        "prev": entry.prev.hex(),
        "received": entry.received.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "statement": entry.statement.hex(),
        "signature": entry.signature.hex(),
    }
    if entry.mark is not None:
        members["mark"] = entry.mark.hex()
    assert entry.encode() == rfc8785.dumps(members)


@given(ENTRIES, st.data())
def test_another_byte_anywhere_is_another_entry_or_none(entry: Entry, data: st.DataObject) -> None:
    encoded = bytearray(entry.encode())
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))
    try:
        found = parse(bytes(encoded))
    except FormatError:
        return
    assert found != entry
    assert found.encode() == bytes(encoded)


def replaced(old: bytes, new: bytes) -> bytes:
    assert old in GOLDEN_BYTES
    return GOLDEN_BYTES.replace(old, new)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(GOLDEN_BYTES + b"\n", id="trailing newline"),
        pytest.param(b" " + GOLDEN_BYTES, id="leading space"),
        pytest.param(replaced(b'"index":0', b'"index":00'), id="leading zero"),
        pytest.param(replaced(b'"index":0', b'"index":-1'), id="negative index"),
        pytest.param(replaced(b'"index":0', b'"index":0.0'), id="fraction"),
        pytest.param(replaced(b'"index":0', b'"index":' + b"9" * 17), id="index above 2^53"),
        pytest.param(replaced(b"deposit", b"Deposit"), id="upper-case kind"),
        pytest.param(replaced(b"deposit", b"d" * 33), id="long kind"),
        pytest.param(replaced(b"0a0b", b"0A0B"), id="upper-case hex"),
        pytest.param(replaced(b"0a0b", b"0a"), id="short hash"),
        pytest.param(replaced(b"000123Z", b"000Z"), id="milliseconds"),
        pytest.param(replaced(b"000123Z", b"000123+00:00"), id="offset instead of Z"),
        pytest.param(replaced(b"2026-11-22", b"2026-02-30"), id="no such day"),
        pytest.param(replaced(b'"v":1', b'"v":0'), id="version 0"),
        pytest.param(replaced(b'"v":1', b'"v":1,"w":2'), id="one more member"),
        pytest.param(replaced(b'"kind":"deposit",', b""), id="a member missing"),
        pytest.param(replaced(b'"prev"', b'"mark":null,"prev"'), id="mark that is none"),
        pytest.param(replaced(b'"prev"', b'"mark":"00","prev"'), id="short mark"),
        pytest.param(replaced(b'"deposit"', b'"roll"'), id="roll without a mark"),
        pytest.param(
            replaced(b'"deposit",', b'"seal","mark":"' + b"0" * 64 + b'",'), id="seal with a mark"
        ),
        pytest.param(b"[" * 2000, id="too large"),
        pytest.param(b"[" * 500, id="nested"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
    ],
)
def test_any_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        parse(data)
    assert not isinstance(caught.value, NewerFormat)


def test_a_newer_version_is_not_judged() -> None:
    with pytest.raises(NewerFormat):
        parse(replaced(b'"v":1', b'"v":2'))


@pytest.mark.parametrize("index", [2**53, 9_999_999_999_999_999])
def test_an_index_that_json_can_not_hold_is_refused(index: int) -> None:
    hashes = bytes(32)
    received = "2026-11-22T10:00:00.000000Z"
    with pytest.raises(FormatError) as caught:
        parse(entry_bytes(index, "deposit", hashes, received, hashes, hashes))
    assert caught.value.reason == "json.integer-range"
    parse(entry_bytes(2**53 - 1, "deposit", hashes, received, hashes, hashes))
