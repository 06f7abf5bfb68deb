"""Making a ledger: completed where it was interrupted, never where it would destroy one."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence_ledger import assembly, desk
from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.errors import (
    EvidenceError,
    LedgerCorrupt,
    LedgerExists,
    LedgerNotFound,
    NotSealed,
    OutputExists,
)
from tests.workbench import fact, presented


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    assembly.create_ledger(made)
    return made


def deposit(home: Home, *, seal: bool = False, done: bool = True) -> int:
    place = assembly.open_ledger(home)
    try:
        counter = desk.Desk(place, assembly.open_depositor(home))
        accepted = counter.deposit([fact("a.txt", b"alpha", sm3=False)], [])
        if seal:
            counter.seal()
        if done:
            counter.done(accepted)
        return accepted.receipt.index
    finally:
        place.close()


def everything(home: Home) -> dict[str, bytes]:
    return {
        str(path.relative_to(home.folder)): path.read_bytes()
        for path in home.folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


@pytest.mark.parametrize("origin", ["example.org/ledger", 'a"b\\c'])
def test_a_fresh_ledger_works_from_end_to_end(tmp_path: Path, origin: str) -> None:
    home = Home(tmp_path / "home")
    assembly.create_ledger(home, origin=origin, digests=[Algorithm.SM3])
    place = assembly.open_ledger(home)
    counter = desk.Desk(place, assembly.open_depositor(home))
    accepted = counter.deposit([fact("a.txt", b"alpha")], [("matter/case_number", "4711")])
    with pytest.raises(NotSealed):
        desk.write_certificate(place, accepted.receipt.index, tmp_path / "early.asice")
    counter.seal()
    out = tmp_path / "c.asice"
    desk.write_certificate(place, accepted.receipt.index, out)
    with pytest.raises(OutputExists):
        desk.write_certificate(place, accepted.receipt.index, out)
    assert place.audit().verdict is Verdict.PASSED
    place.close()
    with out.open("rb") as file:
        report = verify_certificate(
            file, [presented("a.txt", b"alpha")], read_trust(home.trust), SystemClock().now()
        )
    assert report.verdict is Verdict.PASSED
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.asice", "home"]


def test_a_ledger_is_made_once(home: Home) -> None:
    before = everything(home)
    with pytest.raises(LedgerExists):
        assembly.create_ledger(home)
    assert everything(home) == before


def test_where_no_ledger_is_none_is_opened(tmp_path: Path) -> None:
    with pytest.raises(LedgerNotFound):
        assembly.open_ledger(Home(tmp_path))


@pytest.mark.parametrize("seal", [False, True])
def test_a_ledger_that_lost_its_settings_is_not_made_anew(home: Home, seal: bool) -> None:
    """Its keys and entries would be gone for ever."""
    deposit(home, seal=seal)
    settings = home.settings.read_bytes()
    home.settings.unlink()
    before = everything(home)
    with pytest.raises(LedgerCorrupt, match="settings are gone"):
        assembly.create_ledger(home)
    assert everything(home) == before
    home.settings.write_bytes(settings)
    assert deposit(home) == (2 if seal else 1)


def test_a_ledger_that_lost_settings_and_database_is_not_made_anew(home: Home) -> None:
    deposit(home, seal=True)
    home.settings.unlink()
    home.database.unlink()
    with pytest.raises(LedgerCorrupt):
        assembly.create_ledger(home)


def stopped(home: Home, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A creation that somebody stops when it comes to ``name``."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(assembly, name, stop)
        assembly.create_ledger(home)


def test_an_interrupted_creation_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    steps = ("save_note_signer", "save_signer", "create_local_authority", "create_store")
    for name in (*steps, "trust_text"):
        with pytest.raises(KeyboardInterrupt):
            stopped(home, monkeypatch, name)
        assert not home.settings.exists()
    assembly.create_ledger(home)
    assert deposit(home) == 0


@pytest.mark.parametrize(
    "name", ["keys/my own.pem", "contract.pdf", "authority/ca.pem", "trust.toml"]
)
def test_a_folder_with_other_files_becomes_no_ledger(tmp_path: Path, name: str) -> None:
    """A creation cleans up in there: the user's own keys would be gone."""
    home = Home(tmp_path / "home")
    own = home.folder / name
    own.parent.mkdir(parents=True)
    own.write_bytes(b"mine")
    with pytest.raises(OutputExists, match=own.name):
        assembly.create_ledger(home)
    assert everything(home) == {own.relative_to(home.folder).as_posix(): b"mine"}


def test_an_unreadable_database_without_settings_is_left_alone(home: Home) -> None:
    home.settings.unlink()
    home.database.write_bytes(b"SQLite format 3\x00 and then nothing of use" * 100)
    before = everything(home)
    with pytest.raises(EvidenceError):
        assembly.create_ledger(home)
    assert everything(home) == before


def test_the_same_deposit_after_an_interruption_has_the_same_entry(home: Home) -> None:
    first = deposit(home, done=False)
    assert deposit(home) == first
    assert deposit(home) == first + 1


def test_the_home_is_for_its_owner_alone(home: Home) -> None:
    for path in (home.folder, home.keys, home.log_key, home.operator, home.depositor):
        assert path.stat().st_mode & 0o077 == 0, path
