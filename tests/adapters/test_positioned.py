"""A file that is a place in something else."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.files.positioned import PositionedFile

DATA = bytes(range(50))


def opened() -> io.BufferedReader:
    return io.BufferedReader(
        PositionedFile(lambda start, count: DATA[start : start + count], lambda: len(DATA)), 8
    )


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.integers(-60, 60), st.integers(-1, 60))))
def test_it_reads_as_any_file_does(steps: list[tuple[int, int, int]]) -> None:
    file, other = opened(), io.BytesIO(DATA)
    for whence, offset, count in steps:
        base = (0, other.tell(), len(DATA))[whence]
        if base + offset < 0:
            with pytest.raises(OSError, match="beginning"):
                PositionedFile(lambda *_: b"", lambda: 0).seek(-1)
            continue
        assert file.seek(offset, whence) == other.seek(base + offset)
        assert file.read(count) == other.read(count)
        assert file.tell() == other.tell()
