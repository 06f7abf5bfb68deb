"""The commands of the page, run as they stand there: they pass, and they stop at every change."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import textwrap
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from evidence_ledger_cli import session
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "verify-with-openssl.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
TOOLS = ("openssl", "unzip", "sha256sum", "awk", "base64", "od")

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS),
    reason="openssl, unzip or a coreutil is missing",
)


def evidence(home: Path, *words: str) -> None:
    assert session.run([*words, "--home", str(home)]) == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates of one deposit among others, the file, and the roots."""
    folder = tmp_path_factory.mktemp("made")
    home = folder / "home"
    evidence(home, "init")
    for number in range(4):
        (folder / f"other{number}").write_text(str(number))
        evidence(
            home, "deposit", str(folder / f"other{number}"), "--out", str(folder / f"{number}")
        )
    (folder / "contract.pdf").write_bytes(b"A contract.\n")
    (folder / "合同.txt").write_bytes(b"Another.\n")
    paths = [str(folder / name) for name in ("contract.pdf", "合同.txt")]
    deposit = ["deposit", *paths, "--case", "(2026)京0101", "--claim", "origin/source=email"]
    evidence(home, *deposit, "--embed", "--direct", "--out", str(folder / "embedded.asice"))
    index = _index(folder / "embedded.asice")
    evidence(home, "export", index, "--out", str(folder / "whole.asice"))
    evidence(home, "export", index, "--only", "file/0", "--out", str(folder / "part.asice"))
    evidence(home, "export", index, "--only", "matter/case_number", "--out", f"{folder}/case.asice")
    evidence(home, "export", str(int(index) + 1), "--out", f"{folder}/roll.asice")
    evidence(home, "order", "0", index, "--out", f"{folder}/order.asice")
    attest = ["attest", f"{folder}/whole.asice", "--policy", f"{home}/trust.toml"]
    evidence(home, *attest, "--out", f"{folder}/attestation.asice")
    index = _index(folder / "attestation.asice")
    evidence(
        home, "export", index, "--only", "attestation/policy", "--out", f"{folder}/hidden.asice"
    )
    policy = tomllib.loads((home / "trust.toml").read_text())
    (folder / "roots.pem").write_text("".join(_pems(policy)))
    return folder


def _index(certificate: Path) -> str:
    with zipfile.ZipFile(certificate) as archive:
        match = re.search(rb'"index":(\d+)', archive.read("entry.json"))
    assert match is not None
    return match[1].decode()


def _pems(value: object) -> list[str]:
    """Every X.509 certificate in a trust policy, wherever it stands."""
    if isinstance(value, str):
        return [value] if "BEGIN CERTIFICATE" in value else []
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [pem for item in items for pem in _pems(item)]


