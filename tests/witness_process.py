"""A real ``evidence witness run``, a process of its own on a free port of loopback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from evidence_ledger.adapters.witness.home import WitnessHome
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.witness_assembly import create_witness, open_witness
from tests.conftest import ROOT


def environment() -> dict[str, str]:
    """So that a child process finds the packages of this tree."""
    paths = (str(ROOT / one) for one in ("", "cli", "server"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


class WitnessProcess:
    """One witness; its files outlive its processes."""

    def __init__(self, folder: Path, name: str, logs: Sequence[str]) -> None:
        self.name = name
        self.home = WitnessHome(folder)
        create_witness(self.home, f"{name}.example/1")
        opened = open_witness(self.home)
        self.vkeys = list(opened.vkeys)
        opened.logs.add([VerifierKey.parse(one) for one in logs])
        opened.close()
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> WitnessProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(kill=True)

    def start(self) -> None:
        """Run until it listens; always at the same port."""
        command = [sys.executable, "-m", "evidence_ledger_cli", "witness", "run"]
        command += ["--home", str(self.home.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=environment(), cwd=ROOT
        )
        assert self.process.stderr is not None
        told = self.process.stderr.readline()
        found = re.search(r"port ([0-9]+)", told)
        assert found, told
        self.port = int(found[1])

    def stop(self, *, kill: bool = False) -> str:
        """What it told on the way; killed, or asked to stop."""
        if self.process is None:
            return ""
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        _, told = self.process.communicate(timeout=30)
        self.process = None
        return told

    @property
    def evidence(self) -> list[Path]:
        """What it keeps against ledgers."""
        return sorted(self.home.forks.iterdir())
