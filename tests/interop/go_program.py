"""Judges written in Go, compiled where Go and its module proxy are there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT


def built(name: str, into: Path) -> Path:
    """The program in the folder ``name`` beside, compiled. Skips, with the reason, without Go."""
    if shutil.which("go") is None:
        pytest.skip("Go is not on this machine")
    binary = into / name
    command = ["go", "build", "-mod=readonly", "-o", str(binary), "."]
    folder = ROOT / "tests" / "interop" / name
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ)
    if done.returncode:
        pytest.skip(f"the Go libraries can't be had: {done.stderr.strip()[-200:]}")
    return binary
