"""The signer's memory: whole or not there, and compared before it is replaced."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.memory import LARGEST, FileMemory
from evidence_ledger.errors import HeadMoved, LedgerCorrupt, LedgerError, LedgerReadOnly

NOTE = b"ledger\n1\nroot\n\n\xe2\x80\x94 ledger c2ln\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "last-checkpoint"


def test_there_is_nothing_before_the_first(path: Path) -> None:
    assert FileMemory(path).recall() is None
    assert list(path.parent.iterdir()) == []


def test_what_was_remembered_is_recalled_by_another(path: Path) -> None:
    FileMemory(path).remember(None, NOTE)
    FileMemory(path).remember(NOTE, NOTE + b"2")
    assert FileMemory(path).recall() == NOTE + b"2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("before", [None, b"", b"another"])
def test_it_is_not_replaced_by_who_did_not_know_it(path: Path, before: bytes | None) -> None:
    FileMemory(path).remember(None, NOTE)
    with pytest.raises(HeadMoved):
        FileMemory(path).remember(before, b"fork")
    assert FileMemory(path).recall() == NOTE


def test_nobody_knows_what_is_not_there(path: Path) -> None:
    with pytest.raises(HeadMoved):
        FileMemory(path).remember(NOTE, b"fork")
    assert FileMemory(path).recall() is None


@given(st.data())
def test_any_changed_byte_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("memory") / "note"
    FileMemory(path).remember(None, NOTE)
    stored = bytearray(path.read_bytes())
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(stored)
    with pytest.raises(LedgerCorrupt, match="damaged"):
        FileMemory(path).recall()


@pytest.mark.parametrize("size", [0, 1, 64, 65, 70])
def test_a_cut_file_is_noticed(path: Path, size: int) -> None:
    FileMemory(path).remember(None, NOTE)
    os.truncate(path, size)
    with pytest.raises(LedgerCorrupt):
        FileMemory(path).recall()


def test_a_damaged_memory_is_not_overwritten(path: Path) -> None:
    path.write_bytes(b"scribble")
    with pytest.raises(LedgerCorrupt):
        FileMemory(path).remember(None, NOTE)
    assert path.read_bytes() == b"scribble"


def test_a_draft_left_by_a_crash_is_no_memory(path: Path) -> None:
    FileMemory(path).remember(None, NOTE)
    path.with_name(path.name + ".new").write_bytes(b"half a no")
    assert FileMemory(path).recall() == NOTE
    FileMemory(path).remember(NOTE, b"next")
    assert FileMemory(path).recall() == b"next"


def test_a_note_of_any_size_is_not_read_into_memory(path: Path) -> None:
    path.write_bytes(bytes(LARGEST + 1))
    with pytest.raises(LedgerCorrupt):
        FileMemory(path).recall()
    path.unlink()
    with pytest.raises(LedgerError, match="too large"):
        FileMemory(path).remember(None, bytes(LARGEST))


def test_a_folder_in_its_place_is_an_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(LedgerReadOnly):
        FileMemory(path).recall()


def test_a_folder_that_is_not_there_is_an_error(path: Path) -> None:
    with pytest.raises(LedgerReadOnly):
        FileMemory(path / "nowhere").remember(None, NOTE)


def count_up(path: Path, times: int) -> None:
    """Add one to the number in the memory, ``times`` times, against all others."""
    memory = FileMemory(path)
    while times:
        before = memory.recall()
        try:
            memory.remember(before, b"%d" % (int(before or b"0") + 1))
        except HeadMoved:
            continue
        times -= 1


def test_two_processes_never_both_replace_the_same_note(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=count_up, args=(path, 25)) for _ in range(2)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
    assert [other.exitcode for other in others] == [0, 0]
    assert FileMemory(path).recall() == b"50"
