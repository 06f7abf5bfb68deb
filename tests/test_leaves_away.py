"""Leaf hashes of a served ledger, proved by tiles of trees of every shape."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest

from evidence_ledger.core import merkle
from evidence_ledger.core.edge import HASH
from evidence_ledger.core.entry import Entry
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.tile import TilePath
from evidence_ledger.errors import LogUnreachable, ServerAnswerInvalid
from evidence_ledger.leaves_away import LeavesAway
from tests.fakes import NOON

LEAVES = [hashlib.sha256(b"%d" % at).digest() for at in range(1025)]


@dataclass
class Served:
    """A log of the first ``size`` leaves, and its entries; ``false`` are leaves that it lies of."""

    size: int
    false: dict[int, bytes] = field(default_factory=dict)

    def entry(self, index: int) -> tuple[Entry, bytes]:
        made = Entry(index, "deposit", bytes(32), NOON, bytes(32), bytes(32))
        return made, self.false.get(index, LEAVES[index])

    def checkpoint(self) -> bytes:
        raise LogUnreachable("not asked for")

    def tile(self, path: str) -> bytes:
        place = TilePath.parse(path)
        assert place.level is not None
        span = 256**place.level
        first = place.index * 256
        held = LEAVES[: self.size]
        return b"".join(
            merkle.root_hash(held[at * span : (at + 1) * span]) if span > 1 else held[at]
            for at in range(first, first + place.width)
        )

    def leaves(self) -> LeavesAway:
        return LeavesAway(self, self, TreePoint(self.size, merkle.root_hash(LEAVES[: self.size])))


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700, 1024, 1025])
def test_every_leaf_is_proved(size: int) -> None:
    served = Served(size)
    found = served.leaves()
    for index in {0, size // 2, size - 1}:
        assert found.is_proved(index)
        assert found.leaf(index) == LEAVES[index]


@pytest.mark.parametrize("size", [2, 257, 700])
def test_a_leaf_that_is_not_in_the_tree(size: int) -> None:
    served = Served(size, {size - 1: bytes(HASH)})
    with pytest.raises(ServerAnswerInvalid, match="not under its own checkpoint"):
        served.leaves().leaf(size - 1)


def test_a_tile_that_is_cut_short_or_false() -> None:
    class Short(Served):
        def tile(self, path: str) -> bytes:
            return super().tile(path)[:-1]

    with pytest.raises(ServerAnswerInvalid):
        Short(300).leaves().leaf(1)

    class Wrong(Served):
        def tile(self, path: str) -> bytes:
            return bytes(len(super().tile(path)))

    with pytest.raises(ServerAnswerInvalid):
        Wrong(300).leaves().leaf(1)


def test_an_entry_after_the_checkpoint_is_taken_at_the_server_s_word() -> None:
    found = Served(10).leaves()
    assert not found.is_proved(10)
    assert found.leaf(10) == LEAVES[10]
