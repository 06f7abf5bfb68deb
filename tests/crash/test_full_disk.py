"""No space, no permission, a lock, a damaged database: a clear refusal, and nothing is lost."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from evidence_ledger import assembly, desk
from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.sql.opening import open_store
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import (
    EvidenceError,
    LedgerLocked,
    OutputExists,
    OutputUnwritable,
)
from tests import sealed_ledger
from tests.crash.faults import Fault, How, Outcome, run
from tests.sealed_ledger import CASE, SealedLedger

NOBODY = 65534
PAGE = 4096
NO_FAULT = partial(Fault, How.KILLED, 0)


def prepared(folder: Path) -> SealedLedger:
    """A ledger with one sealed deposit, and a file to be deposited."""
    folder.mkdir(exist_ok=True)
    ledger = sealed_ledger.make(folder)
    sealed_ledger.deposit(ledger, {"old.txt": "old"})
    (ledger.files / "new.txt").write_text("new")
    return ledger


@pytest.fixture
def ledger(tmp_path: Path) -> SealedLedger:
    return prepared(tmp_path / "place")


def deposit_new(ledger: SealedLedger, tell: Callable[[int], None]) -> None:
    place = assembly.open_ledger(ledger.home)
    try:
        counter = desk.Desk(place, assembly.open_depositor(ledger.home))
        hashed = list(hash_files([str(ledger.files / "new.txt")]))
        accepted = counter.deposit(desk.facts_of(hashed), [CASE])
        tell(accepted.receipt.index)
        counter.seal()
    finally:
        place.close()


def attempt(ledger: SealedLedger, before: Callable[[], object] = lambda: None) -> Outcome:
    """Deposit and seal in a process of its own, which does ``before`` first."""

    def program(tell: Callable[[int], None]) -> None:
        before()
        deposit_new(ledger, tell)

    return run(program, NO_FAULT())


def check_refused(ledger: SealedLedger, outcome: Outcome, *errors: str) -> None:
    """It says what is wrong in one of our words; nothing that was there is damaged."""
    assert outcome.crash is None, outcome.crash
    assert outcome.error in errors
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED


def check_recovered(ledger: SealedLedger, before: Outcome) -> None:
    """The same command succeeds once the cause is gone, and gets what was acknowledged."""
    after = attempt(ledger)
    assert (after.error, after.crash) == (None, None)
    assert set(before.acknowledged) <= set(after.acknowledged) == {2}
    report = sealed_ledger.audit(ledger)
    assert (report.verdict, report.facts["entries"]) == (Verdict.PASSED, 4)


@pytest.mark.parametrize("room", [0, 512, 3000, 10_000, 20_000])
def test_files_may_not_grow(ledger: SealedLedger, room: int) -> None:
    """RLIMIT_FSIZE stands in for a full disk: writes fail in the middle of the database's log."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    outcome = attempt(ledger, limit)
    check_refused(ledger, outcome, "LedgerFull", "LedgerError", "OutputUnwritable")
    check_recovered(ledger, outcome)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("this machine does not allow a small disk to be mounted")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("room", [0, 4096, 20_000, 60_000])
def test_a_disk_without_space(small_disk: Path, room: int) -> None:
    ledger = prepared(small_disk / "place")
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while free(small_disk) > room:
            file.write(bytes(max(min(free(small_disk) - room, 65536), 1)))
    outcome = attempt(ledger)
    assert outcome.crash is None, outcome.crash
    assert outcome.error in ("LedgerFull", "LedgerError", "OutputUnwritable")
    ballast.unlink()
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED
    check_recovered(ledger, outcome)


def free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


@pytest.fixture
def owned() -> Iterator[SealedLedger]:
    """A ledger of an ordinary user, whom permissions stop even where the tests run as root."""
    folder = Path(tempfile.mkdtemp())
    ledger = prepared(folder / "place")
    # An ordinary user may not be able to read Python's own library: load what is needed first.
    write_at(ledger, folder / "first.asice")
    if os.geteuid() == 0:
        for one in (folder, *folder.rglob("*")):
            os.chown(one, NOBODY, NOBODY)
    yield ledger
    for one in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        one.chmod(0o700)
    shutil.rmtree(folder)


def become_ordinary() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def test_a_home_that_may_not_be_written(owned: SealedLedger) -> None:
    everything = [owned.home.folder, *owned.home.folder.rglob("*")]
    modes = {one: one.stat().st_mode for one in everything}
    for one in everything:
        one.chmod(modes[one] & ~0o222)
    outcome = attempt(owned, become_ordinary)
    audited = run(partial(audit_as_ordinary, owned), NO_FAULT())
    for one in everything:
        one.chmod(modes[one])
    assert (outcome.error, outcome.crash) == ("LedgerReadOnly", None)
    assert outcome.acknowledged == []
    assert (audited.error, audited.crash, audited.acknowledged) == (None, None, [1])
    check_recovered(owned, outcome)


def audit_as_ordinary(ledger: SealedLedger, tell: Callable[[int], None]) -> None:
    become_ordinary()
    tell(int(sealed_ledger.audit(ledger).verdict is Verdict.PASSED))


