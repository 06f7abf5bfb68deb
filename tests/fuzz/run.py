"""Fuzz one target, guided by coverage: ``python -m tests.fuzz.run TARGET SECONDS FOLDER``.

What breaks the target is written to FOLDER; ends with 0 where nothing did. TARGET ``all`` lists
the names. Inputs above ``SLOWEST`` seconds, and memory ``MORE_MEMORY`` above the start, break it.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["evidence_ledger"]):
    from tests.fuzz.targets import all_targets

from tests.fuzz.target import Target

SLOWEST = 10
MORE_MEMORY = 128
"""MiB: twice what an input may take, for the fuzzer keeps every input that it found telling."""


def options(target: Target, seconds: int, corpus: Path, findings: Path) -> list[str]:
    """The fuzzer's command line."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    longest = max(4096, 2 * max(map(len, target.seeds)))
    return [
        "fuzz",
        str(corpus),
        f"-max_total_time={seconds}",
        f"-max_len={longest}",
        f"-timeout={SLOWEST}",
        f"-rss_limit_mb={peak + MORE_MEMORY}",
        f"-artifact_prefix={findings}/",
        "-len_control=0",
        "-verbosity=0",
        "-print_final_stats=1",
    ]


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description="Fuzz one target.")
    parser.add_argument("target")
    parser.add_argument("seconds", type=int, nargs="?", default=20)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/fuzz"))
    given = parser.parse_args()
    if given.target == "all":
        sys.stdout.write("\n".join(all_targets()) + "\n")
        return
    target = all_targets()[given.target]
    findings = given.folder / target.name
    findings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(target.seeds):
            (Path(folder) / f"seed-{number}").write_bytes(seed)
        arguments = options(target, given.seconds, Path(folder), findings)
        atheris.Setup(arguments, target.run)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
