"""A case deposited, certified as complete and checked, with nothing but commands."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import zipfile
from pathlib import Path

import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import open_ledger
from evidence_ledger.core.matter_card import parse
from evidence_ledger_server.static_copy import write_copy
from tests.cli.conftest import Kept, Run
from tests.matter_story import publish

POLICY = ("--policy", "ledger/trust.toml")
CASE = "2026-CV-1142"
OWN = ["own-0.asice", "own-1.asice", "own-2.asice"]


def deposit(evidence: Run, name: str, case: str | None, *more: str) -> int:
    Path(f"{name}.txt").write_text(name)
    named = ("--case", case) if case else ()
    answer = evidence("deposit", f"{name}.txt", *named, "--out", f"{name}.asice", "--json", *more)
    assert answer.code == 0, answer.err
    return int(answer.document["index"])


@pytest.fixture
def told(desk: Path, evidence: Run, kept: Kept) -> list[int]:
    """Three deposits of a case among others, and its completeness certificate ``all.asice``."""
    assert Path.cwd() == desk
    return kept.once(desk, lambda: complete(evidence))


def complete(evidence: Run) -> list[int]:
    own = []
    for number in range(3):
        own.append(deposit(evidence, f"own-{number}", CASE))
        deposit(evidence, f"other-{number}", "2026-CV-7")
    deposit(evidence, "plain", None)
    answer = evidence("matter", "certify", CASE, "--out", "all.asice", "--json")
    assert answer.code == 0, answer.err
    assert answer.document["entries"] == own
    return own


@pytest.mark.usefixtures("told")
def test_a_complete_case_passes(evidence: Run) -> None:
    answer = evidence("verify", "all.asice", *OWN, *POLICY)
    assert answer.code == 0, answer.out
    assert "these 3 are all" in answer.out.replace("\n        ", " ")
    assert "not that everything which belongs to the matter" in answer.out.replace("\n", " ")


@pytest.mark.usefixtures("told")
def test_what_is_left_out_or_slipped_in_is_proved(evidence: Run) -> None:
    answer = evidence("verify", "all.asice", *OWN[:2], *POLICY)
    assert (answer.code, "completeness.left-out" in answer.out) == (1, True)
    assert "hint: Ask for it" in answer.out
    assert "Signed not later than" in answer.out, "a roll is no deposit"
    answer = evidence("verify", "all.asice", *OWN, "other-1.asice", *POLICY, "--json")
    assert answer.code == 1
    reasons = {one["reason"] for one in answer.document["steps"]}
    assert "completeness.foreign" in reasons


@pytest.mark.usefixtures("told")
def test_without_a_policy_it_stays_open(evidence: Run) -> None:
    assert evidence("verify", "all.asice", *OWN).code == 3


@pytest.mark.usefixtures("told")
def test_a_later_entry_is_told_of(evidence: Run) -> None:
    deposit(evidence, "late", CASE)
    answer = evidence("verify", "all.asice", *OWN, "late.asice", *POLICY)
    assert (answer.code, "completeness.later" in answer.out) == (3, True)


def test_the_roll_is_rebuilt_from_the_public_log(
    told: list[int], tmp_path: Path, evidence: Run
) -> None:
    (tmp_path / "log").mkdir()
    place = open_ledger(Home(tmp_path / "ledger"), read_only=True)
    publish(place.ledger.store, tmp_path / "log")
    place.close()
    strict = Path("strict.toml")
    strict.write_text(Path("ledger/trust.toml").read_text() + "\n[rolls]\nrebuilt = true\n")
    rule = ("--policy", strict)
    assert evidence("verify", "all.asice", *OWN, *rule).code == 3
    answer = evidence("verify", "all.asice", *OWN, *rule, "--log", "log", "--json")
    assert answer.code == 0, answer.out
    assert answer.document["facts"]["matter"]["rebuilt"] is True
    assert [one["index"] for one in answer.document["facts"]["matter"]["entries"]] == told
    assert evidence("verify", "all.asice", *rule, "--log", "nowhere").code == 3
    assert evidence("verify", OWN[0], *POLICY, "--log", "log").code == 2


def test_another_history_behind_the_log_is_proved_and_can_be_written_down(
    desk: Path, evidence: Run
) -> None:
    deposit(evidence, "common", CASE)
    shutil.copytree(desk / "ledger", desk / "fork")
    deposit(evidence, "own", CASE)
    evidence("matter", "certify", CASE, "--out", "all.asice")
    for number in range(5):
        deposit(evidence, f"forked-{number}", None, "--home", "fork")
    write_copy(desk / "fork", desk / "served")
    answer = evidence("verify", "all.asice", "--log", "served", *POLICY)
    assert (answer.code, "ledger.two-histories" in answer.out) == (1, True)
    assert evidence("verify", "all.asice.misbehaviour", *POLICY).code == 1
    named = ("--evidence", "court.file", "--json")
    answer = evidence("verify", "all.asice", "--log", "served", *named, *POLICY)
    assert answer.document["facts"]["two_histories"] is True
    assert evidence("verify", "court.file", *POLICY).code == 1
    assert evidence("verify", "all.asice", *named, *POLICY).code == 2
    prove = ("misbehaviour", "prove", "all.asice", "served/checkpoint", "--ledger", "served")
    assert evidence(*prove, "--out", "m", *POLICY).code == 1
    assert evidence("verify", "m", *POLICY).code == 1
    (bundle,) = (desk / "served").rglob("entries/*/*")
    bundle.write_bytes(bundle.read_bytes().replace(b"deposit", b"depocit"))
    assert evidence("verify", "all.asice", "--log", "served", *POLICY).code == 1
    note = Path("served/checkpoint").read_bytes()
    Path("served/checkpoint").write_bytes(note.partition(b"\n\n")[0])
    assert evidence("verify", "all.asice", "--log", "served", *POLICY).code == 3


@pytest.mark.usefixtures("told")
def test_more_certificates_than_files_may_be_open_are_checked(evidence: Run) -> None:
    copies = [f"copy-{number}.asice" for number in range(40)]
    for copy in copies:
        shutil.copy(OWN[0], copy)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(one.name) for one in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 16, hard))
    try:
        answer = evidence("verify", "all.asice", *OWN, *copies, *POLICY)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert answer.code == 0, answer.err


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("presented", [(), ("pipe",)])
def test_a_pipe_is_refused_and_not_waited_for(evidence: Run, presented: tuple[str, ...]) -> None:
    os.mkfifo("pipe")
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(20)
    try:
        answer = evidence("verify", "all.asice" if presented else "pipe", *presented, *POLICY)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert answer.code == 13
    assert "pipe" in answer.err


def _too_long(*_: object) -> None:
    raise TimeoutError


@pytest.mark.usefixtures("told")
def test_what_is_no_file_is_told_before_anything_is_checked(evidence: Run) -> None:
    for name in ("none.asice", "case"):
        assert evidence("verify", "all.asice", OWN[0], name, *POLICY).code == 11
        assert evidence("verify", name, *POLICY).code == 11


@pytest.mark.usefixtures("told")
def test_a_damaged_certificate_is_reported_whatever_is_asked_with_it(evidence: Run) -> None:
    Path("log").mkdir()
    for name in ("all.asice", OWN[0]):
        Path("bad.asice").write_bytes(Path(name).read_bytes()[:-30])
        for more in (("--online",), ("--online", "--ledger", "log"), ("--log", "log"), OWN):
            answer = evidence("verify", "bad.asice", *more, *POLICY, "--json")
            assert (answer.code, answer.document["verdict"]) == (1, "FAILED"), answer.err
            if "--online" in more:
                assert answer.document["steps"][-1]["reason"] == "step.not-reached"
    assert evidence("verify", OWN[0], "--log", "log", *POLICY).code == 2


@pytest.mark.usefixtures("told")
def test_a_completeness_certificate_has_no_online_step(evidence: Run) -> None:
    answer = evidence("verify", "all.asice", "--online", "--ledger", "log", *POLICY)
    assert answer.code == 2
    assert "--log" in answer.err


@pytest.mark.usefixtures("told")
def test_the_container_has_a_page_and_a_text_for_people(evidence: Run) -> None:
    with zipfile.ZipFile("all.asice") as container:
        assert container.read("certificate.pdf").startswith(b"%PDF")
        assert b"CERTIFICATE OF COMPLETENESS" in container.read("README.txt")
        lines = container.read("docket.jsonl").splitlines()
    assert json.loads(lines[0])["count"] == 3
    assert evidence("matter", "certify", CASE, "--out", "all.asice").code == 14


def test_cases_are_listed_with_their_entries(told: list[int], evidence: Run) -> None:
    listed = evidence("matter", "list", "--json").document["matters"]
    assert [one["case_number"] for one in listed] == [CASE, "2026-CV-7"]
    assert listed[0]["entries"] == told
    assert CASE in evidence("matter", "list").out


@pytest.mark.usefixtures("desk")
def test_a_case_that_is_not_known_is_told(evidence: Run) -> None:
    assert evidence("matter", "list").out == ""
    answer = evidence("matter", "certify", "1", "--out", "x.asice")
    assert (answer.code, Path("x.asice").exists()) == (2, False)
    Path("a.txt").touch()
    assert evidence("deposit", "a.txt", "--case", "  ").code == 2


def test_another_machine_goes_on_with_a_shared_case(told: list[int], evidence: Run) -> None:
    """The same ledger in two homes: one with the secret handed over, one without."""
    answer = evidence("matter", "share", CASE, "--out", "case.key")
    assert (answer.code, CASE in answer.out) == (0, True)
    assert Path("case.key").stat().st_mode & 0o077 == 0
    secret = json.loads(Path("case.key").read_text())["secret"]
    assert secret not in answer.out + answer.err
    matters = Path("ledger/matters")
    assert matters.stat().st_mode & 0o077 == 0
    for path in matters.iterdir():
        path.unlink()
    assert evidence("matter", "import", "case.key").code == 0
    assert evidence("matter", "import", "case.key").code == 0, "again"
    index = deposit(evidence, "own-3", CASE)
    evidence("matter", "certify", CASE, "--out", "more.asice")
    answer = evidence("verify", "more.asice", *OWN, "own-3.asice", *POLICY, "--json")
    assert answer.code == 0
    listed = answer.document["facts"]["matter"]["entries"]
    assert [one["index"] for one in listed] == [*told, index]


@pytest.mark.usefixtures("told")
def test_another_secret_for_the_same_case_is_not_taken(evidence: Run) -> None:
    evidence("matter", "share", CASE, "--out", "case.key")
    card = json.loads(Path("case.key").read_text())
    card["secret"] = "A" * 43
    Path("other.key").write_text(json.dumps(card, separators=(",", ":"), sort_keys=True))
    answer = evidence("matter", "import", "other.key")
    assert (answer.code, "second matter" in answer.err) == (2, True)
    assert parse(Path("case.key").read_bytes()) in [
        parse(path.read_bytes()) for path in Path("ledger/matters").iterdir()
    ]


@pytest.mark.usefixtures("told")
def test_a_second_chain_under_the_same_number_is_told(evidence: Run) -> None:
    """Its secret was thrown away, and a new one was made: two matters, and a proof of it."""
    for path in Path("ledger/matters").iterdir():
        path.rename(f"{path.name}.kept")
    deposit(evidence, "second", CASE)
    for path in Path("ledger/matters").iterdir():
        path.unlink()
    for path in Path().glob("*.kept"):
        path.rename(f"ledger/matters/{path.name.removesuffix('.kept')}")
    evidence("matter", "certify", CASE, "--out", "now.asice")
    answer = evidence("verify", "now.asice", *OWN, "second.asice", *POLICY)
    assert (answer.code, "completeness.second-matter" in answer.out) == (1, True)


@pytest.mark.usefixtures("desk")
def test_a_case_number_that_is_not_utf_8_is_refused(evidence: Run) -> None:
    Path("x.txt").write_text("x")
    answer = evidence("deposit", "x.txt", "--case", "\udcff", "--out", "x.asice")
    assert answer.code == 2
    assert "no case number" in answer.err
    for command in (("certify", "\udcff"), ("share", "\udcff")):
        assert evidence("matter", *command, "--out", "out").code not in {0, 70}
