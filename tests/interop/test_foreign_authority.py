"""certomancer, an authority that others wrote, over HTTP: its tokens stand, and seals keep them."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.timestamping.http import HttpAuthority
from evidence_ledger.core import pem
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.timestamp_verification import check_token, verify_timestamp
from evidence_ledger.errors import AuthorityError, Refused
from tests.asked import asked
from tests.cli.conftest import Run, desk, evidence
from tests.x509_factory import issue

__all__ = ["desk", "evidence"]

DIGEST = hashlib.sha256(b"x").digest()
PROGRAM = Path(sys.executable).with_name("certomancer")
PATIENCE = 30.0


@dataclass(frozen=True)
class Foreign:
    """The running authority: its address and root."""

    url: str
    roots: Path

    @property
    def authority(self) -> HttpAuthority:
        root = pem.certificates(self.roots.read_bytes(), where="root")
        return HttpAuthority("Foreign", self.url, root)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foreign]:
    if not PROGRAM.exists():
        pytest.skip("certomancer is not installed beside this interpreter")
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "keys").mkdir()
    for name in ("root", "tsa"):
        (folder / "keys" / f"{name}.pem").write_bytes(_key())
    shutil.copy(Path(__file__).with_name("foreign.yml"), folder / "foreign.yml")
    command: list[str | Path] = [PROGRAM, "--config", folder / "foreign.yml"]
    root = folder / "root.pem"
    subprocess.run([*command, "summon", "case", "root", root], check=True, capture_output=True)
    port = _free_port()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "animate", "--port", str(port), "--no-web-ui"], stdout=log, stderr=log
        )
        try:
            _wait_for(port, server)
            yield Foreign(f"http://127.0.0.1:{port}/case/tsa/tsa", root)
        finally:
            server.terminate()
            server.wait(10)


def _key() -> bytes:
    return rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("certomancer does not listen")


def test_its_token_stands(foreign: Foreign) -> None:
    authority, nonce = foreign.authority, 2**62 + 5
    answer = authority.ask(DIGEST, nonce)
    now = SystemClock().now()
    report = verify_timestamp(
        answer, *asked({"sha256": DIGEST}, roots=authority.roots, nonce=nonce, at=now)
    )
    assert report.verdict is Verdict.PASSED, report
    assert "Foreign authority" in str(report.facts["authority"])


def test_its_token_is_for_nothing_else(foreign: Foreign) -> None:
    authority = foreign.authority
    answer, now = authority.ask(DIGEST, 5), SystemClock().now()
    with pytest.raises(Refused) as caught:
        check_token(answer, *asked({"sha256": bytes(32)}, roots=authority.roots, at=now))
    assert caught.value.reason == "timestamp.imprint-mismatch"
    with pytest.raises(Refused) as caught:
        check_token(answer, *asked({"sha256": DIGEST}, roots=authority.roots, nonce=6, at=now))
    assert caught.value.reason == "timestamp.nonce-mismatch"


def test_another_root_of_its_name_vouches_for_nothing(foreign: Foreign) -> None:
    other = issue("Foreign root", authority=True)
    answer = foreign.authority.ask(DIGEST, 5)
    report = verify_timestamp(
        answer, *asked({"sha256": DIGEST}, roots=[other.der], at=SystemClock().now())
    )
    assert report.verdict is not Verdict.PASSED


def test_a_place_where_it_has_no_authority_is_an_error_of_ours(foreign: Foreign) -> None:
    with pytest.raises(AuthorityError):
        HttpAuthority("Foreign", foreign.url + "x").ask(DIGEST, 5)


def test_a_deposit_is_sealed_by_it_and_verified(
    foreign: Foreign, desk: Path, evidence: Run
) -> None:
    added = evidence("authority", "add", foreign.url, "--roots", foreign.roots, "--name", "foreign")
    assert added.code == 0, added.err
    assert evidence("deposit", "case/lease.txt", "--out", "a.asice").code == 0
    policy = desk / "ledger" / "trust.toml"
    text = policy.read_text().replace("authorities = 1", "authorities = 2")
    policy.write_text(text.replace("independent = 0", "independent = 1"))
    answer = evidence("verify", "a.asice", "case/lease.txt", "--policy", policy, "--json")
    assert answer.document["verdict"] == "PASSED", answer
    assert evidence("audit").code == 0
