"""The commands of the page about exports, run as they stand there, and what it says of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from evidence_ledger.core import evidence_record
from evidence_ledger.core.timestamp_token import read_token
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "format" / "exports.md").read_text()
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
(PRINTED,) = re.findall(r"prints\n\n```\n(.*?)```", PAGE, re.DOTALL)

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("openssl", "unzip", "sh")),
    reason="openssl, unzip or sh is missing",
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("bin") / "evidence"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m evidence_ledger_cli "$@"\n')
    program.chmod(0o755)
    return program


@pytest.fixture(scope="module")
def made(program: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder after the page's commands, and what they printed."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as monkeypatch:
        enter(folder, program, monkeypatch)
        Path("lease.pdf").write_bytes(b"%PDF a lease\n")
        run("evidence init; evidence deposit lease.pdf --direct --out lease.asice")
        trust = tomllib.loads(Path("home", "trust.toml").read_text())
        Path("roots.pem").write_text(trust["timestamp_authority"][0]["roots"])
        assert len(COMMANDS) == 1
        return folder, run(COMMANDS[0])


@pytest.fixture
def said(
    made: tuple[Path, str], program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """What the page's commands printed; the test is in a copy of what they left."""
    folder, printed = made
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    enter(tmp_path, program, monkeypatch)
    return printed


def enter(folder: Path, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the page's program be found, and work on the ledger in ``folder``."""
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("EVIDENCE_HOME", str(folder / "home"))
    monkeypatch.chdir(folder)


def run(commands: str) -> str:
    done = subprocess.run(["sh", "-e"], input=commands, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_do_what_the_page_says(said: str) -> None:
    assert said.count("Verification: OK") == 2
    assert said.endswith(PRINTED)
    token, response = Path("lease.tst").read_bytes(), Path("lease.tsr").read_bytes()
    assert read_token(response).raw == token
    record = evidence_record.parse(Path("lease.ers").read_bytes())
    assert [len(one) for one in (record.first.lists or ())[:2]] == [1, 1]


@pytest.mark.usefixtures("said")
def test_another_file_is_refused_by_each_command() -> None:
    Path("lease.pdf").write_bytes(b"%PDF another\n")
    for line in COMMANDS[0].splitlines():
        if "verify" in line:
            done = subprocess.run(line.split(), capture_output=True)
            assert done.returncode == 1, line


@pytest.mark.usefixtures("said")
def test_a_renewed_token_travels_in_its_record() -> None:
    run("evidence export 0 --only file/0 --as tst --out before.tst; evidence renew --all")
    run("evidence export 0 --only file/0 --as tst --out after.tst")
    assert Path("before.tst").read_bytes() == Path("after.tst").read_bytes()
    run("evidence export 0 --only file/0 --as asic-s --data lease.pdf --out renewed.asics")
    with zipfile.ZipFile("renewed.asics") as container:
        assert container.namelist() == ["mimetype", "lease.pdf", "META-INF/evidencerecord.ers"]
        Path("own.ers").write_bytes(container.read("META-INF/evidencerecord.ers"))
    record = evidence_record.parse(Path("own.ers").read_bytes())
    assert (record.first.lists, len(record.chains[0].stamps)) == (None, 2)
    assert record.first.token == Path("after.tst").read_bytes()
    run("evidence record verify own.ers --data lease.pdf --roots roots.pem")