def run(folder: Path, made: Path, certificate: bytes, file: bytes, shell: str = "sh") -> list[str]:
    """The lines ``ok: …`` that the page's commands print before they end or stop."""
    (folder / "certificate.asice").write_bytes(certificate)
    (folder / "contract.pdf").write_bytes(file)
    shutil.copy(made / "roots.pem", folder)
    script = "\n".join(BLOCKS)
    done = subprocess.run([shell], input=script.encode(), cwd=folder, capture_output=True)
    lines = [line for line in done.stdout.decode().splitlines() if line.startswith("ok: ")]
    assert (done.returncode == 0) == (len(lines) == len(BLOCKS)), done.stderr.decode()
    return lines


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("name", ["whole", "part", "embedded"])
def test_every_step_passes(tmp_path: Path, made: Path, name: str, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    file = (made / "contract.pdf").read_bytes()
    lines = run(tmp_path, made, (made / f"{name}.asice").read_bytes(), file, shell)
    assert len(lines) == len(BLOCKS)
    assert lines[-2] == "ok: 3 times"
    own = 0 if name == "embedded" else 1
    assert lines[-1] == f"ok: {own} records over the file itself"


def changed(certificate: Path, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The certificate with one member changed and everything else, checksums too, as it should."""
    out = io.BytesIO()
    with zipfile.ZipFile(certificate) as archive, zipfile.ZipFile(out, "w") as other:
        for member in archive.namelist():
            data = archive.read(member)
            other.writestr(member, change(data) if member == name else data)
    return out.getvalue()


def flipped(place: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        spot = place % len(data)
        return data[:spot] + bytes([data[spot] ^ 1]) + data[spot + 1 :]

    return change


# How many blocks still pass when this byte of this member is changed.
CHANGES = [
    ("mimetype", 5, 0),
    ("claims.jsonl", 30, 2),
    ("statement.json", 150, 2),
    ("statement.json.p7s", -5, 3),
    ("entry.json", 12, 4),
    ("entry.json", -20, 4),
    ("proof.tlog-proof", 40, 4),
    ("checkpoint", 3, 4),
    ("checkpoint", 150, 4),
    ("META-INF/evidencerecord-1.ers", 70, 5),
    ("META-INF/evidencerecord-2.ers", 300, 5),
    ("META-INF/evidencerecord-3.ers", -5, 5),
    ("records/file-0/local.ers", -5, 6),
    ("records/file-0/local.tst", -5, 6),
]


@pytest.mark.parametrize(("name", "place", "passing"), CHANGES)
def test_one_changed_byte_stops_at_its_step(
    tmp_path: Path, made: Path, name: str, place: int, passing: int
) -> None:
    certificate = changed(made / "whole.asice", name, flipped(place))
    assert certificate != (made / "whole.asice").read_bytes()
    lines = run(tmp_path, made, certificate, (made / "contract.pdf").read_bytes())
    assert len(lines) <= passing


def test_an_altered_file_stops_at_once(tmp_path: Path, made: Path) -> None:
    lines = run(tmp_path, made, (made / "whole.asice").read_bytes(), b"A contract!\n")
    assert lines == ["ok: unpacked"]


def test_another_authoritys_root_is_not_enough(tmp_path: Path, made: Path) -> None:
    folder = tmp_path / "stranger"
    folder.mkdir()
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem"
    command = ["openssl", *words.split(), "-subj", "/CN=Local timestamp root", "-out", "roots.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    certificate = (made / "whole.asice").read_bytes()
    lines = run(tmp_path, folder, certificate, (made / "contract.pdf").read_bytes())
    assert len(lines) == 5


def test_the_certificates_own_readme_has_the_same_commands(made: Path) -> None:
    with zipfile.ZipFile(made / "whole.asice") as archive:
        readme = archive.read("README.txt").decode()
    for block in BLOCKS:
        assert textwrap.indent(block, "    ") in readme


def readme_of(certificate: Path) -> str:
    with zipfile.ZipFile(certificate) as archive:
        return archive.read("README.txt").decode()


def typed(folder: Path, made: Path, name: str) -> subprocess.CompletedProcess[bytes]:
    """What a certificate's README says, typed literally in a folder with what it asks for."""
    (folder / "certificate.asice").write_bytes((made / f"{name}.asice").read_bytes())
    shutil.copy(made / "roots.pem", folder)
    steps = readme_of(made / f"{name}.asice").partition("1. Unpack")[2]
    script = "\n".join(line for line in steps.splitlines() if line.startswith("    "))
    return subprocess.run(["sh"], input=script.encode(), cwd=folder, capture_output=True)


@pytest.mark.parametrize("name", ["case", "roll", "order", "attestation", "hidden"])
def test_the_readme_of_a_certificate_without_files_can_be_typed_to_its_end(
    tmp_path: Path, made: Path, name: str
) -> None:
    done = typed(tmp_path, made, name)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines()[-1] == "ok: 3 times"
    assert "contract.pdf" not in readme_of(made / f"{name}.asice")


def test_the_readme_names_every_entry_that_an_order_is_about(tmp_path: Path, made: Path) -> None:
    printed = typed(tmp_path, made, "order").stdout.decode()
    assert printed.count('"leaf":') == 2
    assert "no claim is shown" in printed


def test_the_readme_compares_what_was_attested(tmp_path: Path, made: Path) -> None:
    shutil.copy(made / "whole.asice", tmp_path / "attested.asice")
    assert typed(tmp_path, made, "attestation").returncode == 0
    shutil.rmtree(tmp_path / "certificate")
    shutil.copy(made / "part.asice", tmp_path / "attested.asice")
    assert typed(tmp_path, made, "attestation").returncode != 0


def test_claims_that_were_taken_out_are_not_called_right(tmp_path: Path, made: Path) -> None:
    folder = tmp_path / "typed"
    folder.mkdir()
    with (
        zipfile.ZipFile(made / "roll.asice") as archive,
        zipfile.ZipFile(tmp_path / "roll.asice", "w") as other,
    ):
        for member in archive.namelist():
            if member != "claims.jsonl":
                other.writestr(member, archive.read(member))
    shutil.copy(made / "roots.pem", tmp_path)
    assert b"the claims have" not in typed(folder, tmp_path, "roll").stdout
