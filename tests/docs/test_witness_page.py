"""The page for those who run a witness: its commands exist, and systemd takes its unit."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from evidence_ledger.core.witness_request import LARGEST_REQUEST
from evidence_ledger_cli.program import GROUPS, load
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "witness.md").read_text()
UNIT = ROOT / "docs" / "evidence-witness.service"


def options(name: str) -> set[str]:
    return {one for parameter in load(name).params for one in parameter.opts}


@pytest.mark.parametrize("text", [PAGE, UNIT.read_text()], ids=["page", "unit"])
def test_every_command_and_option_exists(text: str) -> None:
    lines = re.findall(r"evidence witness ([a-z-]+)(.*)", text)
    assert lines
    for name, rest in lines:
        assert name in GROUPS["witness"]
        used = set(re.findall(r"(?<!\S)--[a-z-]+", rest))
        assert used <= options(f"witness_{name}"), name


def test_the_port_and_the_size_are_those_of_the_program() -> None:
    ports = {p.default for p in load("witness_run").params if isinstance(p, click.Option)}
    assert 8053 in ports
    assert "port 8053" in PAGE
    assert LARGEST_REQUEST == 64 * 1024
    assert "64 KiB" in PAGE


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/evidence/bin/evidence", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert UNIT.name not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
