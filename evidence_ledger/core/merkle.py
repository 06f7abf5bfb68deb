"""The Merkle tree of RFC 9162, section 2.1, with SHA-256.

Provers take all leaf hashes, or say by coordinates which stored nodes they need: a node is
``(level, index)``, the perfect subtree over leaves ``index * 2**level`` up to
``(index + 1) * 2**level``. Verifiers raise Refused and return nothing on success.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from evidence_ledger.errors import Refused, UsageError

Node = tuple[int, int]

HASH_SIZE = 32
LARGEST_SIZE = 2**64 - 1
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data) (RFC 9162, section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right) (RFC 9162, section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_hash(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes of 32 bytes each (RFC 9162, section 2.1.1).

    Raises UsageError for a hash of another length.
    """
    if not leaf_hashes:
        return EMPTY_ROOT
    if set(map(len, leaf_hashes)) != {HASH_SIZE}:
        raise UsageError("A leaf hash does not have 32 bytes.")
    level = list(leaf_hashes)
    while len(level) > 1:
        last = level[-1:] if len(level) % 2 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + last
    return level[0]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees that get smaller from left to right. At least one."""
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The path from leaf ``index`` to the root, its sibling first (RFC 9162, section 2.1.3.1).

    Raises UsageError where there is no such leaf.
    """
    ranges = _inclusion_ranges(index, len(leaf_hashes))
    return [root_hash(leaf_hashes[start:end]) for start, end in ranges]


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """The proof that the first ``old_size`` leaves are a prefix (RFC 9162, section 2.1.4.1).

    Raises UsageError where ``old_size`` is 0 or above the number of leaves.
    """
    ranges = _consistency_ranges(old_size, len(leaf_hashes))
    return [root_hash(leaf_hashes[start:end]) for start, end in ranges]


def root_nodes(size: int) -> list[Node]:
    """The perfect subtrees, left to right, whose hashes ``fold`` into the root of ``size``."""
    return _perfect_nodes(0, size)


def inclusion_nodes(index: int, size: int) -> list[list[Node]]:
    """For each hash of ``inclusion_proof`` the nodes whose hashes ``fold`` into it."""
    return [_perfect_nodes(start, end) for start, end in _inclusion_ranges(index, size)]


def consistency_nodes(old_size: int, size: int) -> list[list[Node]]:
    """For each hash of ``consistency_proof`` the nodes whose hashes ``fold`` into it."""
    return [_perfect_nodes(start, end) for start, end in _consistency_ranges(old_size, size)]


def prefix_nodes(old_size: int, size: int) -> list[list[Node]]:
    """For each hash of a prefix proof the nodes whose hashes ``fold`` into it.

    A prefix proof is SUBPROOF(old_size, D[size], false) of RFC 9162, section 2.1.4.1: the
    consistency proof, with the hash in front that it leaves out where ``old_size`` is a power of 2.
    """
    ranges = _consistency_ranges(old_size, size, seeded=True)
    return [_perfect_nodes(start, end) for start, end in ranges]


def node_nodes(node: Node, size: int) -> list[list[Node]]:
    """For each hash of the path from ``node`` to the root the nodes that ``fold`` into it.

    Raises UsageError where the tree of ``size`` leaves does not hold the whole node.
    """
    level, index = node
    if not (0 <= level < 64 and index >= 0 and (index + 1) << level <= size):
        raise UsageError(f"A tree of {size} has no node {index} at height {level}.")
    ranges = _inclusion_ranges(index, -(-size >> level))
    scaled = ((start << level, min(end << level, size)) for start, end in ranges)
    return [_perfect_nodes(start, end) for start, end in scaled]


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that leaf ``index`` of the tree of ``size`` has ``leaf_hash`` (RFC 9162, 2.1.3.2).

    Raises Refused.
    """
    _check_sizes(index, size)
    if index == size:
        raise Refused("merkle.no-such-leaf", f"A tree of {size} has no leaf {index}.")
    inner = (index ^ (size - 1)).bit_length()
    _check_proof(proof, inner + (index >> inner).bit_count())
    _check_hashes((leaf_hash, root))
    found = _climb_left(_climb(leaf_hash, proof[:inner], index), proof[inner:])
    if found != root:
        raise Refused("merkle.inclusion", "The inclusion proof does not lead to this root.")


def verify_consistency(
    old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of ``old_size`` is a prefix of that of ``size`` (RFC 9162, 2.1.4.2).

    An old size of 0 is refused: an empty tree is a prefix of every tree and proves nothing. Of two
    trees of the same size the roots are compared, whatever they are. Raises Refused.
    """
    _check_sizes(old_size, size)
    if old_size == 0:
        raise Refused("merkle.empty-old-tree", "Consistency with an empty tree proves nothing.")
    if old_size == size:
        return _check_same(old_root, root, proof)
    is_power = old_size & (old_size - 1) == 0
    _check_proof(proof, _prefix_length(old_size, size) - is_power)
    _check_hashes((old_root, root))
    found = _prefix_roots(old_size, size, (old_root, *proof) if is_power else proof)
    if found[0] != old_root:
        raise Refused("merkle.consistency-old", "The proof does not lead to the older root.")
    if found[1] != root:
        raise Refused("merkle.consistency-new", "The proof does not lead to the newer root.")
    return None


