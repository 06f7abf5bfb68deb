"""A monitor's state: one encoding, and nothing else is taken for one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.edge import partial_widths
from evidence_ledger.core.log_growth import Mark
from evidence_ledger.core.monitor_state import MonitorState, Progress
from evidence_ledger.errors import EvidenceError, FormatError, NewerFormat
from tests.forked_log import Branch

HASHES = st.binary(min_size=32, max_size=32)


def mark(size: int, last: bytes, waiting: tuple[int, str] | None) -> Mark:
    rows = tuple(bytes(32 * width) for width in partial_widths(size))
    return Mark(size, rows, last, "2026-11-22T10:00:00.000000Z", waiting)


MARKS = st.builds(
    mark,
    size=st.integers(0, 2**50),
    last=HASHES,
    waiting=st.none() | st.tuples(st.integers(0, 9), st.just("2026-11-22T10:00:00.000000Z")),
)
NOTES = st.integers(1, 9).map(Branch(0).note)
TIMES = st.none() | st.just(datetime(2026, 11, 22, 10, tzinfo=UTC))
STATES = st.builds(
    MonitorState,
    origin=st.sampled_from(["", "ledger.example/1", "法院.example"]),
    note=st.none() | NOTES,
    mark=MARKS,
    progress=st.none() | st.builds(Progress, NOTES, MARKS),
    first_seen=TIMES,
    seen=TIMES,
    watched=st.dictionaries(st.sampled_from(["sha256:aa", "signer:bb"]), st.integers(0, 99)),
    unfollowed=st.lists(NOTES, max_size=3).map(tuple),
)
ONE = MonitorState("ledger.example/1", Branch(0).note(5), Mark(5, (bytes(160),), bytes(32)))


@given(STATES)
def test_what_is_written_is_read(state: MonitorState) -> None:
    assert MonitorState.parse(state.encode()) == state


@given(st.integers(0, 2000), st.binary(max_size=3))
def test_what_is_read_is_what_would_be_written(at: int, piece: bytes) -> None:
    whole = ONE.encode()
    data = whole[:at] + piece + whole[at + len(piece) :]
    try:
        found = MonitorState.parse(data)
    except EvidenceError:
        return
    assert found.encode() == data


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":0'),
        (b'"size":5', b'"size":-5'),
        (b'"size":5', b'"size":"5"'),
        (b'"watched":{}', b'"watched":[]'),
        (b'"waiting":null', b'"waiting":[1]'),
        (b'"rows":[', b'"rows":["0",'),
        (b'"progress":null', b'"progress":{}'),
        (b'"v":1,', b'"unfollowed":[],"v":1,'),
        (b'"v":1,', b'"unfollowed":[1],"v":1,'),
        (b'"v":1,', b'"unfollowed":null,"v":1,'),
        (b'"v":1,', b'"unfollowed":["a"],"v":1,'),
        (b'"origin":"ledger.example/1"', b'"origin":1'),
        (b'"seen":null,"v"', b'"seen":"yesterday","v"'),
    ],
)
def test_each_member_is_what_it_must_be(old: bytes, new: bytes) -> None:
    data = ONE.encode()
    assert old in data
    with pytest.raises(FormatError):
        MonitorState.parse(data.replace(old, new, 1))


@pytest.mark.parametrize(
    ("size", "rows"),
    [(9, (bytes(160),)), (5, ()), (5, (bytes(159),)), (0, (b"",)), (256, (b"",)), (5, (b"",) * 2)],
)
def test_rows_that_do_not_fit_the_size_are_damage(size: int, rows: tuple[bytes, ...]) -> None:
    for state in (
        replace(ONE, mark=Mark(size, rows)),
        replace(ONE, progress=Progress(Branch(0).note(5), Mark(size, rows))),
    ):
        with pytest.raises(FormatError) as caught:
            MonitorState.parse(state.encode())
        assert caught.value.reason == "monitor-state.malformed"


def test_a_newer_state_is_said_to_be_newer() -> None:
    with pytest.raises(NewerFormat):
        MonitorState.parse(ONE.encode().replace(b'"v":1', b'"v":2'))
