"""What a newcomer met on the first day: each surprise has its test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evidence_ledger.errors import WrongPin
from tests.cli.conftest import Run

POLICY = ("--policy", "ledger/trust.toml")


def test_nothing_found_has_one_exit_code_with_and_without_json(desk: Path, evidence: Run) -> None:
    (desk / "unknown.txt").write_bytes(b"never deposited")
    plain, json = evidence("find", "unknown.txt"), evidence("find", "unknown.txt", "--json")
    assert (plain.code, json.code) == (29, 29)
    assert json.document["error"]["code"] == "ledger.no-such-entry"


def test_a_second_case_number_is_not_lost_silently(desk: Path, evidence: Run) -> None:
    answer = evidence("deposit", "case", "--case", "1", "--case", "2", "--out", "c.asice")
    assert answer.code != 0
    assert "matter/case_number" in answer.err
    assert not (desk / "c.asice").exists()


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("index", ["0", "1"])
def test_show_speaks_in_words(evidence: Run, index: str) -> None:
    assert evidence("deposit", "case", "--out", "c.asice").code == 0
    said = evidence("show", index).out
    assert not any(word in said for word in ("False", "None", "[]", "leaf_hash"))


def test_a_file_that_is_not_the_deposited_one_is_named_in_words(desk: Path, evidence: Run) -> None:
    (desk / "one.txt").write_bytes(b"one")
    (desk / "two.txt").write_bytes(b"two")
    assert evidence("deposit", "one.txt", "--out", "c.asice").code == 0
    arguments = ("--as", "asic-s", "--only", "file/0", "--data", "two.txt", "--out", "one.asics")
    answer = evidence("export", "0", *arguments)
    assert answer.code == 12
    assert "error: one.txt is not the file that was deposited." in answer.err
    assert "hint: Name the original file." in answer.err


@pytest.mark.usefixtures("desk")
def test_a_deposit_by_digest_alone_does_not_speak_of_no_files(evidence: Run) -> None:
    digest = f"sha256:{'ab' * 32}"
    answer = evidence("deposit", "--digest", digest, "--name", "far.bin", "--out", "c.asice")
    assert "0 bytes" not in answer.out
    assert "by digest    1, never read" in answer.out


def test_one_is_singular(desk: Path, evidence: Run) -> None:
    (desk / "one.txt").write_bytes(b"1")
    assert ", 1 byte\n" in evidence("deposit", "one.txt", "--out", "c.asice").out
    said = evidence("verify", "c.asice", "one.txt", *POLICY).out + evidence("audit").out
    for words in ("1 entries", "1 claims", "1 files", "1 seals", "1 timestamps"):
        assert words not in said


@pytest.mark.usefixtures("desk")
def test_the_seal_of_a_seal_is_not_asked_of_the_user(evidence: Run) -> None:
    """``evidence seal`` would say that nothing is new."""
    assert evidence("deposit", "case", "--out", "c.asice").code == 0
    answer = evidence("export", "1", "--out", "seal.asice")
    assert answer.code == 33
    assert "next deposit" in answer.err
    assert "evidence seal" not in answer.err


@pytest.mark.usefixtures("desk")
def test_a_missing_file_is_told_in_the_same_words_everywhere(evidence: Run) -> None:
    assert evidence("deposit", "case", "--out", "c.asice").code == 0
    for arguments in (("find", "nothing"), ("verify", "nothing"), ("verify", "c.asice", "nothing")):
        assert "there is no such file or folder" in evidence(*arguments).err


def test_a_dead_authority_is_told_without_numbers_of_the_system(desk: Path, evidence: Run) -> None:
    address = "http://127.0.0.1:1/tsr"
    answer = evidence("timestamp", "request", "case", "--authority", address, "--out", "t.tsr")
    assert answer.code != 0
    (desk / "one.txt").write_bytes(b"1")
    answer = evidence("timestamp", "request", "one.txt", "--authority", address, "--out", "t.tsr")
    assert answer.code == 51
    assert "connection refused" in answer.err
    assert "Errno" not in answer.err


def test_one_byte_is_singular_in_an_entry_too(desk: Path, evidence: Run) -> None:
    (desk / "one.txt").write_bytes(b"1")
    assert evidence("deposit", "one.txt", "--out", "c.asice").code == 0
    assert "one.txt, 1 byte, sha256:" in evidence("show", "0").out


@pytest.mark.usefixtures("desk")
def test_a_place_is_named_once(evidence: Run) -> None:
    assert "(nowhere.asice)" not in evidence("verify", "nowhere.asice").err
    assert "(nowhere.pem)" not in evidence("key", "show", "nowhere.pem").err


def test_a_folder_with_a_link_is_verified_as_it_was_deposited(desk: Path, evidence: Run) -> None:
    (desk / "case" / "link").symlink_to("lease.txt")
    assert evidence("deposit", "case", "--skip-special", "--out", "c.asice").code == 0
    assert evidence("verify", "c.asice", "case", *POLICY).code == 13
    assert evidence("verify", "c.asice", "case", "--skip-special", *POLICY).code == 0


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("find", "case"), "not a folder"),
        (("find", "sha256:abcd"), "sha256:HEX"),
        (("show", "seven"), "'seven' is not a whole number"),
        (("verify", "case/lease.txt", "--at", "2025"), "a day like 2026-05-31"),
        (("verify", "case/lease.txt", "--policy", "case/lease.txt"), "mend this one"),
        (("key", "show", "nowhere.pem"), "Check that the file is there"),
        (("renew",), "evidence renew --due --all"),
        (("matter", "import", "case/lease.txt"), "evidence matter share"),
        (("register", "enrol", "case/lease.txt"), "This holds no readable X.509 certificate"),
    ],
)
def test_it_says_what_to_do(evidence: Run, command: tuple[str, ...], said: str) -> None:
    assert said in evidence(*command).err


def test_a_deposit_that_got_no_certificate_is_told_of(
    desk: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise WrongPin("The token 'notary' needs its PIN.")

    with monkeypatch.context() as patch:
        patch.setattr("evidence_ledger.desk.Desk.seal", locked)
        answer = evidence("deposit", "case", "--out", "case.asice")
    assert answer.code == 47
    assert "in the ledger already, as entry 0" in answer.err
    assert evidence("deposit", "case", "--out", "case.asice").code == 0
    assert (desk / "case.asice").exists()


def test_the_hint_names_the_folder_of_another_ledger(desk: Path, evidence: Run) -> None:
    assert (
        f"evidence deposit FILE --home {desk / 'other'}"
        in evidence("init", "--home", desk / "other").err
    )


def test_a_ledger_without_its_database_is_not_called_none(desk: Path, evidence: Run) -> None:
    (desk / "ledger" / "ledger.sqlite").unlink()
    answer = evidence("list")
    assert answer.code == 21
    assert "Put it back from a backup" in answer.err


@pytest.mark.usefixtures("desk")
def test_two_policies_for_a_monitor_are_not_taken_as_one(evidence: Run) -> None:
    two = ("--policy", "ledger/trust.toml", "--policy", "other.toml")
    answer = evidence("monitor", "http://127.0.0.1:1", *two, "--state", "state", "--once")
    assert answer.code == 2
    assert "one trust policy" in answer.err


@pytest.mark.usefixtures("desk")
def test_a_server_that_is_not_there_is_told_of_in_words(evidence: Run) -> None:
    nothing = "http://127.0.0.1:1"
    answer = evidence("deposit", "case", "--server", nothing)
    assert "did not answer: connection refused." in answer.err
    assert "like https://" in evidence("deposit", "case", "--server", "ledger.example").err
    alone = evidence("deposit", "case", "--server", nothing, "--home", "nowhere")
    assert "Name yours with --key FILE" in alone.err
    assert "whole from" in evidence("log", "audit", nothing, "--vkey", "nonsense").err


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("mysql://host/ledger", 30, "postgresql://user@host/database"),
        ("nofolder", 24, "Make the folder first."),
        ("ledger", 22, "Name another place with --to."),
    ],
)
def test_a_ledger_that_can_not_move_says_why(
    evidence: Run, target: str, code: int, said: str
) -> None:
    answer = evidence("move", "--to", target)
    assert (answer.code, said in answer.err) == (code, True)


@pytest.mark.usefixtures("desk")
def test_a_name_with_spaces_can_be_copied_out_of_a_hint(evidence: Run) -> None:
    answer = evidence("deposit", "case", "--out", "my case.asice")
    assert "evidence verify 'my case.asice' FILE" in answer.err


def test_an_address_among_the_files_is_told_from_a_file(desk: Path, evidence: Run) -> None:
    """``--online URL`` reads the address as a file that lies beside the certificate."""
    (desk / "c.asice").write_bytes(b"")
    answer = evidence("verify", "c.asice", *POLICY, "--online", "https://ledger.example")
    assert answer.code == 2
    assert "error: This is an address, not a file: https://ledger.example" in answer.err
    assert "--ledger URL" in answer.err


@pytest.mark.usefixtures("desk")
def test_a_file_in_the_certificates_place_is_told_where_it_belongs(evidence: Run) -> None:
    assert evidence("deposit", "case/lease.txt", "--out", "c.asice").code == 0
    said = " ".join(evidence("verify", "case/lease.txt", "c.asice", *POLICY).out.split())
    assert "The file that it is about goes beside it." in said


@pytest.mark.usefixtures("desk")
def test_a_withdrawn_grant_is_not_told_as_a_grant(evidence: Run) -> None:
    assert evidence("deposit", "case/lease.txt", "--out", "c.asice").code == 0
    assert evidence("key", "new", "--name", "Court", "--no-password", "--out", "k.pem").code == 0
    for more in (("--only", "file/0"), ("--withdraw",)):
        answer = evidence("register", "grant", "0", "k.pem", *more)
        assert answer.code == 0, answer.err
    said = evidence("show", "0").out
    assert said.count("claims granted, or a grant withdrawn, by entry") == 2


EMPTY_NAMES = [
    ("verify", ""),
    ("verify", "c.asice", "--policy", ""),
    ("deposit", "case", "--out", ""),
    ("deposit", "case", "--key", ""),
    ("audit", "--home", ""),
    ("key", "new", "--name", "A", "--no-password", "--out", ""),
    ("monitor", "http://127.0.0.1:9", "--state", "", "--once"),
    ("witness", "status", "--home", ""),
]


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("words", EMPTY_NAMES, ids=" ".join)
def test_an_empty_name_is_not_this_folder(evidence: Run, words: tuple[str, ...]) -> None:
    """As from a variable that is not set: ``--home "$PLACE"``."""
    answer = evidence(*words)
    assert (answer.code, "An empty name names nothing" in answer.err) == (2, True)


@pytest.mark.parametrize(("target", "code"), [("", 30), ("x" * 5000, 11)])
def test_a_ledger_is_not_moved_to_nowhere(
    desk: Path, evidence: Run, target: str, code: int
) -> None:
    assert evidence("move", "--to", target).code == code
    assert not (desk / "ledger.sqlite").exists()


def test_a_damaged_x509_certificate_or_case_secret_is_named(desk: Path, evidence: Run) -> None:
    (desk / "broken.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    )
    for words in (("register", "enrol", "broken.pem"), ("matter", "import", "broken.pem")):
        answer = evidence(*words)
        assert answer.code == 4
        assert "broken.pem" in answer.err


def test_whether_a_file_may_be_read_is_told_by_its_own_exit_code(
    desk: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as wrong usage, which is how click tells it before the command begins."""
    (desk / "c.asice").write_bytes(b"x")
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert evidence("verify", "c.asice", *POLICY).code == 1
    assert evidence("list", "--home", "ledger").code == 0


def test_checking_needs_no_ledger_that_may_be_looked_into(
    desk: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    (desk / "c.asice").write_bytes(b"x")
    monkeypatch.setattr(Path, "is_file", refused)
    answer = evidence("verify", "c.asice")
    assert answer.code == 1
    assert "Without a trust policy nobody is trusted" in answer.err


def test_a_copy_of_a_log_that_can_not_be_read_says_why(desk: Path, evidence: Run) -> None:
    made = evidence("deposit", "case", "--out", "c.asice")
    assert made.code == 0
    nowhere = desk / "nowhere"
    answer = evidence("verify", "c.asice", *POLICY, "--online", "--ledger", nowhere)
    assert answer.code == 3
    told = " ".join(answer.out.split())
    assert "there is no such file or folder" in told
    assert str(nowhere / "checkpoint") in "".join(answer.out.split())
