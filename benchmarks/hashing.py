"""Fingerprints of files against the programs that do nothing else.

    python benchmarks/hashing.py [GIB] [FILES]      one file of 4 GiB and 100,000 small ones

Peers in the same run, each measured in turn, medians: `openssl dgst` for one large file; `rhash`
and `hashdeep` for many small ones. A peer that is not installed is left out.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.files.reading import fingerprint_file
from evidence_ledger.core.digest import Algorithm

ROUNDS = 5
_BLOCK = 1 << 20


def main() -> None:
    """Make the files, measure, print."""
    gib = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        one_large_file(folder / "large", int(gib * (1 << 30)))
        many_small_files(folder / "small", files)


def one_large_file(path: Path, size: int) -> None:
    """Wall time against openssl; what a second digest costs; memory."""
    block = random.Random(1).randbytes(_BLOCK)  # noqa: S311 the bytes are no secret
    with path.open("wb") as file:
        for number in range(size // _BLOCK):
            file.write(number.to_bytes(8, "big") + block[8:])
    works: dict[str, Callable[[], object]] = {
        "sha256": lambda: fingerprint_file(path),
        "sha512": lambda: fingerprint_only(path, "sha512"),
        "sha256 and sha512": lambda: fingerprint_file(path, [Algorithm.SHA512]),
    }
    if shutil.which("openssl"):
        works["openssl dgst -sha256"] = lambda: run("openssl", "dgst", "-sha256", path)
    times = measured(works)
    report(f"one file of {size / (1 << 30):.1f} GiB", times)
    if "openssl dgst -sha256" in times:
        ratio = times["sha256"] / times["openssl dgst -sha256"]
        print(f"    against openssl: {ratio:.2f} of its time (aim: 1.05 or less)")
    both = times["sha256 and sha512"] / (times["sha256"] + times["sha512"])
    print(f"    two digests: {both:.2f} of the sum of both (aim: 1.05 or less)")
    print(f"    memory: {memory(path):.1f} MiB more than idle (aim: 40 or less)\n")
    path.unlink()


def fingerprint_only(path: Path, name: str) -> None:
    """One digest in one pass."""
    from evidence_ledger.adapters.files.reading import digest_file

    digest_file(path, name)


def many_small_files(folder: Path, count: int) -> None:
    """Wall time against rhash and hashdeep, files of 1 to 16 KiB."""
    numbers = random.Random(2)  # noqa: S311 the bytes are no secret
    for number in range(count):
        place = folder / f"d{number // 1000:04}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f{number}.bin").write_bytes(numbers.randbytes(numbers.randint(1024, 16384)))
    works: dict[str, Callable[[], object]] = {
        "two processes": lambda: drain(folder, count, 2),
        "one process": lambda: drain(folder, count, 1),
    }
    if shutil.which("rhash"):
        works["rhash --sha256 -r"] = lambda: run("rhash", "--sha256", "-r", folder)
    if shutil.which("hashdeep"):
        works["hashdeep -c sha256 -r"] = lambda: run("hashdeep", "-c", "sha256", "-r", folder)
    times = measured(works)
    report(f"{count:,} files of 1 to 16 KiB", times)
    for peer, aim in (("rhash --sha256 -r", "1.0 or more"), ("hashdeep -c sha256 -r", "4 or more")):
        if peer in times:
            ratio = times[peer] / times["two processes"]
            print(f"    against {peer.split()[0]}: {ratio:.2f} times as fast (aim: {aim})")


def drain(folder: Path, count: int, processes: int) -> None:
    """Take every result."""
    assert sum(1 for _ in hash_files([folder], processes=processes)) == count


def run(*command: str | Path) -> None:
    """A peer, with its output thrown away."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measured(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each after one unmeasured round; the works take turns."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(ROUNDS + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if number:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def report(title: str, times: dict[str, float]) -> None:
    """A small table."""
    print(f"{title}, {os.cpu_count()} cores, median of {ROUNDS}")
    for name, seconds in times.items():
        print(f"    {name:<24} {seconds:7.3f} s")


def memory(path: Path) -> float:
    """How many MiB a fresh process needs at most for fingerprinting a file, above idle (Linux)."""
    code = (
        "import re, sys; from evidence_ledger.adapters.files.reading import fingerprint_file\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
        "open('/proc/self/clear_refs', 'w').write('5'); before = peak()\n"
        "fingerprint_file(sys.argv[1]); print((peak() - before) / 1024)"
    )
    return float(subprocess.check_output([sys.executable, "-c", code, path]))


if __name__ == "__main__":
    main()
