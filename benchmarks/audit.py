"""The audit of a large ledger against git fsck of as many commits.

Run: python benchmarks/audit.py [ENTRIES] [--git]
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import made_ledger

from evidence_ledger.adapters.sql.audit import audit_chain

ROUNDS = 3


def audited(path: Path, count: int, processes: int, *, signatures: bool) -> Callable[[], None]:
    """One audit."""

    def run() -> None:
        found = audit_chain(path, processes=processes, signatures=signatures)
        assert found.edge.size == count

    return run


def commits(count: int) -> Iterator[bytes]:
    """A git fast-import stream: one commit for each entry, with its statement as a file."""
    for number in range(count):
        statement = made_ledger.admission(number, claims=False).statement
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


def seconds(call: Callable[[], None]) -> float:
    """The seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def peak(who: int) -> float:
    """The largest resident memory so far, in MiB."""
    return resource.getrusage(who).ru_maxrss / 1024


def main() -> None:
    """Print medians and ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        path = Path(folder) / "ledger.db"
        made_ledger.make(path, count)
        runs: dict[str, Callable[[], None]] = {
            f"{processes} process{'es' if processes > 1 else ''}{what}": audited(
                path, count, processes, signatures=bool(what)
            )
            for what in ("", ", signatures re-hashed")
            for processes in (1, 2)
        }
        if "--git" in sys.argv:
            repository = git_repository(Path(folder) / "git", count)
            runs["git fsck"] = lambda: fsck(repository)
        rounds = [{name: seconds(run) for name, run in runs.items()} for _ in range(ROUNDS)]
    times = {name: [one[name] for one in rounds] for name in rounds[0]}
    for name, taken in times.items():
        print(f"{name:34}{statistics.median(taken):8.2f} s  (best {min(taken):.2f})")
    print(
        f"memory: {peak(resource.RUSAGE_SELF):.0f} MiB, others {peak(resource.RUSAGE_CHILDREN):.0f}"
    )
    if "git fsck" in times:
        ratio = statistics.median(times["git fsck"]) / statistics.median(times["1 process"])
        print(f"git fsck / 1 process: {ratio:.1f} (at least 4)")


if __name__ == "__main__":
    main()
