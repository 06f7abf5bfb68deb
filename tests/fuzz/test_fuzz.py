"""Each target for a few seconds under the coverage-guided fuzzer; ``make fuzz`` takes longer."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fuzz.targets import all_targets

SECONDS = 5


@pytest.mark.long
@pytest.mark.parametrize("name", all_targets())
def test_nothing_escapes_from(name: str, tmp_path: Path) -> None:
    if find_spec("atheris") is None:
        pytest.skip("atheris, the fuzzer, is not installed on this platform")
    command = [sys.executable, "-m", "tests.fuzz.run", name, str(SECONDS), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)
    told = done.stderr.decode(errors="replace")
    assert done.returncode == 0, told[-4000:]
    assert "stat::number_of_executed_units" in told
