"""Keys: made, imported and shown, never shown in private."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def password(tmp_path: Path) -> Path:
    """A file with a password."""
    path = tmp_path / "password"
    path.write_text("correct horse\n")
    return path


def test_a_new_key_is_locked_and_readable_by_its_owner_alone(
    tmp_path: Path, password: Path, evidence: Run
) -> None:
    out = tmp_path / "key.pem"
    made = evidence(
        "key", "new", "--name", "王芳", "--out", out, "--password-file", password, "--json"
    )
    assert made.code == 0
    assert made.document["subject"] == "CN=王芳"
    assert b"ENCRYPTED" in out.read_bytes()
    assert out.stat().st_mode & 0o077 == 0
    shown = evidence("key", "show", out, "--password-file", password, "--json")
    assert shown.document == made.document


def test_a_locked_key_is_shown_by_its_x509_certificate_without_a_password(
    tmp_path: Path, password: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "key.pem"
    evidence("key", "new", "--name", "A", "--out", out, "--password-file", password)
    opened = evidence("key", "show", out, "--password-file", password, "--json").document
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    shown = evidence("key", "show", out, "--json")
    assert shown.code == 0
    assert "Password" not in shown.err
    assert opened["private_key"] == "opened"
    assert shown.document == opened | {"private_key": "locked"}
    assert "not compared" in evidence("key", "show", out).out


def test_a_locked_key_is_not_said_to_belong_to_what_lies_beside_it(
    tmp_path: Path, password: Path, evidence: Run
) -> None:
    paths = tmp_path / "a.pem", tmp_path / "b.pem"
    for path in paths:
        evidence("key", "new", "--name", path.stem, "--out", path, "--password-file", password)
    blocks = [path.read_text().partition("-----BEGIN CERTIFICATE-----") for path in paths]
    mixed = tmp_path / "mixed.pem"
    mixed.write_text(blocks[0][0] + blocks[1][1] + blocks[1][2])
    assert evidence("key", "show", mixed, "--json").document["private_key"] == "locked"
    assert evidence("key", "show", mixed, "--password-file", password).code == 43


def test_where_the_own_x509_certificate_can_not_be_told_the_password_is_needed(
    tmp_path: Path, password: Path, evidence: Run
) -> None:
    one, other = tmp_path / "a.pem", tmp_path / "b.pem"
    for path in (one, other):
        evidence("key", "new", "--name", path.stem, "--out", path, "--password-file", password)
    both = tmp_path / "both.pem"
    rest = other.read_text().partition("-----BEGIN CERTIFICATE-----")
    both.write_text(one.read_text() + rest[1] + rest[2])
    assert evidence("key", "show", both).code == 42
    opened = evidence("key", "show", both, "--password-file", password, "--json")
    assert opened.document["subject"] == "CN=a"


def test_an_x509_certificate_alone_is_shown(tmp_path: Path, evidence: Run) -> None:
    out = tmp_path / "key.pem"
    made = evidence("key", "new", "--name", "A", "--out", out, "--no-password", "--json").document
    alone = tmp_path / "certificate.pem"
    alone.write_text("".join(out.read_text().partition("-----BEGIN CERTIFICATE-----")[1:]))
    der = tmp_path / "certificate.der"
    der.write_bytes(ssl.PEM_cert_to_DER_cert(alone.read_text()))
    for path in (alone, der):
        shown = evidence("key", "show", path, "--json").document
        assert shown == made | {"file": str(path), "private_key": "absent"}


def test_a_wrong_password_is_told(tmp_path: Path, password: Path, evidence: Run) -> None:
    out = tmp_path / "key.pem"
    evidence("key", "new", "--name", "A", "--out", out, "--password-file", password)
    password.write_text("wrong\n")
    assert evidence("key", "show", out, "--password-file", password).code == 42


def test_without_a_terminal_a_password_must_be_named(tmp_path: Path, evidence: Run) -> None:
    answer = evidence("key", "new", "--name", "A", "--out", tmp_path / "key.pem")
    assert answer.code == 2
    assert "--no-password" in answer.err
    assert not (tmp_path / "key.pem").exists()


def test_a_key_is_never_overwritten(tmp_path: Path, evidence: Run) -> None:
    out = tmp_path / "key.pem"
    out.write_text("mine")
    assert evidence("key", "new", "--name", "A", "--out", out, "--no-password").code == 14
    assert out.read_text() == "mine"


def test_a_pkcs12_from_openssl_is_imported(tmp_path: Path, password: Path, evidence: Run) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, p12, out = (tmp_path / name for name in ("a.pem", "a.p12", "b.pem"))
    made = evidence("key", "new", "--name", "A", "--out", key, "--no-password", "--json").document
    subprocess.run(
        ["openssl", "pkcs12", "-export", "-in", key, "-out", p12, "-passout", f"file:{password}"],
        check=True,
    )
    imported = evidence(
        "key", "import", p12, "--out", out, "--password-file", password, "--no-password", "--json"
    )
    assert imported.code == 0
    assert imported.document["certificate_sha256"] == made["certificate_sha256"]


def test_show_gives_the_public_half_alone(desk: Path, evidence: Run) -> None:
    keys = desk / "ledger" / "keys"
    for path in keys.iterdir():
        shown = evidence("key", "show", path)
        assert shown.code == 0
        lines = path.read_text().splitlines()
        secret = lines[1] if path.suffix == ".pem" else lines[0].split("+", 4)[4]
        assert "PRIVATE" not in shown.out
        assert secret[:40] not in shown.out
    assert "CN=depositor" in evidence("key", "show").out
    assert evidence("key", "show", desk / "case" / "lease.txt").code == 41


def test_a_deposit_is_signed_with_another_key(desk: Path, password: Path, evidence: Run) -> None:
    key = desk / "firm.pem"
    made = evidence("key", "new", "--name", "Firm", "--out", key, "--password-file", password)
    assert made.code == 0
    wanted = ("deposit", "case", "--key", key, "--out", "firm.asice")
    assert evidence(*wanted).code == 42
    answer = evidence(*wanted, "--password-file", password)
    assert answer.code == 0
    line = answer.err.partition("trust policy: [[signer]] ")[2].partition("\n")[0]
    check = ("verify", "firm.asice", "case", "--policy")
    assert evidence(*check, "ledger/trust.toml").code == 3
    own = (desk / "ledger" / "trust.toml").read_text()
    (desk / "firm.toml").write_text(f"{own}\n[[signer]]\n{line}\n")
    assert evidence(*check, "firm.toml").code == 0


@pytest.mark.parametrize("claim", ["xx=1", "origin/source", "origin/=1", "Origin/Source=1"])
@pytest.mark.usefixtures("desk")
def test_a_claim_that_is_none_is_wrong_usage(evidence: Run, claim: str) -> None:
    assert evidence("deposit", "case", "--claim", claim).code == 2


def test_an_empty_password_file_locks_nothing(tmp_path: Path, evidence: Run) -> None:
    out, empty = tmp_path / "key.pem", tmp_path / "empty"
    empty.write_text("\nsecond line\n")
    answer = evidence("key", "new", "--name", "A", "--out", out, "--password-file", empty)
    assert answer.code == 2
    assert "--no-password" in answer.err
    assert not out.exists()


def test_certificates_that_are_none_are_not_passed_over(tmp_path: Path, evidence: Run) -> None:
    key, other, out = (tmp_path / name for name in ("key.pem", "other.pem", "out.pem"))
    evidence("key", "new", "--name", "A", "--out", key, "--no-password")
    other.write_bytes(b"\0" * 100)
    words = ("key", "import", key, "--certificates", other, "--out", out, "--no-password")
    answer = evidence(*words)
    assert answer.code == 41
    assert "no X.509 certificate in other.pem" in answer.err


@pytest.mark.parametrize("line", [b"correct horse\r\n", b"\xef\xbb\xbfcorrect horse\n"])
def test_a_password_file_of_another_editor_opens_the_key(
    tmp_path: Path, password: Path, evidence: Run, line: bytes
) -> None:
    out = tmp_path / "key.pem"
    evidence("key", "new", "--name", "A", "--out", out, "--password-file", password)
    password.write_bytes(line)
    assert evidence("key", "show", out, "--password-file", password).code == 0


def test_a_key_without_its_x509_certificate_is_told_how_to_get_it(
    tmp_path: Path, desk: Path, evidence: Run
) -> None:
    key = tmp_path / "key.pem"
    evidence("key", "new", "--name", "A", "--out", key, "--no-password")
    key.write_text(key.read_text().partition("-----BEGIN CERTIFICATE-----")[0])
    answer = evidence("deposit", desk / "case", "--key", key)
    assert (answer.code, "evidence key import KEY --certificates" in answer.err) == (41, True)
