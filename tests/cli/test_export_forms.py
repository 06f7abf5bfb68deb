"""``evidence export --as``: parts of a certificate for other tools, each read back by one."""

from __future__ import annotations

import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from evidence_ledger.core.timestamp_token import read_token
from tests.cli.conftest import Run


@pytest.fixture
def deposited(desk: Path, evidence: Run) -> Path:
    """The folder, with a sealed deposit and the roots of its authority."""
    assert evidence("deposit", "case", "--out", "case.asice").code == 0
    trust = tomllib.loads((desk / "ledger" / "trust.toml").read_text())
    (desk / "roots.pem").write_text(trust["timestamp_authority"][0]["roots"])
    return desk


def data_of(file: int, evidence: Run) -> Path:
    """The file that was deposited as ``file/N``."""
    claims = evidence("show", "0", "--json").document["claims"]
    value = claims[f"file/{file}"] if isinstance(claims, dict) else claims[file]["value"]
    return Path("case", Path(value["name"]).name)


@pytest.mark.usefixtures("deposited")
def test_a_record_of_one_file(evidence: Run) -> None:
    done = evidence("export", "0", "--only", "file/0", "--as", "ers", "--out", "a.ers", "--json")
    assert done.document["as"] == "ers"
    assert done.document["authority"]
    options = ("--roots", "roots.pem")
    right = ("record", "verify", "a.ers", "--data", data_of(0, evidence), *options)
    assert evidence(*right).code == 0
    wrong = ("record", "verify", "a.ers", "--data", data_of(1, evidence), *options)
    assert evidence(*wrong).code == 1


@pytest.mark.usefixtures("deposited")
def test_the_token_and_the_response_of_a_seal(evidence: Run) -> None:
    assert evidence("export", "0", "--as", "tst", "--out", "a.tst").code == 0
    assert evidence("export", "0", "--as", "tsr", "--out", "a.tsr").code == 0
    token, response = Path("a.tst").read_bytes(), Path("a.tsr").read_bytes()
    assert read_token(response).raw == token
    digest = read_token(token).info.imprint.value.hex()
    for name in ("a.tst", "a.tsr"):
        checked = ("timestamp", "verify", name, "--digest", f"sha256:{digest}")
        assert evidence(*checked, "--roots", "roots.pem").code == 0
    command = ["openssl", "ts", "-verify", "-digest", digest, "-in", "a.tst", "-token_in"]
    done = subprocess.run([*command, "-CAfile", "roots.pem"], capture_output=True, check=False)
    assert b"Verification: OK" in done.stdout, done.stderr


@pytest.mark.usefixtures("deposited")
def test_a_simple_container(evidence: Run) -> None:
    data = data_of(0, evidence)
    done = evidence(
        "export", "0", "--only", "file/0", "--as", "asic-s", "--data", data, "--out", "a.asics"
    )
    assert done.code == 0, done.err
    with zipfile.ZipFile("a.asics") as container:
        assert container.testzip() is None
        first, second, third = container.infolist()
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert container.read(first) == b"application/vnd.etsi.asic-s+zip"
        assert (second.filename, container.read(second)) == (data.name, data.read_bytes())
        assert third.filename == "META-INF/evidencerecord.ers"
        Path("a.ers").write_bytes(container.read(third))
    checked = ("record", "verify", "a.ers", "--data", data, "--roots", "roots.pem")
    assert evidence(*checked).code == 0


def test_another_file_does_not_get_into_a_container(deposited: Path, evidence: Run) -> None:
    Path("forged").write_bytes(b"forged")
    done = evidence(
        "export", "0", "--only", "file/0", "--as", "asic-s", "--data", "forged", "--out", "a.asics"
    )
    assert done.code == 12
    assert not list(deposited.glob("*a.asics*"))


@pytest.mark.usefixtures("deposited")
@pytest.mark.parametrize(
    "wrong",
    [
        ("--as", "ers"),
        ("--as", "ers", "--only", "file/0", "--only", "file/1"),
        ("--as", "tst", "--only", "file/0"),
        ("--as", "tst", "--authority", "nobody"),
        ("--as", "ers", "--only", "file/0", "--authority", "nobody"),
        ("--as", "asic-s", "--only", "file/0"),
        ("--as", "asice", "--data", "case/lease.txt"),
        ("--as", "asice", "--authority", "nobody"),
    ],
)
def test_what_makes_no_sense(evidence: Run, wrong: tuple[str, ...]) -> None:
    done = evidence("export", "0", *wrong, "--out", "wrong")
    assert done.code == 2
    assert not Path("wrong").exists()


@pytest.mark.usefixtures("deposited")
def test_what_is_there_is_not_overwritten(evidence: Run) -> None:
    Path("there").write_text("mine")
    assert evidence("export", "0", "--as", "tst", "--out", "there").code == 14
    assert Path("there").read_text() == "mine"


@pytest.mark.usefixtures("desk")
def test_a_deposit_with_timestamps_over_its_files(evidence: Run) -> None:
    done = evidence("deposit", "case/lease.txt", "--direct", "--out", "case.asice")
    assert done.code == 0, done.err
    policy = ("--policy", "ledger/trust.toml")
    checked = evidence("verify", "case.asice", "case/lease.txt", *policy, "--json")
    assert checked.code == 0
    assert [one["path"] for one in checked.document["facts"]["direct_times"]] == ["file/0"]
    trust = tomllib.loads(Path("ledger/trust.toml").read_text())
    Path("roots.pem").write_text(trust["timestamp_authority"][0]["roots"])
    with zipfile.ZipFile("case.asice") as container:
        (name,) = [one for one in container.namelist() if one.endswith(".tst")]
        assert name.startswith("records/file-0/")
        Path("inside.tst").write_bytes(container.read(name))
    one = ("export", "0", "--only", "file/0")
    assert evidence(*one, "--as", "tst", "--out", "a.tst").code == 0
    assert Path("a.tst").read_bytes() == Path("inside.tst").read_bytes()
    assert evidence(*one, "--as", "tsr", "--out", "a.tsr").code == 0
    simple = (*one, "--as", "asic-s", "--data", "case/lease.txt", "--out", "a.asics")
    assert evidence(*simple).code == 0
    with zipfile.ZipFile("a.asics") as container:
        assert container.read("META-INF/timestamp.tst") == Path("a.tst").read_bytes()
    verify = ["openssl", "ts", "-verify", "-data", "case/lease.txt", "-CAfile", "roots.pem"]
    for given in (["-in", "a.tst", "-token_in"], ["-in", "a.tsr"]):
        assert subprocess.run([*verify, *given], capture_output=True, check=False).returncode == 0


@pytest.mark.usefixtures("desk")
def test_many_files_are_warned_about(evidence: Run) -> None:
    Path("many").mkdir()
    for number in range(11):
        Path("many", f"{number}").write_text(f"{number}")
    done = evidence("deposit", "many", "--direct", "--out", "many.asice")
    assert done.code == 0
    assert "asked 11 times" in done.err
