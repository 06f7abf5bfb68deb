"""Several processes deposit into and seal one ledger at once."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from evidence_ledger import assembly, desk
from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core import entry, statement
from evidence_ledger.core.completeness import verify_completeness
from evidence_ledger.core.examined_certificate import PresentedCertificate
from evidence_ledger.core.report import Verdict
from evidence_ledger.matter_entries import MatterEntries
from tests import sealed_ledger
from tests.crash.faults import Fault, How, Outcome, run
from tests.sealed_ledger import SealedLedger

Tell = Callable[[int], None]


@pytest.fixture
def ledger(tmp_path: Path) -> SealedLedger:
    return sealed_ledger.make(tmp_path)


def deposits(
    ledger: SealedLedger, name: str, count: int, tell: Tell, case: str | None = None
) -> None:
    """Deposit and certify ``count`` times, as that many runs of the command would."""
    for turn in range(count):
        file = ledger.files / f"{name}-{turn}.txt"
        file.write_text(f"{name} {turn}")
        place = assembly.open_ledger(ledger.home)
        counter = desk.Desk(place, assembly.open_depositor(ledger.home))
        hashed = list(hash_files([str(file)]))
        keys = place.matters.card(case).keys(place.ledger.origin) if case else None
        accepted = counter.deposit(desk.facts_of(hashed), [], keys)
        tell(accepted.receipt.index)
        counter.seal()
        desk.write_certificate(place, accepted.receipt.index, file.with_suffix(".asice"))
        counter.done(accepted)
        place.close()


def seals(ledger: SealedLedger, count: int, _: Tell) -> None:
    for _turn in range(count):
        place = assembly.open_ledger(ledger.home)
        place.ledger.seal()
        place.close()


def together(*programs: Callable[[Tell], None]) -> list[Outcome]:
    """Run programs at once, each in a process of its own."""
    with ThreadPoolExecutor(len(programs)) as pool:
        return list(pool.map(lambda one: run(one, Fault(How.KILLED, 0)), programs))


def check_sound(ledger: SealedLedger, outcomes: list[Outcome], deposited: int) -> None:
    """All acknowledged once, each entry sealed by one seal, nobody met an error."""
    assert [(one.error, one.crash) for one in outcomes] == [(None, None)] * len(outcomes)
    acknowledged = Counter(index for one in outcomes for index in one.acknowledged)
    assert set(acknowledged.values()) <= {1}
    assert len(acknowledged) == deposited
    place = assembly.open_ledger(ledger.home)
    kinds = {one.index: entry.parse(one.entry).kind for one in place.ledger.entries()}
    assert {index for index, kind in kinds.items() if kind == "deposit"} == set(acknowledged)
    check_seals(place)
    place.close()
    report = sealed_ledger.audit(ledger)
    assert report.verdict is Verdict.PASSED, [step for step in report.steps if step.reason]
    assert not list(ledger.home.outbox.iterdir())


def check_seals(place: assembly.OpenLedger) -> None:
    """Seals follow on each other, and each has one entry."""
    store, first, number = place.ledger.store, 0, 0
    entries = []
    while (seal := store.seal(number)) is not None:
        assert seal.first == first
        entries.append(seal.entry)
        first, number = seal.size, number + 1
    stored = [
        one.index
        for one in place.ledger.entries()
        if one.statement is not None and statement.parse(one.statement).kind == "seal"
    ]
    assert entries == stored


def test_deposits_at_once(ledger: SealedLedger) -> None:
    programs = [partial(deposits, ledger, name, 4) for name in "abc"]
    check_sound(ledger, together(*programs), 12)
    for certificate in ledger.files.glob("*.asice"):
        report = ledger.verify(
            certificate.read_bytes(), ledger.presented(certificate.with_suffix(".txt").name)
        )
        assert report.verdict is Verdict.PASSED


def test_deposits_in_one_case_at_once(ledger: SealedLedger) -> None:
    """Each gets a number of its own, and none is left between them."""
    programs = [partial(deposits, ledger, name, 4, case="1 O 2/26") for name in "abc"]
    check_sound(ledger, together(*programs), 12)
    place = assembly.open_ledger(ledger.home)
    keys = place.matters.card("1 O 2/26").keys(place.ledger.origin)
    assert len(list(MatterEntries(place.ledger.store, keys).indexes())) == 12
    out = ledger.files / "all.complete"
    desk.write_completeness(place, keys, out)
    place.close()
    certificates = [
        PresentedCertificate(one.name, io.BytesIO(one.read_bytes()))
        for one in ledger.files.glob("*.asice")
    ]
    policy, now = read_trust(ledger.home.trust), SystemClock().now()
    with out.open("rb") as source:
        report = verify_completeness(source, certificates, policy, now)
    assert report.verdict is Verdict.PASSED, [one for one in report.steps if one.reason]


def test_two_sealers_race(ledger: SealedLedger) -> None:
    for turn in range(4):
        sealed_ledger.deposit(ledger, {f"{turn}.txt": str(turn)}, seal=False)
        outcomes = together(partial(seals, ledger, 1), partial(seals, ledger, 1))
        assert [(one.error, one.crash) for one in outcomes] == [(None, None)] * 2
    place = assembly.open_ledger(ledger.home)
    check_seals(place)
    newest = place.ledger.store.seal(-1)
    assert newest is not None
    assert newest.number == 3
    place.close()
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED


def test_the_same_file_by_two_programs_at_once(ledger: SealedLedger) -> None:
    """One statement or two, but each program holds a certificate, and no error."""

    def program(out: str, tell: Tell) -> None:
        place = assembly.open_ledger(ledger.home)
        counter = desk.Desk(place, assembly.open_depositor(ledger.home))
        hashed = list(hash_files([str(ledger.files / "same.txt")]))
        accepted = counter.deposit(desk.facts_of(hashed), [])
        counter.seal()
        desk.write_certificate(place, accepted.receipt.index, ledger.files / out)
        counter.done(accepted)
        place.close()
        tell(accepted.receipt.index)

    (ledger.files / "same.txt").write_text("same")
    outcomes = together(*[partial(program, f"{place}.asice") for place in range(3)])
    assert [(one.error, one.crash) for one in outcomes] == [(None, None)] * 3
    for place in range(3):
        certificate = (ledger.files / f"{place}.asice").read_bytes()
        assert ledger.verify(certificate, []).verdict is Verdict.PASSED
    assert sealed_ledger.audit(ledger).verdict is Verdict.PASSED


def test_an_audit_meanwhile_finds_nothing_wrong(ledger: SealedLedger) -> None:
    def audits(_: Tell) -> None:
        for _turn in range(12):
            report = sealed_ledger.audit(ledger)
            assert report.verdict is Verdict.PASSED, [one for one in report.steps if one.reason]

    outcomes = together(
        audits, partial(deposits, ledger, "a", 5), partial(deposits, ledger, "b", 5)
    )
    check_sound(ledger, outcomes, 10)


@pytest.mark.long
def test_many_deposits_and_seals_at_once(ledger: SealedLedger) -> None:
    programs: list[Callable[[Tell], None]] = [
        partial(deposits, ledger, name, 15) for name in "abcdef"
    ]
    programs += [partial(seals, ledger, 40)] * 2
    check_sound(ledger, together(*programs), 90)
