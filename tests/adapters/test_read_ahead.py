"""Reading ahead gives the same bytes, asks for nothing twice, and holds little."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from evidence_ledger.adapters.monitor.read_ahead import AHEAD, ReadAhead
from evidence_ledger.core.tile import level_paths
from evidence_ledger.errors import LogUnreachable
from tests.small_log import SmallLog

SMALL = SmallLog([b"entry %d" % n for n in range(256 * 20 + 3)])


@dataclass
class Counting:
    """A source that notes what it is asked for."""

    asked: list[str] = field(default_factory=list)
    gone: str = ""

    def checkpoint(self) -> bytes:
        return SMALL.checkpoint()

    def tile(self, path: str) -> bytes:
        self.asked.append(path)
        if path == self.gone:
            raise LogUnreachable("gone", where=path)
        return SMALL.tile(path)


def test_what_is_read_is_what_the_log_holds_each_file_once() -> None:
    source = Counting()
    with ReadAhead(source) as ahead:
        ahead.checkpoint()
        for path in level_paths(None, len(SMALL.entries)):
            assert ahead.tile(path.encode()) == SMALL.tile(path.encode())
            assert len(ahead._coming) <= 2 * AHEAD + 2
            tile = path.encode().replace("entries", "0")
            assert ahead.tile(tile) == SMALL.tile(tile)
    assert len(source.asked) == len(set(source.asked)) == 42


def test_a_file_that_is_missing_is_missing_when_it_is_asked_for() -> None:
    with ReadAhead(Counting(gone="tile/entries/003")) as ahead:
        ahead.checkpoint()
        for index in range(3):
            ahead.tile(f"tile/entries/{index:03}")
        with pytest.raises(LogUnreachable):
            ahead.tile("tile/entries/003")
        assert ahead.tile("tile/entries/004") == SMALL.tile("tile/entries/004")


def test_files_are_fetched_side_by_side() -> None:
    """Each waits until another is on its way too."""
    together = threading.Barrier(2, timeout=30)

    class Slow(Counting):
        def tile(self, path: str) -> bytes:
            if "entries" in path and path > "tile/entries/001":
                together.wait()
            return super().tile(path)

    with ReadAhead(Slow()) as ahead:
        ahead.checkpoint()
        ahead.tile("tile/entries/000")
        ahead.tile("tile/entries/001")
        assert ahead.tile("tile/entries/002") == SMALL.tile("tile/entries/002")
        together.abort()


def test_single_files_read_nothing_ahead() -> None:
    source = Counting()
    with ReadAhead(source) as ahead:
        ahead.checkpoint()
        ahead.tile("tile/0/005")
        ahead.tile("tile/entries/005")
    assert source.asked == ["tile/0/005", "tile/entries/005"]
