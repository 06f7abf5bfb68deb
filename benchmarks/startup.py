"""Start-up: ``evidence --help`` and ``--version`` beside a bare click program, and
``evidence verify`` of a one-file certificate, as whole processes.

    python benchmarks/startup.py
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
BARE = "import click\n@click.command()\ndef main():\n    'Nothing.'\nmain()\n"


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Milliseconds of one process."""
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True, env=environment)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Print a table of medians, all commands in turn in each round."""
    evidence = shutil.which("evidence", path=str(Path(sys.executable).parent)) or "evidence"
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        environment = {**os.environ, "EVIDENCE_HOME": str(place / "home")}
        (place / "bare.py").write_text(BARE)
        (place / "file.txt").write_text("a file")
        out, trust = str(place / "c.asice"), str(place / "home" / "trust.toml")
        for command in (["init"], ["deposit", str(place / "file.txt"), "--out", out]):
            subprocess.run([evidence, *command], check=True, env=environment, capture_output=True)
        commands = {
            "bare click program --help": [sys.executable, str(place / "bare.py"), "--help"],
            "evidence --help": [evidence, "--help"],
            "evidence --version": [evidence, "--version"],
            "evidence verify, one file": [
                *(evidence, "verify", out, str(place / "file.txt")),
                *("--policy", trust),
            ],
        }
        times: dict[str, list[float]] = {title: [] for title in commands}
        for _ in range(ROUNDS):
            for title, command in commands.items():
                times[title].append(timed(command, environment))
    base = statistics.median(times["bare click program --help"])
    for title, found in times.items():
        middle = statistics.median(found)
        print(f"{title:28} {middle:7.1f} ms  {middle / base:5.2f} x")


if __name__ == "__main__":
    main()
