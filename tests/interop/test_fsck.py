"""Tessera's own checker as an independent auditor of the running server.

Needs Go and its module proxy; skipped, with the reason, without.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.interop.go_program import built
from tests.server.running import Running, form
from tests.server.test_story import tamper, vkeys_of
from tests.workbench import fact

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def fsck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program."""
    return built("fsck", tmp_path_factory.mktemp("fsck"))


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
