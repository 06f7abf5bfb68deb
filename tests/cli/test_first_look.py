"""What a newcomer met on the first day: each surprise has its test."""

from __future__ import annotations

from pathlib import Path

import pytest

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
