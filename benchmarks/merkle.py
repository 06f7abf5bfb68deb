"""The Merkle tree against the least that Python can do.

Run: python benchmarks/merkle.py [LEAVES]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import sha256

from evidence_ledger.core import merkle

ROUNDS = 5
CALLS = 2000


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """A bare pairwise list comprehension, without any check."""
    level = list(leaves)
    while len(level) > 1:
        last = level[-1:] if len(level) % 2 else []
        level = [
            sha256(b"\x01" + level[at] + level[at + 1]).digest()
            for at in range(0, len(level) - 1, 2)
        ] + last
    return level[0]


def bare_hashes(data: bytes, count: int) -> None:
    """``count`` SHA-256 calls over 65 bytes: what a proof of that length costs at least."""
    for _ in range(count):
        sha256(data).digest()


def seconds(call: Callable[[], object], repeat: int = 1) -> float:
    """The time of one call."""
    start = time.perf_counter()
    for _ in range(repeat):
        call()
    return (time.perf_counter() - start) / repeat


def race(
    ours: Callable[[], object], peer: Callable[[], object], repeat: int = 1
) -> tuple[float, float]:
    """The median times of one call of each, taken in turns."""
    pairs = [(seconds(ours, repeat), seconds(peer, repeat)) for _ in range(ROUNDS)]
    mine, theirs = zip(*pairs, strict=True)
    return statistics.median(mine), statistics.median(theirs)


def main() -> None:
    """Print one line for each race."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    leaves = [merkle.leaf_hash(b"%d" % n) for n in range(count)]
    index = count // 3
    root, proof = merkle.root_hash(leaves), merkle.inclusion_proof(leaves, index)
    growth = merkle.consistency_proof(leaves, index)
    old_root = merkle.root_hash(leaves[:index])
    assert plain_root(leaves) == root
    data = bytes(65)
    rows = {
        f"root of {count:,} leaves": race(
            lambda: merkle.root_hash(leaves), lambda: plain_root(leaves)
        ),
        f"verify_inclusion, {len(proof)} hashes": race(
            lambda: merkle.verify_inclusion(leaves[index], index, count, proof, root),
            lambda: bare_hashes(data, len(proof)),
            CALLS,
        ),
        f"verify_consistency, {len(growth)} hashes": race(
            lambda: merkle.verify_consistency(index, old_root, count, root, growth),
            lambda: bare_hashes(data, len(growth)),
            CALLS,
        ),
    }
    print(f"{'':34}{'ours':>14}{'bare':>14}{'ratio':>8}")
    for name, (mine, bare) in rows.items():
        print(f"{name:34}{mine * 1e6:>11,.1f} µs{bare * 1e6:>11,.1f} µs{mine / bare:>8.2f}")


if __name__ == "__main__":
    main()
