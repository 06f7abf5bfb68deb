"""Deposits in a matter: each the next one, whoever else deposits, however often it is tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evidence_ledger import assembly, desk
from evidence_ledger.adapters.clock import SystemEntropy
from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.matter_book import MatterBook, read_card
from evidence_ledger.author import Context, Draft
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.matter_card import MatterCard
from evidence_ledger.errors import SettingsInvalid, UsageError
from evidence_ledger.matter_entries import MatterEntries
from tests import sealed_ledger
from tests.sealed_ledger import CASE, SealedLedger


@pytest.fixture
def ledger(tmp_path: Path) -> SealedLedger:
    return sealed_ledger.make(tmp_path)


def facts(ledger: SealedLedger, name: str) -> list[FileFact]:
    (ledger.files / name).write_text(name)
    return desk.facts_of(list(hash_files([str(ledger.files / name)])))


def indexes(place: assembly.OpenLedger, card: MatterCard) -> list[int]:
    return list(MatterEntries(place.ledger.store, card.keys(place.ledger.origin)).indexes())


def test_an_interrupted_deposit_keeps_its_mark(ledger: SealedLedger) -> None:
    place = assembly.open_ledger(ledger.home)
    counter = desk.Desk(place, assembly.open_depositor(ledger.home))
    card = place.matters.card("1")
    first = counter.deposit(facts(ledger, "a"), [CASE], card.keys(place.ledger.origin))
    again = counter.deposit(facts(ledger, "a"), [CASE], card.keys(place.ledger.origin))
    assert (again.receipt.repeated, again.receipt.index) == (True, first.receipt.index)
    counter.done(again)
    anew = counter.deposit(facts(ledger, "a"), [CASE], card.keys(place.ledger.origin))
    assert indexes(place, card) == [first.receipt.index, anew.receipt.index]
    place.close()


def test_a_deposit_that_came_second_takes_the_next_mark(ledger: SealedLedger) -> None:
    """Signed and kept, and before it is handed in, somebody else's entry has its mark."""
    place = assembly.open_ledger(ledger.home)
    author = assembly.open_depositor(ledger.home)
    counter, card = desk.Desk(place, author), place.matters.card("1")
    entries = MatterEntries(place.ledger.store, card.keys(place.ledger.origin))
    slow, quick = facts(ledger, "slow"), facts(ledger, "quick")
    context = Context(place.ledger.origin, place.ledger.point(), opening=entries.next_opening())
    key = desk.draft_key(place.ledger.origin, author, Draft("deposit", slow, [CASE]))
    kept = place.outbox.keep(key, lambda: author.deposit(slow, [CASE], context))
    first = counter.deposit(quick, [CASE], card.keys(place.ledger.origin)).receipt
    second = counter.deposit(slow, [CASE], card.keys(place.ledger.origin)).receipt
    assert indexes(place, card) == [first.index, second.index]
    assert place.ledger.entry(second.index).statement != kept.statement
    place.close()


def test_many_entries_are_found_and_none_beyond_a_gap(
    ledger: SealedLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = assembly.open_ledger(ledger.home)
    author, card = assembly.open_depositor(ledger.home), place.matters.card("1")
    origin, fact = place.ledger.origin, facts(ledger, "a")
    numbers, keys = [*range(130), 131], card.keys(origin)
    signed = [author.deposit(fact, [], Context(origin, opening=keys.openings[n])) for n in numbers]
    place.ledger.deposit(signed)
    assert indexes(place, card) == list(range(130))
    monkeypatch.setattr("evidence_ledger.matter_entries.LENGTH", 130)
    with pytest.raises(UsageError):
        MatterEntries(place.ledger.store, keys).next_opening()
    place.close()


def test_a_book_keeps_one_secret_a_case(tmp_path: Path) -> None:
    book = MatterBook(tmp_path / "matters", SystemEntropy())
    assert book.cards() == []
    card = book.card(" 1 O 2/26 ")
    assert book.card("1 O 2/26") == card
    assert book.find("1 O 2/27") is None
    assert len(card.secret) == 32
    (path,) = (tmp_path / "matters").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert read_card(path) == card


def test_a_damaged_card_is_told_and_never_replaced(tmp_path: Path) -> None:
    """Else the next deposit would begin a second matter."""
    book = MatterBook(tmp_path / "matters", SystemEntropy())
    book.card("1")
    (path,) = (tmp_path / "matters").iterdir()
    path.write_text(json.dumps(json.loads(path.read_text())))
    with pytest.raises(SettingsInvalid):
        book.card("1")


def test_a_book_makes_the_home_that_is_not_there_yet(tmp_path: Path) -> None:
    """Whoever deposits elsewhere, with a key of their own, has made none."""
    book = MatterBook(tmp_path / "home" / "matters", SystemEntropy())
    assert book.find("1") is None
    card = book.card("1")
    assert book.cards() == [card]
    assert (tmp_path / "home" / "matters").stat().st_mode & 0o077 == 0
