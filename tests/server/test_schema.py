"""Requests made up from the server's own description: none breaks it, every answer is described."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.running import Running
from tests.workbench import fact

UNFIT = (
    # What is well-formed may still be refused: no made-up signature stands.
    "positive_data_acceptance",
    # A part of a form is bytes, whatever its schema calls them.
    "negative_data_rejection",
)


@pytest.mark.long
@pytest.mark.skipif(
    importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed"
)
def test_made_up_requests_break_nothing(tmp_path: Path) -> None:
    rates = dict.fromkeys(
        (
            "requests_per_minute",
            "lookups_per_minute",
            "verifications_per_minute",
            "deposits_per_minute",
        ),
        10**9,
    )
    with Running(tmp_path / "ledger", read_timeout=0.5, seal_wait=0.05, **rates) as server:
        server.deposit(server.signed(fact("a.txt", b"a")), params={"wait": "seal"})
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json"]
        options = ["--checks", "all", "--exclude-checks", ",".join(UNFIT), "-n", "100"]
        ran = subprocess.run(
            [*command, *options, "--seed", "20261128", "--workers", "2"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
        assert "No issues found" in ran.stdout or "passed" in ran.stdout, ran.stdout[-2000:]
