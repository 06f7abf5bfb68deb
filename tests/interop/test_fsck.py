"""Tessera's own checker as an independent auditor of the running server.

Needs Go and its module proxy; skipped, with the reason, without.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.server.running import Running, form
from tests.server.test_story import tamper, vkeys_of
from tests.workbench import fact

pytestmark = pytest.mark.long

PROGRAM = ROOT / "tests" / "interop" / "fsck"


@pytest.fixture(scope="module")
def fsck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program."""
    if shutil.which("go") is None:
        pytest.skip("Go is not on this machine")
    binary = tmp_path_factory.mktemp("fsck") / "fsck"
    command = ["go", "build", "-mod=readonly", "-o", str(binary), "."]
    done = subprocess.run(command, cwd=PROGRAM, capture_output=True, text=True, env=os.environ)
    if done.returncode:
        pytest.skip(f"the Go libraries can't be had: {done.stderr.strip()[-200:]}")
    return binary


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A served ledger of 600 entries: full tiles, partial ones, two levels."""
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        for at in range(0, 600, 200):
            many = [form(server.signed(fact("a", b"%d" % n))) for n in range(at, at + 200)]
            answer = server.client.post(
                "/v1/deposits", json={"deposits": many}, params={"wait": "seal"}
            )
            assert answer.status_code == 201
    return tmp_path / "ledger"


def judged(fsck: Path, server: Running) -> str:
    """What the program says of what is served."""
    done = subprocess.run([fsck, server.url, vkeys_of(server)[0]], capture_output=True, text=True)
    return done.stdout


def test_what_we_serve_is_accepted(fsck: Path, ledger: Path) -> None:
    with Running(ledger, seal_every=3600.0) as server:
        assert judged(fsck, server) == "accepted\n"


def test_a_tampered_row_is_found(fsck: Path, ledger: Path) -> None:
    with Running(ledger, seal_every=3600.0) as server:
        vkey = vkeys_of(server)[0]
        tamper(server.home.database)
        done = subprocess.run([fsck, server.url, vkey], capture_output=True, text=True)
        assert done.stdout.startswith("refused")