def test_a_ledger_of_somebody_else(owned: SealedLedger) -> None:
    owned.home.folder.chmod(0)
    outcome = attempt(owned, become_ordinary)
    owned.home.folder.chmod(0o700)
    assert (outcome.error, outcome.crash) == ("FileUnreadable", None)
    check_recovered(owned, outcome)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for another writer for ten seconds in a test."""
    monkeypatch.setattr(assembly, "open_store", partial(open_store, wait=0.2))


@pytest.mark.usefixtures("impatient")
def test_another_program_holds_the_lock(ledger: SealedLedger) -> None:
    with closing(sqlite3.connect(ledger.home.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerLocked):
            deposit_new(ledger, lambda _: None)
        assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED
        other.execute("ROLLBACK")
    check_recovered(ledger, Outcome([], killed=False))


def damaged(content: bytes) -> Iterator[bytes]:
    yield from (b"", b"This is not a database. " * 200, bytes(100) + content[100:])
    yield from (content[: len(content) // 2], content[:PAGE], bytes(len(content)))
    for start in range(0, len(content), PAGE):
        kept = start + (100 if start == 0 else 0)
        yield content[:kept] + b"\xa5" * (start + PAGE - kept) + content[start + PAGE :]


def test_a_damaged_database_is_refused_in_words(ledger: SealedLedger) -> None:
    """Whatever is done with it: an error of ours, or a result that the audit then doubts."""
    with closing(sqlite3.connect(ledger.home.database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    content = ledger.home.database.read_bytes()
    for data in damaged(content):
        for side in ledger.home.folder.glob("ledger.sqlite-*"):
            side.unlink()
        ledger.home.database.write_bytes(data)
        for action in (audits, lists, finds, deposits):
            with suppress(EvidenceError):
                action(ledger)


def audits(ledger: SealedLedger) -> None:
    sealed_ledger.audit(ledger)


def lists(ledger: SealedLedger) -> None:
    place = assembly.open_ledger(ledger.home, read_only=True)
    try:
        assert len(list(place.ledger.entries())) <= 4
    finally:
        place.close()


def finds(ledger: SealedLedger) -> None:
    place = assembly.open_ledger(ledger.home, read_only=True)
    try:
        assert place.ledger.find("sha256", bytes(32)) == []
        place.issuer.issue(0)
    finally:
        place.close()


def deposits(ledger: SealedLedger) -> None:
    deposit_new(ledger, lambda _: None)


def test_damage_of_a_page_of_rows_is_never_passed(ledger: SealedLedger) -> None:
    """A damaged page of any table that has rows here, not only of an index."""
    with closing(sqlite3.connect(ledger.home.database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        roots = dict(
            connection.execute(
                "SELECT name, rootpage FROM sqlite_master"
                " WHERE type = 'table' AND name NOT IN ('supplements', 'seal_supplements',"
                " 'direct_tokens', 'renewals', 'renewed_strands', 'renewed_direct',"
                " 'renewal_supplements', 'renewal_tokens', 'tiles', 'orders')"
            )
        )
    content = ledger.home.database.read_bytes()
    assert {"entries", "documents", "claims", "head", "seals", "tokens"} <= set(roots)
    for name, page in roots.items():
        start = (page - 1) * PAGE
        damage = content[:start] + b"\xa5" * PAGE + content[start + PAGE :]
        ledger.home.database.write_bytes(damage)
        with suppress(EvidenceError):
            assert sealed_ledger.audit(ledger).verdict is not Verdict.PASSED, name


def write_at(ledger: SealedLedger, out: Path) -> None:
    place = assembly.open_ledger(ledger.home)
    try:
        desk.write_certificate(place, 0, out)
    finally:
        place.close()


def test_a_folder_for_the_certificate_that_may_not_be_written(owned: SealedLedger) -> None:
    folder = owned.home.folder.parent / "given"
    folder.mkdir(mode=0o555)

    def program(tell: Callable[[int], None]) -> None:
        become_ordinary()
        write_at(owned, folder / "c.asice")
        tell(0)

    outcome = run(program, NO_FAULT())
    assert (outcome.error, outcome.crash) == ("OutputUnwritable", None)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("out", ["missing/c.asice", "new.txt/c.asice", "x" * 300])
def test_a_place_for_the_certificate_that_is_none(ledger: SealedLedger, out: str) -> None:
    with pytest.raises(OutputUnwritable):
        write_at(ledger, ledger.files / out)
    assert sorted(one.name for one in ledger.files.iterdir()) == ["new.txt", "old.txt"]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_a_place_for_the_certificate_that_is_taken(ledger: SealedLedger, kind: str) -> None:
    out = ledger.files / "c.asice"
    if kind == "file":
        out.write_text("mine")
    elif kind == "folder":
        out.mkdir()
    else:
        out.symlink_to("nowhere")
    with pytest.raises(OutputExists):
        write_at(ledger, out)
    assert not (ledger.files / "nowhere").exists()
    if kind == "file":
        assert out.read_text() == "mine"


def evidence(ledger: SealedLedger, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evidence_ledger_cli", *arguments]
    return subprocess.run(
        [*command, "--home", str(ledger.home.folder)], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("content", [b"", b"not a database " * 500, bytes(8192)])
def test_the_command_line_explains_a_damaged_database(ledger: SealedLedger, content: bytes) -> None:
    for side in ledger.home.folder.glob("ledger.sqlite*"):
        side.unlink()
    ledger.home.database.write_bytes(content)
    for arguments in (["deposit", str(ledger.files / "new.txt")], ["audit"], ["list"], ["seal"]):
        done = evidence(ledger, *arguments)
        assert done.returncode == 26, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("error: ")
    assert ledger.home.database.read_bytes() == content or not content
