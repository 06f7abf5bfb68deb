"""Entries a second that a monitor follows, without signatures, against the least that it takes.

A served log lies in a folder; the monitor reads every bundle and tile, hashes all entries, checks
the chain and the order, rebuilds the tree, and saves its state. Beside it, on the same files:
reading alone, and reading with one SHA-256 an entry. The peak of memory is taken for a short log
and for a longer one: it must not grow with the log.

Run: python benchmarks/monitor.py [ENTRIES]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from evidence_ledger.adapters.keys.note_signer import SoftwareNoteSigner
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.edge import HASH, Edge
from evidence_ledger.core.entry import NO_ENTRY, entry_bytes, leaf_hash
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.tile import WIDTH, TilePath, encode_bundle, level_paths
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.monitor.rules import Rules
from evidence_ledger.monitor_assembly import opened_monitor
from tests.fakes import NOON

TARGET = 50_000
ORIGIN = "ledger.example/benchmark"
SIGNER = SoftwareNoteSigner(ORIGIN, KeyType.ED25519, bytes(32))


def entries(count: int) -> Iterator[bytes]:
    """A chain of so many entries, one each millisecond, every hundredth of a seal."""
    prev = NO_ENTRY
    for index in range(count):
        digest = sha256(b"%d" % index).digest()
        moment = time_text(NOON + timedelta(milliseconds=index), microseconds=True)
        kind = "seal" if index % 100 == 99 else "deposit"
        data = entry_bytes(index, kind, prev, moment, digest, digest)
        prev = leaf_hash(data)
        yield data


def write(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def make(folder: Path, count: int) -> None:
    """A served log."""
    edge, batch = Edge(), []
    for number, data in enumerate(entries(count), 1):
        batch.append(data)
        if number % WIDTH == 0 or number == count:
            width = (number - 1) % WIDTH + 1
            path = TilePath(None, (number - 1) // WIDTH, width)
            write(folder, path.encode(), encode_bundle(batch))
            for tile in edge.push_many([leaf_hash(one) for one in batch]):
                write(folder, TilePath(tile.level, tile.index).encode(), tile.hashes)
            batch = []
    for level, row in enumerate(edge.partial_hashes()):
        if row:
            path = TilePath(level, count >> 8 * (level + 1), len(row) // HASH)
            write(folder, path.encode(), row)
    text = Checkpoint(ORIGIN, count, edge.root()).encode()
    write(folder, "checkpoint", text + b"\n" + SIGNER.sign(text, NOON))


def follow(log: Path, state: Path) -> None:
    """One look from nothing."""
    rules = Rules({ORIGIN: [VerifierKey.parse(SIGNER.vkey)]}, seal_within=timedelta(days=9))
    with opened_monitor(state, [str(log)], rules) as opened:
        (sight,) = opened.monitor.look()
    assert sight.verdict is Verdict.PASSED, sight.alerts


def read(log: Path, count: int, *, hashing: bool) -> None:
    """The least: every bundle read, and with ``hashing`` one digest an entry."""
    for path in level_paths(None, count):
        data = (log / path.encode()).read_bytes()
        if hashing:
            size = len(data) // path.width
            for at in range(path.width):
                sha256(data[at * size : (at + 1) * size]).digest()


def rate(count: int, start: float) -> float:
    return count / (time.perf_counter() - start)


def peak(log: Path, state: Path) -> int:
    """KiB of the largest memory of a process that follows the log once."""
    command = [sys.executable, __file__, "--follow", str(log), str(state)]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)


def main() -> None:
    """Print the figures; fails below the target."""
    if sys.argv[1:2] == ["--follow"]:
        follow(Path(sys.argv[2]), Path(sys.argv[3]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make(folder / "short", count // 20)
        make(folder / "log", count)
        for name, hashing in (("reading alone", False), ("reading and one SHA-256", True)):
            start = time.perf_counter()
            read(folder / "log", count, hashing=hashing)
            print(f"{name:<28}{rate(count, start):>12,.0f} entries/s")
        start = time.perf_counter()
        follow(folder / "log", folder / "state")
        ours = rate(count, start)
        print(f"{'the monitor':<28}{ours:>12,.0f} entries/s, the target is {TARGET:,}")
        short, long = (peak(folder / one, folder / f"{one}-state") for one in ("short", "log"))
        print(f"peak memory: {short:,} KiB for {count // 20:,} entries, {long:,} KiB for {count:,}")
        assert ours > TARGET
        assert long < short * 1.2


if __name__ == "__main__":
    main()
