"""What the page on storage says of a lost disk is done as it stands there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.cli.conftest import Run, desk, evidence

__all__ = ["desk", "evidence"]

PAGE = Path(__file__).parents[2] / "docs" / "storage.md"


def recovered(folder: Path) -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    commands = block.replace("evidence audit\n", "")
    assert commands != block
    subprocess.run(["sh", "-euc", commands], cwd=folder, check=True)


def lost(folder: Path) -> None:
    shutil.rmtree(folder / "ledger")
    shutil.copytree(folder / "backup", folder / "ledger")


def backed_up(folder: Path) -> None:
    shutil.copytree(folder / "ledger", folder / "backup", ignore=lambda *_: ["signer"])


def test_a_lost_folder_goes_on_from_the_newest_certificate(desk: Path, evidence: Run) -> None:
    assert evidence("deposit", "case", "--out", "newest.asice").code == 0
    backed_up(desk)
    lost(desk)
    assert evidence("export", "0", "--out", "again.asice").code == 0
    assert evidence("deposit", "case/lease.txt", "--out", "next.asice").code == 27
    recovered(desk)
    assert evidence("audit").code == 0
    assert evidence("deposit", "case/lease.txt", "--out", "next.asice").code == 0
    assert evidence("audit").code == 0


def test_an_older_backup_is_found_out_all_the_same(desk: Path, evidence: Run) -> None:
    assert evidence("deposit", "case", "--out", "first.asice").code == 0
    backed_up(desk)
    assert evidence("deposit", "case/lease.txt", "--out", "newest.asice").code == 0
    lost(desk)
    recovered(desk)
    refused = evidence("deposit", "case", "--case", "2", "--out", "next.asice")
    assert refused.code == 27
    assert "the database holds" in refused.err
