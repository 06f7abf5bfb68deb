"""The audit of a large ledger against git fsck of as many commits, and against bare verify calls.

Run: python benchmarks/audit.py [ENTRIES] [SIGNED] [--git]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import made_ledger
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_der_x509_certificate

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.keys.self_issued import generate_signer
from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.adapters.sql import open_store
from evidence_ledger.adapters.sql.audit import audit_chain
from evidence_ledger.core.cms import parse_signed_data
from evidence_ledger.core.signature_audit import SignatureAudit

ORIGIN = "local/3f9c"
ROUNDS = 3
SAMPLE = 1000
Run = Callable[[], None]


def audited(path: Path, count: int, processes: int, *, claims: bool = False) -> Run:
    """One audit without signatures."""

    def run() -> None:
        found = audit_chain(
            path, origin=ORIGIN, processes=processes, signatures=False, claims=claims
        )
        assert found.edge.size == count
        assert found.claims.unsound is None
        assert not found.lost

    return run


def verified(path: Path, count: int, processes: int, *, claims: bool = False) -> Run:
    """One audit with signatures."""

    def run() -> None:
        found = audit_chain(
            path, origin=ORIGIN, processes=processes, check=SignatureAudit, claims=claims
        )
        assert found.edge.size == count
        assert found.unsound is None
        assert found.claims.unsound is None

    return run


def bare(path: Path, count: int, signer: SoftwareSigner, threads: int = 1) -> Run:
    """As many verify calls with the same key, and nothing else; they release the GIL."""
    key = load_der_x509_certificate(signer.chain[0]).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    algorithm = ec.ECDSA(hashes.SHA256())
    made = []
    with closing(open_store(path, read_only=True)) as store:
        for one in store.entries(0, SAMPLE):
            assert one.signature is not None
            info = parse_signed_data(one.signature).only_signer()
            made.append((info.signature, info.hashed or b""))

    def verify(first: int) -> None:
        for number in range(first, count, threads):
            signature, message = made[number % SAMPLE]
            key.verify(signature, message, algorithm)

    def run() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(verify, range(threads)))

    return run


def commits(count: int) -> Iterator[bytes]:
    """A git fast-import stream: one commit for each entry, with its statement as a file."""
    for number in range(count):
        statement = made_ledger.admission(number).statement
        body = b"deposit %d" % number
        yield b"commit refs/heads/main\ncommitter x <x> %d +0000\n" % (1_700_000_000 + number)
        yield b"data %d\n%s\n" % (len(body), body)
        yield b"M 100644 inline statement.json\ndata %d\n%s\n" % (len(statement), statement)


def git_repository(folder: Path, count: int) -> Path:
    """A repository of ``count`` commits."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    command = ["git", "-C", str(folder), "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as importer:
        assert importer.stdin is not None
        importer.stdin.writelines(commits(count))
    assert importer.returncode == 0
    return folder


def fsck(folder: Path) -> None:
    """Check every object and link."""
    subprocess.run(["git", "-C", str(folder), "fsck", "--no-progress"], check=True)


def seconds(call: Run) -> tuple[float, float]:
    """The seconds of one call by the clock, and those of all processors together."""
    wall, before = time.perf_counter(), sum(os.times()[:4])
    call()
    return time.perf_counter() - wall, sum(os.times()[:4]) - before


def medians(
    rounds: list[dict[str, tuple[float, float]]],
) -> tuple[dict[str, float], dict[str, float]]:
    """Print each run's median times; returns those by the clock, and those of the processors."""
    clock, busy = {}, {}
    for name in rounds[0]:
        walls, processors = zip(*(one[name] for one in rounds), strict=True)
        clock[name], busy[name] = statistics.median(walls), statistics.median(processors)
        print(
            f"{name:42}{clock[name]:8.2f} s (best {min(walls):.2f})"
            f"{busy[name]:8.2f} s of processors"
        )
    return clock, busy


ALONE = """
import sys
from pathlib import Path
from evidence_ledger.adapters.sql.audit import audit_chain
audit_chain(Path(sys.argv[1]), signatures=False, claims=True)
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def peak(path: Path) -> float:
    """The largest resident memory of a process that audits entries and claims, in MiB."""
    command = [sys.executable, "-c", ALONE, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout) / 1024


def runs_of(folder: Path, count: int, signed: int) -> dict[str, Run]:
    """The runs by name, on ledgers that are made first."""
    signer = generate_signer("depositor", SystemClock())
    plain, claimed, proved = (folder / name for name in ("plain.db", "claimed.db", "signed.db"))
    made_ledger.make(plain, count)
    made_ledger.make(claimed, count, made_ledger.with_claims)
    made_ledger.make(proved, signed, made_ledger.signing(signer))
    runs: dict[str, Run] = {}
    for processes, name in ((1, "1 process"), (2, "2 processes")):
        runs[f"entries, {name}"] = audited(plain, count, processes)
        runs[f"entries and claims, {name}"] = audited(claimed, count, processes, claims=True)
        runs[f"{signed:,} with signatures, {name}"] = verified(proved, signed, processes)
        runs[f"{signed:,} with both, {name}"] = verified(proved, signed, processes, claims=True)
    for threads, name in ((1, "1 process"), (2, "2 processes")):
        runs[f"{signed:,} bare verify calls, as {name}"] = bare(proved, signed, signer, threads)
    if "--git" in sys.argv:
        repository = git_repository(folder / "git", count)
        runs["git fsck"] = lambda: fsck(repository)
    return runs


def main() -> None:
    """Print medians and ratios."""
    numbers = [int(text) for text in sys.argv[1:] if text.isdecimal()]
    count, signed, *_ = [*numbers, *(1_000_000, 300_000)[len(numbers) :]]
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        runs = runs_of(Path(folder), count, signed)
        rounds = [{name: seconds(run) for name, run in runs.items()} for _ in range(ROUNDS)]
        peaks = [peak(Path(folder) / name) for name in ("signed.db", "claimed.db")]
    clock, busy = medians(rounds)
    print(f"memory: {peaks[0]:.0f} MiB for {signed:,} entries, {peaks[1]:.0f} MiB for {count:,}")
    for what in ("with signatures", "with both"):
        for processes in ("1 process", "2 processes"):
            bare_calls = f"{signed:,} bare verify calls, as {processes}"
            ran = f"{signed:,} {what}, {processes}"
            print(
                f"bare verify / {what}, {processes}: {busy[bare_calls] / busy[ran]:.2f} of "
                f"processors, {clock[bare_calls] / clock[ran]:.2f} by the clock (at least 0.8)"
            )
    if "git fsck" in busy:
        for processes in ("1 process", "2 processes"):
            ratio = clock["git fsck"] / clock[f"entries, {processes}"]
            print(f"git fsck / entries, {processes}, by the clock: {ratio:.1f} (at least 4)")


if __name__ == "__main__":
    main()
