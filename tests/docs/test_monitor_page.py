"""The page for those who follow a ledger: its commands and alerts exist, systemd takes its unit."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from evidence_ledger_cli.program import GROUPS, SECTIONS, load
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "monitor.md").read_text()
UNIT = ROOT / "docs" / "evidence-monitor.service"
COMMANDS = {name for names in SECTIONS.values() for name in names}


def options(name: str) -> set[str]:
    return {one for parameter in load(name).params for one in parameter.opts}


@pytest.mark.parametrize("text", [PAGE, UNIT.read_text()], ids=["page", "unit"])
def test_every_command_and_option_exists(text: str) -> None:
    lines = re.findall(r"(?m)(?:^    |/bin/)evidence ([a-z-]+)(.*)$", text)
    assert lines
    for name, rest in lines:
        assert name in COMMANDS
        if name in GROUPS:
            second = rest.split()[0]
            assert second in GROUPS[name]
            name = f"{name}_{second}"
        used = set(re.findall(r"(?<!\S)--[a-z-]+", rest))
        assert used <= options(name), name


def test_every_option_on_the_page_is_one_of_the_command() -> None:
    named = set(re.findall(r"`(--[a-z-]+)[^`]*`", PAGE)) - {"--private"}
    assert named <= options("monitor")


def test_the_page_names_every_alert_and_no_other() -> None:
    folder = ROOT / "evidence_ledger" / "monitor"
    source = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
    told = r"\.(?:tell|trouble)\(\s*\"([a-z.-]+)\""
    assert set(re.findall(told, source)) == set(
        re.findall(r"`((?:monitor|ledger)\.[a-z-]+)`", PAGE)
    )


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/evidence/bin/evidence", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert UNIT.name not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
