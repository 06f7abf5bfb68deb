"""The memory beside the database: a write that is cut off leaves what was there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.witness.memory import PLACE_SIZE, SlotMemory
from evidence_ledger.core.cosigned import Admitted, Remembered
from evidence_ledger.errors import FormatError, WitnessCorrupt, WitnessUnavailable

ORIGIN = "log.example"


def remembered(number: int, size: int = 100) -> Remembered:
    return Remembered(number, bytes(32), Admitted(b"x" * size, b"\xe2\x80\x94 %d\n" % number))


def write(memory: SlotMemory, *newest: Remembered) -> None:
    for one in newest:
        with memory.remembering({ORIGIN: one}):
            pass


@given(
    st.integers(0, 10**18 - 1),
    st.none() | st.binary(min_size=32, max_size=32),
    st.binary(min_size=1, max_size=300),
    st.binary(max_size=300),
)
def test_what_is_written_is_read(
    number: int, before: bytes | None, text: bytes, signatures: bytes
) -> None:
    meant = Remembered(number, before, Admitted(text, signatures))
    assert Remembered.parse(meant.encode()) == meant


@given(st.binary(max_size=100))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        Remembered.parse(data)


def test_the_newest_of_both_places_counts(tmp_path: Path) -> None:
    memory = SlotMemory(tmp_path)
    assert memory.recall(ORIGIN) is None
    for number in range(5):
        write(memory, remembered(number, 100 + 3000 * (number % 3)))
        assert SlotMemory(tmp_path).recall(ORIGIN) == remembered(number, 100 + 3000 * (number % 3))
        assert memory.recall(ORIGIN) == SlotMemory(tmp_path).recall(ORIGIN)


@pytest.mark.parametrize("cut", [0, 1, 40, 90, 150, 290])
def test_a_write_that_is_cut_off_leaves_the_one_before(tmp_path: Path, cut: int) -> None:
    memory = SlotMemory(tmp_path)
    write(memory, remembered(0), remembered(1))
    path = next(tmp_path.iterdir())
    before = path.read_bytes()
    write(memory, remembered(2, 50))
    after = path.read_bytes()
    path.write_bytes(after[:cut] + before[cut:])
    assert memory.recall(ORIGIN) == remembered(1 if cut < 290 else 2, 100 if cut < 290 else 50)


def test_another_process_is_seen(tmp_path: Path) -> None:
    ours, other = SlotMemory(tmp_path), SlotMemory(tmp_path)
    write(ours, remembered(0))
    assert other.recall(ORIGIN) == remembered(0)
    write(other, remembered(1))
    assert ours.recall(ORIGIN, again=True) == remembered(1)


def test_both_places_damaged(tmp_path: Path) -> None:
    memory = SlotMemory(tmp_path)
    write(memory, remembered(0), remembered(1))
    path = next(tmp_path.iterdir())
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    data[PLACE_SIZE + 200] ^= 1
    path.write_bytes(data)
    with pytest.raises(WitnessCorrupt):
        memory.recall(ORIGIN, again=True)
    memory.start_over(ORIGIN, remembered(0))
    assert memory.recall(ORIGIN) == remembered(0)


def test_a_first_record_never_takes_the_place_of_another(tmp_path: Path) -> None:
    memory = SlotMemory(tmp_path)
    write(memory, remembered(0))
    with pytest.raises(WitnessUnavailable):
        write(memory, remembered(0, 7))


def test_nobody_writes_once_the_turn_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where one of several writes failed."""
    memory = SlotMemory(tmp_path)
    written: list[str] = []

    def slow(origin: str, _: Remembered) -> None:
        if origin == "0":
            raise WitnessUnavailable("no space")
        time.sleep(0.05)
        written.append(origin)

    monkeypatch.setattr(memory, "_write", slow)
    newest = {str(number): remembered(0) for number in range(12)}
    with pytest.raises(WitnessUnavailable), memory.remembering(newest):
        pass
    count = len(written)
    time.sleep(0.2)
    assert len(written) == count > 0