def prefix_roots(old_size: int, size: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of the first ``old_size`` and of all ``size`` leaves that a prefix proof gives.

    Where the second is the root of a tree, the first is that of the tree's beginning. Raises
    Refused for what is no such proof.
    """
    _check_sizes(old_size, size)
    if not 0 < old_size < size:
        raise Refused(
            "merkle.range", f"A tree of {old_size} is not the beginning of one of {size}."
        )
    _check_proof(proof, _prefix_length(old_size, size))
    return _prefix_roots(old_size, size, proof)


def verify_node(
    node: Node, node_hash: bytes, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Check that the perfect subtree ``node`` of the tree of ``size`` has ``node_hash``.

    Cut at the node's height, a tree is one of fewer leaves. Raises Refused.
    """
    level, index = node
    _check_sizes(index, size)
    if not 0 <= level < 64 or (index + 1) << level > size:
        raise Refused("merkle.no-such-node", f"A tree of {size} has no node {index} at {level}.")
    verify_inclusion(node_hash, index, -(-size >> level), path, root)


def _prefix_length(old_size: int, size: int) -> int:
    _, mask, inner = _prefix_shape(old_size, size)
    return 1 + inner + (mask >> inner).bit_count()


def _prefix_shape(old_size: int, size: int) -> tuple[int, int, int]:
    low = (old_size & -old_size).bit_length() - 1
    inner = ((old_size - 1) ^ (size - 1)).bit_length() - low
    return low, (old_size - 1) >> low, inner


def _prefix_roots(old_size: int, size: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    _, mask, inner = _prefix_shape(old_size, size)
    seed, middle, border = proof[0], proof[1 : 1 + inner], proof[1 + inner :]
    lefts = [sibling for level, sibling in enumerate(middle) if mask >> level & 1]
    old = _climb_left(_climb_left(seed, lefts), border)
    return old, _climb_left(_climb(seed, middle, mask), border)


def _climb(start: bytes, siblings: Sequence[bytes], index: int) -> bytes:
    found = start
    for sibling in siblings:
        pair = sibling + found if index & 1 else found + sibling
        found = sha256(b"\x01" + pair).digest()
        index >>= 1
    return found


def _climb_left(start: bytes, siblings: Sequence[bytes]) -> bytes:
    found = start
    for sibling in siblings:
        found = sha256(b"\x01" + sibling + found).digest()
    return found


def _check_sizes(smaller: int, size: int) -> None:
    if type(smaller) is not int or type(size) is not int:
        raise Refused("merkle.not-an-integer", "An index or size is not an integer.")
    if not 0 <= smaller <= size <= LARGEST_SIZE:
        raise Refused("merkle.range", f"{smaller} and {size} are not an index or size and a size.")


def _check_proof(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length:
        raise Refused(
            "merkle.proof-length", f"The proof has {len(proof)} hashes instead of {length}."
        )
    _check_hashes(proof)


def _check_hashes(hashes: Sequence[bytes]) -> None:
    for one in hashes:
        if type(one) is not bytes or len(one) != HASH_SIZE:
            raise Refused("merkle.hash-length", "A hash does not have 32 bytes.")


def _check_same(old_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    _check_proof(proof, 0)
    if old_root != root:
        raise Refused("merkle.two-roots", "Two trees of the same size have different roots.")


def _perfect_nodes(start: int, end: int) -> list[Node]:
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def _inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    if not 0 <= index < size:
        raise UsageError(f"A tree of {size} has no leaf {index}.")
    start, end, ranges = 0, size, []
    while end - start > 1:
        split = start + (1 << (end - start - 1).bit_length() - 1)
        if index < split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((start, split))
            start = split
    return ranges[::-1]


def _consistency_ranges(old_size: int, size: int, *, seeded: bool = False) -> list[tuple[int, int]]:
    if not 0 < old_size <= size:
        raise UsageError(f"A tree of {old_size} is not an earlier state of one of {size}.")
    start, end, ranges = 0, size, []
    while old_size < end:
        split = start + (1 << (end - start - 1).bit_length() - 1)
        if old_size <= split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((start, split))
            start = split
    return ([(start, end)] if start or seeded else []) + ranges[::-1]
