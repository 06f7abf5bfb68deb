"""The roll: one root over the marks of a ledger's entries. It proves of any mark that it is among
them, and where, or that it is not.

A binary tree over the bits of SHA-256(mark), the first bit at the root. Below a node

    with no mark        SHA-256 of nothing
    with one mark       SHA-256(0x00 ‖ SHA-256(mark) ‖ u64be index of its entry)
    with more           SHA-256(0x01 ‖ left ‖ right)

so that one set of marks has one root, whatever their order. A proof is the way down to where the
mark is, or would be: the hashes beside it from the root on, and what stands there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from evidence_ledger.errors import Refused

EMPTY = hashlib.sha256(b"").digest()
DEEPEST = 256

_Leaf: TypeAlias = "tuple[bytes, int]"
# Left, right, and the hash of both once it is known.
_Node: TypeAlias = "list[_Below | bytes | None]"
_Below: TypeAlias = "_Leaf | _Node"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What stands at a place in the roll: SHA-256 of a mark, and the index of its entry."""

    key: bytes
    index: int

    def hash(self) -> bytes:
        """The hash of a node with this mark alone."""
        return _leaf_hash(self.key, self.index)


@dataclass(frozen=True, slots=True)
class RollPath:
    """The hashes beside the way down from the root, and what stands at its end, if anything."""

    hashes: tuple[bytes, ...]
    end: Enrolled | None


def key_of(mark: bytes) -> bytes:
    """Where a mark is: the bits of this lead down to it."""
    return hashlib.sha256(mark).digest()


class Roll:
    """The marks of the first entries of a ledger. Mutable; one writer at a time."""

    __slots__ = ("_root", "size")

    def __init__(self) -> None:
        self._root: _Below | None = None
        self.size = 0

    def add(self, mark: bytes, index: int) -> None:
        """Enrol a mark. Raises Refused where it is there already."""
        leaf = (key_of(mark), index)
        if self._root is None:
            self._root = leaf
        elif isinstance(self._root, tuple):
            self._root = _split(self._root, leaf, 0)
        else:
            _add_below(self._root, leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root (32 bytes)."""
        return EMPTY if self._root is None else _hash(self._root)

    def path(self, mark: bytes) -> RollPath:
        """The way to where a mark is or would be."""
        key, node, beside = key_of(mark), self._root, []
        for depth in range(DEEPEST):
            if not isinstance(node, list):
                break
            side = _bit(key, depth)
            beside.append(_hash(node[1 - side]))
            node = _child(node, side)
        end = Enrolled(*node) if isinstance(node, tuple) else None
        return RollPath(tuple(beside), end)


def _add_below(node: _Node, leaf: _Leaf) -> None:
    for depth in range(DEEPEST):
        node[2] = None
        side = _bit(leaf[0], depth)
        below = _child(node, side)
        if isinstance(below, list):
            node = below
            continue
        node[side] = leaf if below is None else _split(below, leaf, depth + 1)
        return


def _split(one: _Leaf, other: _Leaf, depth: int) -> _Node:
    """The node at ``depth`` that has both below it. Raises Refused where they are the same."""
    if one[0] == other[0]:
        raise Refused("roll.mark-twice", f"The entries {one[1]} and {other[1]} have the same mark.")
    sides = _bit(one[0], depth), _bit(other[0], depth)
    node: _Node = [None, None, None]
    if sides[0] == sides[1]:
        node[sides[0]] = _split(one, other, depth + 1)
    else:
        node[sides[0]], node[sides[1]] = one, other
    return node


def _child(node: _Node, side: int) -> _Below | None:
    below = node[side]
    return None if isinstance(below, bytes) else below


def _hash(node: _Below | bytes | None) -> bytes:
    if node is None:
        return EMPTY
    if isinstance(node, bytes):
        return node
    if isinstance(node, tuple):
        return _leaf_hash(*node)
    known = node[2]
    if not isinstance(known, bytes):
        known = node[2] = hashlib.sha256(b"\x01" + _hash(node[0]) + _hash(node[1])).digest()
    return known


def _leaf_hash(key: bytes, index: int) -> bytes:
    return hashlib.sha256(b"\x00" + key + index.to_bytes(8, "big")).digest()


def _bit(key: bytes, depth: int) -> int:
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def verify_enrolled(mark: bytes, index: int, hashes: Sequence[bytes], root: bytes) -> None:
    """``mark`` is on the roll, as that of entry ``index``. Raises Refused."""
    key = key_of(mark)
    if _folded(key, hashes, Enrolled(key, index).hash()) != root:
        raise Refused("roll.not-enrolled", f"The mark of entry {index} is not on the roll.")


def verify_absent(mark: bytes, path: RollPath, root: bytes) -> None:
    """``mark`` is not on the roll. Raises Refused."""
    key, end = key_of(mark), path.end
    if end is not None and (end.key == key or _parted(end.key, key) < len(path.hashes)):
        raise Refused("roll.present", "What stands where the mark would be is not shown.")
    found = EMPTY if end is None else end.hash()
    if _folded(key, path.hashes, found) != root:
        raise Refused("roll.not-absent", "It is not shown that the mark is not on the roll.")


def _parted(one: bytes, other: bytes) -> int:
    """How many bits two keys have in common at their beginning."""
    apart = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return DEEPEST - apart.bit_length()


def _folded(key: bytes, hashes: Sequence[bytes], found: bytes) -> bytes:
    if len(hashes) > DEEPEST:
        raise Refused("roll.path-length", f"A way down the roll has at most {DEEPEST} hashes.")
    for depth in range(len(hashes) - 1, -1, -1):
        beside = hashes[depth]
        pair = beside + found if _bit(key, depth) else found + beside
        found = hashlib.sha256(b"\x01" + pair).digest()
    return found
