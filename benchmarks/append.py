"""Durable appends against raw sqlite3 with the same rows, and against bare fdatasync calls.

Run: python benchmarks/append.py [ENTRIES]
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import made_ledger

from evidence_ledger.adapters.sql import create_store
from evidence_ledger.core.chain import Admission, Extension, Head, extend
from evidence_ledger.core.edge import Edge

ROUNDS = 3
BATCH = 1000
SINGLE = 1000
Rows = dict[str, list[tuple[object, ...]]]


def rows_of(step: Extension) -> Rows:
    """An extension as rows of the ledger's own tables."""
    entries = step.entries
    return {
        "entries": [(e.index, e.entry, e.leaf_hash, e.statement_hash) for e in entries],
        "documents": [(e.index, e.admission.statement, e.admission.signature) for e in entries],
        "claims": [
            (e.index, at, data) for e in entries for at, data in enumerate(e.admission.claims)
        ],
        "fingerprints": [
            (found.digest, found.algorithm, e.index, found.position)
            for e in entries
            for found in e.admission.digests
        ],
        "tiles": [(tile.level, tile.index, tile.hashes, tile.inner) for tile in step.tiles],
    }


def one_table(step: Extension) -> Rows:
    """The same bytes in one table without any index."""
    return {
        "plain": [
            (
                e.index,
                e.entry,
                e.leaf_hash,
                a.statement,
                a.signature,
                *a.claims,
                a.digests[0].digest,
            )
            for e in step.entries
            for a in [e.admission]
        ]
    }


def raw_database(path: Path) -> sqlite3.Connection:
    """A database with the ledger's tables, and one plain one."""
    create_store(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("CREATE TABLE plain (n INTEGER PRIMARY KEY, a, b, c, d, e, f)")
    return connection


def raw_sqlite(folder: Path, batches: Iterable[Rows]) -> float:
    """Seconds to insert prepared rows, one transaction a batch."""
    with closing(raw_database(folder / "raw.db")) as connection:
        return sum(timed(partial(insert, connection, rows)) for rows in batches)


def insert(connection: sqlite3.Connection, batch: Rows) -> None:
    """One transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for table, rows in batch.items():
        if rows:
            marks = ",".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608  # our own names
    connection.execute("COMMIT")


def ours(folder: Path, batches: Iterable[list[Admission]]) -> float:
    """Seconds to chain, hash and append, one transaction a batch."""
    with closing(create_store(folder / "ledger.db")) as store:
        head, edge, spent = Head(), Edge(), 0.0
        for admissions in batches:
            start = time.perf_counter()
            step = extend(head, edge, admissions, made_ledger.START)
            store.append(head, step)
            spent += time.perf_counter() - start
            head = step.head
        assert store.head() == head
    return spent


def fdatasync(folder: Path, count: int) -> float:
    """Seconds to write and sync a page at a time."""
    with (folder / "synced").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(bytes(4096))
            os.fdatasync(file.fileno())

        return sum(timed(write) for _ in range(count))


def timed(call: Callable[[], object]) -> float:
    """The seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def batches_of(count: int, size: int) -> Iterator[list[Admission]]:
    """Admissions that are already checked."""
    for start in range(0, count, size):
        yield [made_ledger.admission(n, claims=True) for n in range(start, start + size)]


def rates(count: int) -> dict[str, float]:
    """One round: appends a second, each in a folder of its own."""
    steps = [step for _, step in made_ledger.extensions(count, BATCH)]
    runs: dict[str, tuple[int, Callable[[Path], float]]] = {
        "batches of 1,000": (count, lambda at: ours(at, batches_of(count, BATCH))),
        "raw sqlite3, same tables": (count, lambda at: raw_sqlite(at, map(rows_of, steps))),
        "raw sqlite3, one table": (count, lambda at: raw_sqlite(at, map(one_table, steps))),
        "one at a time": (SINGLE, lambda at: ours(at, batches_of(SINGLE, 1))),
        "fdatasync": (SINGLE, lambda at: fdatasync(at, SINGLE)),
    }
    return {name: number / in_folder(run) for name, (number, run) in runs.items()}


def in_folder(run: Callable[[Path], float]) -> float:
    """The result of a run in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        return run(Path(folder))


def main() -> None:
    """Print medians and ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    rounds = [rates(count) for _ in range(ROUNDS)]
    middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    for name, rate in middle.items():
        print(f"{name:28}{rate:>12,.0f} a second")
    for ours_name, peer, target in [
        ("batches of 1,000", "raw sqlite3, same tables", 0.35),
        ("batches of 1,000", "raw sqlite3, one table", 0.35),
        ("one at a time", "fdatasync", 0.5),
    ]:
        ratio = middle[ours_name] / middle[peer]
        print(f"{ours_name} / {peer}: {ratio:.2f} (at least {target})")


if __name__ == "__main__":
    main()
