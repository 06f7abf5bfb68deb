"""A checkpoint that somebody holds, and what it proves: every certificate holds one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from evidence_ledger.core import certificate, entry, merkle
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.container import Container
from evidence_ledger.core.edge import HASH, HEIGHT, Edge
from evidence_ledger.core.merkle import Node
from evidence_ledger.core.misbehaviour import Shown
from evidence_ledger.core.note import Note
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.tree_reader import TreeReader


@dataclass(frozen=True, slots=True)
class Held:
    """A checkpoint that somebody holds, and the nodes of its tree that are proved to them."""

    note: Note
    checkpoint: Checkpoint
    nodes: Mapping[Node, Shown] = field(default_factory=dict)

    @classmethod
    def of(cls, note: Note) -> Held:
        """A checkpoint alone. Raises FormatError."""
        checkpoint = Checkpoint.parse(note.text)
        return cls(note, checkpoint, _whole(checkpoint))

    @classmethod
    def with_entry(cls, note: Note, leaf: bytes, index: int, path: Sequence[bytes]) -> Held:
        """A checkpoint and an inclusion proof. Raises FormatError, and Refused for a wrong one."""
        checkpoint = Checkpoint.parse(note.text)
        merkle.verify_inclusion(leaf, index, checkpoint.size, path, checkpoint.root)
        proved = proved_nodes(leaf, index, checkpoint.size, path)
        return cls(note, checkpoint, _whole(checkpoint) | proved)

    @classmethod
    def with_edge(cls, note: Note, rows: Sequence[bytes]) -> Held:
        """A checkpoint and the hashes of its partial tiles. Raises FormatError, UsageError."""
        checkpoint = Checkpoint.parse(note.text)
        tree = TreeReader(lambda *_: None, Edge.rebuild(checkpoint.size, rows))
        nodes = [
            (HEIGHT * level, (checkpoint.size >> HEIGHT * (level + 1) << HEIGHT) + at)
            for level, row in enumerate(rows)
            for at in range(len(row) // HASH)
        ]
        proved = {
            node: Shown(tree.node(*node), tuple(tree.node_path(node, checkpoint.size)))
            for node in nodes
        }
        return cls(note, checkpoint, _whole(checkpoint) | proved)

    @classmethod
    def of_certificate(cls, source: BinaryIO) -> Held:
        """What a certificate holds; signatures are not looked at. Raises FormatError, Refused."""
        parts = certificate.parse(Container(source))
        proof = TlogProof.parse(parts.proof)
        note = Note.parse(proof.checkpoint_note)
        return cls.with_entry(note, entry.leaf_hash(parts.entry), proof.index, proof.hashes)


def _whole(checkpoint: Checkpoint) -> dict[Node, Shown]:
    """The root is a node itself where the size is a power of 2."""
    size = checkpoint.size
    if size & (size - 1) or not size:
        return {}
    return {(size.bit_length() - 1, 0): Shown(checkpoint.root, ())}


def proved_nodes(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> dict[Node, Shown]:
    """The perfect subtrees on an inclusion proof's way and beside it, each with its own path."""
    found: dict[Node, Shown] = {(0, index): Shown(leaf, tuple(path))}
    current, start, end = leaf, index, index + 1
    for step, nodes in enumerate(merkle.inclusion_nodes(index, size)):
        sibling, rest = path[step], tuple(path[step + 1 :])
        if len(nodes) == 1:
            found[nodes[0]] = Shown(sibling, (current, *rest))
        left, right = _span(nodes)
        pair = (sibling, current) if left < start else (current, sibling)
        current, start, end = merkle.node_hash(*pair), min(left, start), max(right, end)
        if (end - start) & (end - start - 1) == 0:
            level = (end - start).bit_length() - 1
            found[level, start >> level] = Shown(current, rest)
    return found


def _span(nodes: Sequence[Node]) -> tuple[int, int]:
    (first_level, first), (last_level, last) = nodes[0], nodes[-1]
    return first << first_level, (last + 1) << last_level
