"""The whole deposit of a folder: hashed, signed, durable, sealed; its certificate; its check.

    python benchmarks/deposit.py [FILES]        100,000 files of 1 to 16 KiB unless told otherwise

The yardstick in the same run is plain hashing of the same files in one thread, and for the limit of
the machine the bytes that a deposit must at least write, written and synced once.
"""

from __future__ import annotations

import hashlib
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from evidence_ledger import Desk, create_ledger, open_depositor, open_ledger, verify_certificate
from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.files.hashed import HashedFile
from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.desk import facts_of, write_certificate

ROUNDS = 3


def make_files(folder: Path, count: int) -> None:
    """Files of 1 to 16 KiB, 1,000 in a folder."""
    for number in range(count):
        place = folder / f"d{number // 1000:03}"
        place.mkdir(exist_ok=True)
        (place / f"file{number:06}.txt").write_bytes(os.urandom(1024 + number * 7919 % 15361))


def timed(work: Callable[[], object]) -> float:
    """Seconds on the wall."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plain_hashing(folder: Path) -> None:
    """One thread, nothing kept."""
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:  # noqa: PTH118, PTH123 the fast way
                hashlib.sha256(file.read()).digest()


def deposit(folder: Path, place: Path) -> tuple[Home, list[HashedFile]]:
    """Hash, sign, append and seal."""
    home = Home(place)
    create_ledger(home)
    ledger = open_ledger(home)
    desk = Desk(ledger, open_depositor(home))
    files = list(hash_files([str(folder)]))
    desk.deposit(facts_of(files), [])
    assert desk.seal().seal is not None
    ledger.close()
    return home, files


def certify(home: Home, out: Path) -> None:
    """Write the certificate."""
    ledger = open_ledger(home)
    write_certificate(ledger, 0, out)
    ledger.close()


def check(home: Home, out: Path, files: list[HashedFile]) -> None:
    """Verify it against all files."""
    presented = [PresentedFile(one.name, one.fingerprint) for one in files]
    with out.open("rb") as source:
        report = verify_certificate(source, presented, read_trust(home.trust), SystemClock().now())
    assert report.verdict == "PASSED"


def main(count: int) -> None:
    """Print a table of medians."""
    rows: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "files"
        folder.mkdir()
        make_files(folder, count)
        for turn in range(ROUNDS):
            place, out = Path(name) / f"home{turn}", Path(name) / f"{turn}.asice"
            made: list[tuple[Home, list[HashedFile]]] = []
            rows.setdefault("plain hashing, one thread", []).append(
                timed(lambda: plain_hashing(folder))
            )
            rows.setdefault("deposit, durable and sealed", []).append(
                timed(lambda: made.append(deposit(folder, place)))  # noqa: B023 run at once
            )
            home, files = made[0]
            rows.setdefault("certificate", []).append(timed(lambda: certify(home, out)))  # noqa: B023 run at once
            rows.setdefault("check against the files", []).append(
                timed(lambda: check(home, out, files))  # noqa: B023 run at once
            )
    base = statistics.median(rows["plain hashing, one thread"])
    print(f"{count:,} files, medians of {ROUNDS}")
    for title, seconds in rows.items():
        middle = statistics.median(seconds)
        print(f"{title:30} {middle:7.2f} s  {count / middle:9,.0f} files/s  {middle / base:5.2f} x")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory of this process {peak} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
