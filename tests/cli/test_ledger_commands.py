"""From ``init`` to a refused certificate: the commands that a depositor and a court use."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import open_depositor, open_ledger
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.desk import Desk, write_certificate
from tests.cli.conftest import Run

POLICY = ("--policy", "ledger/trust.toml")


@pytest.fixture
def deposited(desk: Path, evidence: Run) -> Path:
    """The case deposited, its certificate in ``case.asice``."""
    assert evidence("deposit", "case", "--case", "2026-1", "--out", "case.asice").code == 0
    return desk


def test_init_says_what_it_made_and_where(tmp_path: Path, evidence: Run) -> None:
    home = tmp_path / "new"
    made = evidence(
        "init", "--home", home, "--origin", "court.example/l1", "--digest", "sm3", "--json"
    ).document
    assert made["ledger"] == "court.example/l1"
    assert made["digests"] == ["sha256", "sm3"]
    for key in ("home", "database", "keys", "authority", "trust_policy"):
        assert Path(made[key]).exists()
        assert made[key].startswith(str(home))
    assert home.stat().st_mode & 0o077 == 0


def test_a_second_init_changes_nothing(desk: Path, evidence: Run) -> None:
    before = {path: path.read_bytes() for path in desk.rglob("*") if path.is_file()}
    again = evidence("init")
    assert again.code == 22
    assert "There is a ledger already" in again.err
    assert before == {path: path.read_bytes() for path in desk.rglob("*") if path.is_file()}


def test_commands_without_a_ledger_say_how_to_make_one(tmp_path: Path, evidence: Run) -> None:
    (tmp_path / "file").touch()
    for arguments in (["list"], ["seal"], ["audit"], ["deposit", tmp_path / "file"]):
        answer = evidence(*arguments, "--home", tmp_path / "nothing")
        assert (answer.code, answer.out) == (21, "")
        assert "evidence init" in answer.err


@pytest.mark.usefixtures("desk")
def test_a_deposit_and_its_check(evidence: Run) -> None:
    deposit = evidence("deposit", "case", "--out", "case.asice", "--json").document
    assert (deposit["index"], deposit["files"], deposit["repeated"]) == (0, 3, False)
    checked = evidence("verify", "case.asice", "case", *POLICY, "--json")
    assert checked.code == 0
    assert checked.document["verdict"] == "PASSED"
    names = {file["name"] for file in checked.document["facts"]["files"]}
    assert names == {"case/lease.txt", "case/合同.pdf", "case/trick\u202efdp.exe"}


def test_without_out_the_certificate_is_named_after_the_entry(desk: Path, evidence: Run) -> None:
    assert evidence("deposit", "case/lease.txt").code == 0
    assert (desk / "deposit-0.asice").is_file()


@pytest.mark.usefixtures("deposited")
def test_without_a_policy_nothing_is_decided(evidence: Run) -> None:
    answer = evidence("verify", "case.asice", "case")
    assert answer.code == 3
    assert "--policy" in answer.err
    assert "INDETERMINATE" in answer.out.splitlines()[-2]


def test_a_file_with_one_changed_byte_is_refused_by_name(deposited: Path, evidence: Run) -> None:
    (deposited / "case" / "lease.txt").write_text("the leasf")
    answer = evidence("verify", "case.asice", "case/lease.txt", *POLICY)
    assert answer.code == 1
    assert "lease.txt was altered" in answer.out
    assert answer.out.splitlines()[-2].startswith("  FAILED")


def test_no_byte_of_a_certificate_can_change_unnoticed(deposited: Path, evidence: Run) -> None:
    data = (deposited / "case.asice").read_bytes()
    with zipfile.ZipFile(deposited / "case.asice") as container:
        for_people = {"certificate.pdf", "README.txt"}
        starts = [
            (info.header_offset, info.file_size)
            for info in container.infolist()
            if info.filename not in for_people
        ]
    for start, size in starts:
        at = start + 30 + size // 2
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        (deposited / "bad.asice").write_bytes(changed)
        assert evidence("verify", "bad.asice", "case", *POLICY).code == 1


@pytest.mark.usefixtures("desk")
def test_what_is_no_certificate_is_failed_not_an_error(evidence: Run) -> None:
    answer = evidence("verify", "case/lease.txt", *POLICY, "--json")
    assert answer.code == 1
    assert answer.document["steps"][0]["verdict"] == "FAILED"


def test_a_file_that_was_never_deposited_is_not_called_altered(
    deposited: Path, evidence: Run
) -> None:
    (deposited / "other.txt").write_text("other")
    answer = evidence("verify", "case.asice", "other.txt", *POLICY)
    assert answer.code == 3
    assert "altered" not in answer.out


def test_a_wrong_second_digest_is_not_believed(desk: Path, evidence: Run) -> None:
    """A depositor may claim a true SHA-256 beside a false SM3: both are computed."""
    (desk / "file").write_bytes(b"x")
    digests = {Algorithm.SHA256: hashlib.sha256(b"x").digest(), Algorithm.SM3: bytes(32)}
    place = open_ledger(Home(desk / "ledger"))
    try:
        author = open_depositor(place.home)
        table = Desk(place, author)
        deposit = table.deposit([FileFact(b"file", Fingerprint(digests, 1))], [])
        table.seal()
        write_certificate(place, deposit.receipt.index, desk / "false.asice")
    finally:
        place.close()
    answer = evidence("verify", "false.asice", "file", *POLICY, "--json")
    assert answer.code == 1
    assert "file.altered" in answer.out


@pytest.mark.usefixtures("deposited")
def test_judging_before_the_deposit_cannot_pass(evidence: Run) -> None:
    answer = evidence("verify", "case.asice", *POLICY, "--at", "2020-01-01")
    assert answer.code in (1, 3)


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "2026-01-01T00:00:00"])
def test_a_time_that_is_none_is_wrong_usage(evidence: Run, moment: str) -> None:
    answer = evidence("verify", "case/lease.txt", "--at", moment)
    assert answer.code == 2
    assert "2026-05-31T12:00:00Z" in answer.err


@pytest.mark.usefixtures("deposited")
def test_names_cannot_draw_on_the_screen(evidence: Run) -> None:
    shown = evidence("show", "0")
    assert "\u202e" not in shown.out
    assert r"trick\u{202e}fdp.exe" in shown.out


@pytest.mark.usefixtures("deposited")
def test_the_same_file_again_is_another_entry(evidence: Run) -> None:
    again = evidence("deposit", "case/lease.txt", "--out", "again.asice", "--json").document
    assert not again["repeated"]
    found = evidence("find", "case/lease.txt", "--json").document["entries"]
    assert [entry["index"] for entry in found] == [0, again["index"]]


@pytest.mark.usefixtures("deposited")
def test_find_takes_digests_as_well(evidence: Run) -> None:
    digest = hashlib.sha256(b"the lease").hexdigest()
    for wanted in (digest, digest.upper(), f"sha256:{digest}"):
        assert evidence("find", wanted, "--json").document["digest"] == f"sha256:{digest}"
    nothing = evidence("find", "0" * 64)
    assert (nothing.code, nothing.out) == (29, "")
    assert evidence("find", "sha256:zz").code == 4
    assert evidence("find", "nosuchfile").code == 11


@pytest.mark.usefixtures("deposited")
def test_list_shows_the_newest_last(evidence: Run) -> None:
    evidence("deposit", "case/lease.txt", "--out", "two.asice")
    listed = evidence("list", "--json").document
    assert [entry["index"] for entry in listed["entries"]] == list(range(listed["size"]))
    assert [entry["kind"] for entry in listed["entries"]] == ["deposit", "roll", "seal"] * 2
    last = evidence("list", "--last", "1", "--json").document["entries"]
    assert [entry["index"] for entry in last] == [listed["size"] - 1]
    first = evidence("list", "--from", "0", "--last", "1", "--json").document["entries"]
    assert [entry["index"] for entry in first] == [0]


def test_an_export_shows_only_what_is_asked_for(deposited: Path, evidence: Run) -> None:
    answer = evidence(
        "export", "0", "--only", "file/0", "--only", "matter/case_number", "--out", "part.asice"
    )
    assert answer.code == 0
    checked = evidence("verify", "part.asice", "case/lease.txt", *POLICY, "--json")
    assert checked.code == 0
    assert [file["path"] for file in checked.document["facts"]["files"]] == ["file/0"]
    assert checked.document["facts"]["claims"] == {"matter/case_number": "2026-1"}
    with zipfile.ZipFile(deposited / "part.asice") as container:
        everything = b"".join(container.read(name) for name in container.namelist())
    assert "合同".encode() not in everything


def test_an_export_of_what_is_not_there_is_refused(deposited: Path, evidence: Run) -> None:
    assert evidence("export", "0", "--only", "file/9", "--out", "part.asice").code == 2
    assert evidence("export", "7", "--out", "part.asice").code == 29
    assert evidence("export", "0", "--out", "case.asice").code == 14
    assert not (deposited / "part.asice").exists()


def test_nothing_is_deposited_where_the_certificate_cannot_go(desk: Path, evidence: Run) -> None:
    (desk / "there.asice").touch()
    assert evidence("deposit", "case", "--out", "there.asice").code == 14
    assert evidence("deposit", "case", "--out", "nofolder/c.asice").code == 15
    assert evidence("list", "--json").document["size"] == 0


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("claim", ["nosign", "origin/source=", "=x"])
def test_a_claim_that_is_none_is_wrong(evidence: Run, claim: str) -> None:
    assert evidence("deposit", "case", "--claim", claim).code in (2, 4)
    assert evidence("list", "--json").document["size"] == 0


def test_links_are_refused_or_left_out(desk: Path, evidence: Run) -> None:
    (desk / "case" / "link").symlink_to("lease.txt")
    refused = evidence("deposit", "case")
    assert refused.code == 13
    assert "case/link" in refused.err
    deposit = evidence("deposit", "case", "--skip-special", "--json").document
    assert deposit["files"] == 3


def test_files_inside_the_certificate_need_not_be_presented(desk: Path, evidence: Run) -> None:
    assert evidence("deposit", "case", "--embed", "--out", "full.asice").code == 0
    shutil.rmtree(desk / "case")
    checked = evidence("verify", "full.asice", *POLICY, "--json")
    assert checked.code == 0
    assert all(file["embedded"] for file in checked.document["facts"]["files"])


@pytest.mark.usefixtures("desk")
def test_an_interrupted_deposit_goes_on_with_the_same_entry(
    evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("evidence_ledger.desk.write_certificate", stop)
        assert evidence("deposit", "case", "--out", "case.asice").code == 130
    again = evidence("deposit", "case", "--out", "case.asice", "--json").document
    assert (again["index"], again["repeated"]) == (0, True)
    kinds = [one["kind"] for one in evidence("list", "--json").document["entries"]]
    assert kinds.count("deposit") == 1


@pytest.mark.usefixtures("deposited")
def test_seal_says_when_nothing_is_new(evidence: Run) -> None:
    assert evidence("seal", "--json").document == {
        "seal": None,
        "entries": None,
        "authorities": [],
        "missing": [],
        "witnesses": [],
        "witnesses_missing": [],
        "disagreement": None,
        "failures": [],
        "completed": [],
    }
    assert evidence("seal").out == "Nothing is new.\n"


def test_an_audit_finds_what_was_changed_behind_the_ledgers_back(
    deposited: Path, evidence: Run
) -> None:
    assert evidence("audit").code == 0
    assert evidence("audit", "--no-signatures").code == 3
    database = deposited / "ledger" / "ledger.sqlite"
    data = database.read_bytes()
    assert data.count(b"2026-1") >= 1
    database.write_bytes(data.replace(b"2026-1", b"2027-1"))
    audit = evidence("audit", "--json")
    assert audit.code == 1
    assert audit.document["verdict"] == "FAILED"


@pytest.mark.usefixtures("deposited")
def test_checking_loads_no_database_and_no_network() -> None:
    code = (
        "import sys; from evidence_ledger_cli.session import run; "
        "code = run(['verify', 'case.asice', 'case', '--policy', 'ledger/trust.toml']); "
        "names = ['sqlalchemy', 'alembic', 'httpx', 'rfc3161ng', 'fastapi', 'reportlab']; "
        "print(code, [n for n in names if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "0 []"


@pytest.mark.usefixtures("deposited")
def test_times_shown_are_now(evidence: Run) -> None:
    (entry,) = evidence("list", "--last", "1", "--json").document["entries"]
    moment = datetime.fromisoformat(entry["received"])
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 600  # noqa: TID251 the real clock


def test_a_disk_that_is_full_leaves_no_half_certificate(
    desk: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        answer = evidence("deposit", "case", "--out", "case.asice")
    assert answer.code in (15, 25)
    assert "space" in answer.err
    assert not (desk / "case.asice").exists()
    assert evidence("deposit", "case", "--out", "case.asice").code == 0
