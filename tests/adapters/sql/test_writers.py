"""Several writers at once, and writers that are killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from evidence_ledger.adapters.database import Database
from evidence_ledger.adapters.sql import create_store, open_store
from evidence_ledger.adapters.sql.audit import audit_chain
from evidence_ledger.core.chain import extend
from evidence_ledger.errors import HeadMoved
from evidence_ledger.tree import edge_at
from tests.chain_factory import START, admission

PROJECT = Path(__file__).resolve().parents[3]


def append_numbers(path: Path | Database, numbers: range) -> None:
    """Append an admission for each number, one at a time, against all others."""
    with closing(open_store(path, wait=60)) as store:
        for number in numbers:
            while True:
                head = store.head()
                step = extend(head, edge_at(store, head.size), [admission(number)], START)
                try:
                    store.append(head, step)
                except HeadMoved:
                    continue
                break


def test_two_processes_append_to_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    create_store(path).close()
    spawn = multiprocessing.get_context("spawn")
    ranges = [range(200), range(1000, 1200)]
    others = [spawn.Process(target=append_numbers, args=(path, one)) for one in ranges]
    for other in others:
        other.start()
    for other in others:
        other.join(120)
    assert [other.exitcode for other in others] == [0, 0]
    assert audit_chain(path).edge.size == 400
    with closing(open_store(path)) as store:
        statements = {one.statement for one in store.entries(0, 400)}
    assert statements == {admission(n).statement for one in ranges for n in one}


WRITER = """
import sys
from pathlib import Path
from evidence_ledger.adapters.sql import open_store
from tests.chain_factory import extension
from evidence_ledger.tree import edge_at
store = open_store(Path(sys.argv[1]))
head = store.head()
edge = edge_at(store, head.size)
while True:
    step = extension(head, edge, 1 + head.size % 40)
    store.append(head, step)
    head = step.head
    print(head.size, head.last.hex(), flush=True)
"""


def run_until_killed(path: Path, seconds: float) -> str:
    """The last line that a writer printed before it was killed."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    ) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().splitlines(keepends=True)
    whole = [line for line in [first, *rest] if line.endswith("\n")]
    return whole[-1]


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "ledger.db"
    create_store(path).close()
    moments = random.Random(seed)  # noqa: S311  # a moment to kill, not a secret
    for _ in range(3):
        size, last = run_until_killed(path, moments.uniform(0, 0.15)).split()
        with closing(open_store(path)) as store:
            assert store.head().size >= int(size)
            assert store.leaf_hashes(int(size) - 1, int(size)) == [bytes.fromhex(last)]
        assert audit_chain(path).edge.size >= int(size)
