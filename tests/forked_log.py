"""Two histories of one log, as an operator signs them who forks; and what each side can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evidence_ledger.core import merkle
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.held import Held
from evidence_ledger.core.note import Note
from evidence_ledger.core.tree_reader import TreeReader
from tests.small_log import LOG, TestKey


@dataclass(frozen=True)
class Branch:
    """A log whose entries are those of every branch up to ``fork``, and its own from there on."""

    fork: int
    name: str = "a"
    origin: str = LOG.name
    signers: Sequence[TestKey] = (LOG,)

    def leaves(self, size: int) -> list[bytes]:
        names = ("" if number < self.fork else self.name for number in range(size))
        return [merkle.leaf_hash(f"{name}{number}".encode()) for number, name in enumerate(names)]

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, merkle.root_hash(self.leaves(size)))

    def note(self, size: int) -> Note:
        text = self.checkpoint(size).encode()
        return Note.parse(text + b"\n" + b"".join(key.line(text) for key in self.signers))

    def held(self, size: int) -> Held:
        """A checkpoint alone."""
        return Held.of(self.note(size))

    def certificate(self, size: int, index: int) -> Held:
        """A checkpoint with the proof of one entry."""
        leaves = self.leaves(size)
        path = merkle.inclusion_proof(leaves, index)
        return Held.with_entry(self.note(size), leaves[index], index, path)

    def tree(self, size: int) -> TreeReader:
        """The tree as it is served."""
        edge = Edge()
        tiles = {(one.level, one.index): one for one in edge.push_many(self.leaves(size))}
        return TreeReader(lambda level, index: tiles.get((level, index)), edge)
