"""Whether two checkpoints of one log contradict each other, and the proof that they do.

No list of entries has two roots at one size, and no list begins with what another root stands for:
that would be a collision of SHA-256. So the log's key under both checkpoints means two histories.
"""

from __future__ import annotations

from evidence_ledger.core import merkle
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.held import Held
from evidence_ledger.core.merkle import Node
from evidence_ledger.core.misbehaviour import Differing, Misbehaviour, Prefix, SameSize, Shown
from evidence_ledger.core.tree_reader import TreeReader
from evidence_ledger.errors import Refused, Undecided


def check_one_log(one: Checkpoint, other: Checkpoint) -> None:
    """Raises Undecided for checkpoints of two logs."""
    if one.origin != other.origin:
        raise Undecided(
            "misbehaviour.two-ledgers",
            f"One is of {one.origin}, the other of {other.origin}: this proves nothing.",
        )


def between(one: Held, other: Held) -> Misbehaviour | None:
    """The proof that these two show, with no ledger asked; None where they show none.

    Raises Undecided for two logs.
    """
    check_one_log(one.checkpoint, other.checkpoint)
    if one.checkpoint.size == other.checkpoint.size:
        return _same_size(one, other)
    for node in sorted(one.nodes.keys() & other.nodes.keys()):
        first, second = one.nodes[node], other.nodes[node]
        if first.hash != second.hash:
            return Misbehaviour.of(one.note, other.note, Differing(node, first, second))
    return None


def _same_size(one: Held, other: Held) -> Misbehaviour | None:
    if one.checkpoint.root == other.checkpoint.root:
        return None
    return Misbehaviour.of(one.note, other.note, SameSize())


def against(held: Held, served: Held, tree: TreeReader) -> Misbehaviour | None:
    """The proof that ``held`` contradicts ``served``, whose tree can be read; None for none.

    ``tree`` gives the root of ``served`` at its size. Where ``served`` is the larger, None means
    that it continues ``held``; where it is the smaller one, None decides nothing.
    Raises what reading the tree raises, and Undecided for two logs.
    """
    old, new = held.checkpoint, served.checkpoint
    check_one_log(old, new)
    if old.size == new.size:
        return _same_size(held, served)
    if old.size > new.size:
        return _by_nodes(held, served, tree)
    if old.size == 0 or tree.root(old.size) == old.root:
        return None
    proof = Prefix(tuple(tree.prefix_proof(old.size, new.size)))
    return Misbehaviour.of(held.note, served.note, proof)


def _by_nodes(held: Held, served: Held, tree: TreeReader) -> Misbehaviour | None:
    size = served.checkpoint.size
    for node in sorted(held.nodes):
        level, index = node
        if (index + 1) << level > size:
            continue
        there = tree.node(level, index)
        if there != held.nodes[node].hash:
            shown = Shown(there, tuple(tree.node_path(node, size)))
            return Misbehaviour.of(held.note, served.note, Differing(node, held.nodes[node], shown))
    return None


def check_authentic(found: Misbehaviour) -> str:
    """The proof follows from the roots that were signed. Raises Refused."""
    first, second = found.checkpoints
    proof = found.proof
    if isinstance(proof, SameSize):
        if first.size != second.size:
            raise Refused("misbehaviour.sizes", "The two checkpoints are not of one size.")
        return "Two checkpoints of one size need no further proof."
    if isinstance(proof, Prefix):
        _, root = merkle.prefix_roots(first.size, second.size, proof.hashes)
        if root != second.root:
            raise Refused(
                "misbehaviour.proof", "The proof does not lead to the larger tree's signed root."
            )
        return f"The proof leads to the signed root of {second.size} entries."
    merkle.verify_node(proof.node, proof.first.hash, first.size, proof.first.path, first.root)
    merkle.verify_node(proof.node, proof.second.hash, second.size, proof.second.path, second.root)
    return "In each tree the proof leads to the signed root."


def check_contradiction(found: Misbehaviour) -> str:
    """What contradicts what, in one sentence; the proof is authentic. Raises Undecided."""
    first, second = found.checkpoints
    proof = found.proof
    if isinstance(proof, SameSize):
        return f"Of {first.size} entries two different roots were signed."
    if isinstance(proof, Prefix):
        root, _ = merkle.prefix_roots(first.size, second.size, proof.hashes)
        if root != first.root:
            return (
                f"The first {first.size} of the {second.size} entries are not the "
                f"{first.size} entries that were signed before."
            )
    if isinstance(proof, Differing) and proof.first.hash != proof.second.hash:
        return f"{_entries(proof.node)} not the same in both."
    raise Undecided(
        "misbehaviour.no-contradiction",
        "The two checkpoints do not contradict each other: this proves nothing.",
    )


def _entries(node: Node) -> str:
    level, index = node
    if level == 0:
        return f"Entry {index} is"
    return f"Entries {index << level} to {((index + 1) << level) - 1} are"
