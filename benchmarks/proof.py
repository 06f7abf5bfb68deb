"""Inclusion proofs from a large ledger on disk.

Run: python benchmarks/proof.py [ENTRIES]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import made_ledger

from evidence_ledger.adapters.sql import open_store
from evidence_ledger.core.merkle import verify_inclusion
from evidence_ledger.core.tree_reader import TreeReader
from evidence_ledger.ports import Store
from evidence_ledger.tree import edge_at

PROOFS = 5000


def proofs(store: Store, size: int, fresh: Callable[[], TreeReader]) -> tuple[float, float]:
    """The median and the 99th percentile of one proof, in milliseconds; each one is verified."""
    numbers = random.Random(1)  # noqa: S311  # which leaf, not a secret
    root, times = fresh().root(size), []
    for _ in range(PROOFS):
        index = numbers.randrange(size)
        start = time.perf_counter()
        proof = fresh().inclusion_proof(index, size)
        times.append(1000 * (time.perf_counter() - start))
        (leaf,) = store.leaf_hashes(index, index + 1)
        verify_inclusion(leaf, index, size, proof, root)
    times.sort()
    return times[PROOFS // 2], times[PROOFS * 99 // 100]


def main() -> None:
    """Print one line for each way."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        path = Path(folder) / "ledger.db"
        made_ledger.make(path, count)
        with closing(open_store(path, read_only=True)) as store:
            start = time.perf_counter()
            edge = edge_at(store, count)
            print(f"{'the edge, once':28}{1000 * (time.perf_counter() - start):8.2f} ms")
            kept = TreeReader(store.tile, edge)
            for name, fresh in [
                ("no tile kept", lambda: TreeReader(store.tile, edge)),
                ("64 tiles kept", lambda: kept),
            ]:
                middle, late = proofs(store, count, fresh)
                print(f"{name:28}{middle:8.3f} ms, 99%: {late:.3f} (at most 0.25 and 1)")


if __name__ == "__main__":
    main()
