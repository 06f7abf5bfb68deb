"""Faults at every write of a deposit, a seal and a certificate, and of the making of a ledger.

After each fault: the audit PASSES, what was acknowledged is there, the same deposit again gets the
same entry, its certificate is written and PASSES, and nothing is left half done.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evidence_ledger import assembly, desk
from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.home import Home
from evidence_ledger.core import entry
from evidence_ledger.core.report import Verdict
from tests import sealed_ledger
from tests.crash.faults import Fault, How, Outcome, run
from tests.sealed_ledger import CASE, SealedLedger

Tell = Callable[[int], None]


def deposit_and_certify(ledger: SealedLedger, out: Path, tell: Tell) -> None:
    """What ``evidence deposit`` does, with an acknowledgement as soon as the entry is durable."""
    place = assembly.open_ledger(ledger.home)
    try:
        counter = desk.Desk(place, assembly.open_depositor(ledger.home))
        hashed = list(hash_files([str(ledger.files / "new.txt")]))
        accepted = counter.deposit(desk.facts_of(hashed), [CASE])
        tell(accepted.receipt.index)
        counter.seal()
        desk.write_certificate(place, accepted.receipt.index, out)
        counter.done(accepted)
    finally:
        place.close()


@dataclass(frozen=True, slots=True)
class Template:
    """A ledger with one sealed deposit and one file to be deposited, to be copied for each run."""

    folder: Path

    def copy(self, folder: Path) -> SealedLedger:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return SealedLedger(Home(folder / "home"), folder / "files")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("template")
    ledger = sealed_ledger.make(folder)
    index = sealed_ledger.deposit(ledger, {"old.txt": "old"})
    # Loads what writes pages here, so that no child loads it again.
    sealed_ledger.certificate(ledger, index, folder / "old.asice")
    (ledger.files / "new.txt").write_text("new")
    shutil.rmtree(ledger.home.outbox)
    ledger.home.outbox.mkdir()
    return Template(folder)


def hurt(template: Template, folder: Path, how: How, at: int) -> tuple[SealedLedger, Outcome]:
    ledger = template.copy(folder)
    out = folder / "c.asice"
    return ledger, run(lambda tell: deposit_and_certify(ledger, out, tell), Fault(how, at))


def check_recovery(ledger: SealedLedger, outcome: Outcome, out: Path, where: str) -> None:
    assert outcome.crash is None, f"{where}: {outcome.crash}"
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED, where
    check_whole(ledger, out, where)
    if out.exists() and not pending(ledger):
        check_entries(ledger, where)
        return
    index = repeat(ledger, out.with_name("repeated.asice"))
    assert set(outcome.acknowledged) <= {index}, where
    check_whole(ledger, out.with_name("repeated.asice"), where)
    check_entries(ledger, where)
    assert not list(ledger.home.outbox.iterdir()), where


def pending(ledger: SealedLedger) -> list[str]:
    """Deposits that the same command would take up again."""
    return [one.name for one in ledger.home.outbox.iterdir() if one.suffix != ".part"]


def repeat(ledger: SealedLedger, out: Path) -> int:
    """The same command again, in a process without faults."""
    outcome = run(lambda tell: deposit_and_certify(ledger, out, tell), Fault(How.KILLED, 0))
    assert (outcome.error, outcome.crash) == (None, None)
    return outcome.acknowledged[0]


def check_whole(ledger: SealedLedger, certificate: Path, where: str) -> None:
    """A certificate that is there is whole."""
    if certificate.exists():
        report = ledger.verify(certificate.read_bytes(), ledger.presented("new.txt"))
        assert report.verdict is Verdict.PASSED, where


def check_entries(ledger: SealedLedger, where: str) -> None:
    """Two deposits, each with one seal and its entry; the audit PASSES."""
    place = assembly.open_ledger(ledger.home)
    try:
        kinds = [entry.parse(one.entry).kind for one in place.ledger.entries()]
    finally:
        place.close()
    assert kinds == ["deposit", "seal", "deposit", "seal"], where
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED, where


def writes_of(template: Template, folder: Path) -> int:
    _, outcome = hurt(template, folder, How.KILLED, 0)
    assert (outcome.error, outcome.crash, outcome.killed) == (None, None, False)
    assert outcome.writes > 40
    return outcome.writes


def check_each(template: Template, folder: Path, how: How, steps: Iterator[int]) -> None:
    for at in steps:
        ledger, outcome = hurt(template, folder / "run", how, at)
        assert outcome.killed is (how is How.KILLED), f"write {at} {how}"
        check_recovery(ledger, outcome, folder / "run" / "c.asice", f"write {at} {how}")


def test_killed_at_a_sample_of_writes_of_a_deposit_and_a_seal(
    template: Template, tmp_path: Path
) -> None:
    total = writes_of(template, tmp_path / "run")
    check_each(template, tmp_path, How.KILLED, iter(range(1, total + 1, 4)))


@pytest.mark.parametrize("how", [How.REFUSED, How.LATE, How.STUCK])
def test_a_sample_of_writes_fails(template: Template, tmp_path: Path, how: How) -> None:
    total = writes_of(template, tmp_path / "run")
    check_each(template, tmp_path, how, iter(range(2, total + 1, 9)))


@pytest.mark.long
@pytest.mark.parametrize("how", list(How))
def test_every_write_of_a_deposit_and_a_seal(template: Template, tmp_path: Path, how: How) -> None:
    total = writes_of(template, tmp_path / "run")
    check_each(template, tmp_path, how, iter(range(1, total + 1)))


def create(home: Home, tell: Tell) -> None:
    assembly.create_ledger(home)
    tell(0)


def check_creation(folder: Path, how: How, at: int) -> None:
    """A ledger is either there and works, or making it again completes it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "files").mkdir(parents=True)
    ledger = SealedLedger(Home(folder / "home"), folder / "files")
    outcome = run(lambda tell: create(ledger.home, tell), Fault(how, at))
    assert outcome.crash is None, f"write {at} {how}: {outcome.crash}"
    if outcome.acknowledged:
        assert ledger.home.settings.exists()
    if not ledger.home.settings.exists():
        assembly.create_ledger(ledger.home)
    index = sealed_ledger.deposit(ledger, {"new.txt": "new"})
    certificate = sealed_ledger.certificate(ledger, index, folder / "c.asice")
    report = ledger.verify(certificate, ledger.presented("new.txt"))
    assert report.verdict is Verdict.PASSED, f"write {at} {how}"
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED, f"write {at} {how}"


def creation_writes(folder: Path) -> int:
    outcome = run(lambda tell: create(Home(folder / "home"), tell), Fault(How.KILLED, 0))
    assert (outcome.error, outcome.crash) == (None, None)
    return outcome.writes


@pytest.mark.parametrize("how", list(How))
def test_a_sample_of_writes_of_the_making_of_a_ledger(tmp_path: Path, how: How) -> None:
    total = creation_writes(tmp_path)
    for at in range(1 + list(How).index(how), total + 1, total // 5):
        check_creation(tmp_path / "run", how, at)


@pytest.mark.long
@pytest.mark.parametrize("how", list(How))
def test_every_write_of_the_making_of_a_ledger(tmp_path: Path, how: How) -> None:
    for at in range(1, creation_writes(tmp_path) + 1):
        check_creation(tmp_path / "run", how, at)
