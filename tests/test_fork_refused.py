"""No history forks: what was signed is remembered, and nothing else is signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import LedgerCorrupt, LedgerForked
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredSeal
from tests.workbench import ORIGIN, Workbench


def test_a_sealed_ledger_whose_memory_is_gone_is_refused(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    bench.deposit()
    (bench.folder / "last-checkpoint").unlink()
    with pytest.raises(LedgerForked, match="memory of it is gone"):
        bench.reopened().seal()
    assert bench.memory.recall() is None


def test_a_memory_that_is_behind_is_refused(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    old = (bench.folder / "last-checkpoint").read_bytes()
    bench.deposit()
    bench.ledger.seal()
    bench.deposit()
    (bench.folder / "last-checkpoint").write_bytes(old)
    assert bench.audit().verdict is Verdict.INDETERMINATE
    with pytest.raises(LedgerForked, match="remembers 1 signed"):
        bench.reopened().seal()


def test_a_restored_older_database_is_refused(bench: Workbench) -> None:
    bench.deposit()
    old = bench.snapshot()
    bench.deposit()
    bench.ledger.seal()
    bench.restored(old)
    with pytest.raises(LedgerForked, match="has signed 2 entries"):
        bench.ledger.seal()


def test_a_restored_older_database_that_grew_again_is_refused(bench: Workbench) -> None:
    """As many entries as were signed, but others: the checkpoint would be of a second history."""
    bench.deposit()
    old = bench.snapshot()
    bench.deposit()
    bench.ledger.seal()
    memory = (bench.folder / "last-checkpoint").read_bytes()
    bench.restored(old)
    (bench.folder / "last-checkpoint").unlink()
    for _ in range(3):
        bench.deposit()
    (bench.folder / "last-checkpoint").write_bytes(memory)
    with pytest.raises(LedgerForked, match="does not hold the entries"):
        bench.reopened().seal()


def test_a_memory_of_another_ledger_is_refused(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Workbench(tmp_path / "other", origin="other.example/log")
    other.deposit()
    other.ledger.seal()
    other.store.close()
    note = other.memory.recall()
    assert note is not None
    bench.memory.remember(None, note)
    with pytest.raises(LedgerForked, match=r"other\.example"):
        bench.deposit()


def test_a_tree_that_is_not_the_one_that_was_signed_is_refused(bench: Workbench) -> None:
    """Somebody edited the database, hashes and all, and put a seal of the old tree beside it."""
    bench.deposit()
    bench.ledger.seal()
    bench.deposit()

    class Edited:
        def __getattr__(self, name: str) -> object:
            return getattr(bench.store, name)

        def seal(self, number: int) -> StoredSeal | None:
            seal = bench.store.seal(number)
            return replace(seal, root=bytes(32)) if seal else None

    ledger = Ledger(replace(bench.parts(), store=cast(Store, Edited())))
    with pytest.raises(LedgerCorrupt, match="newest seal"):
        ledger.seal()


def test_a_flipped_bit_in_a_stored_entry_is_never_signed(bench: Workbench) -> None:
    bench.deposit()

    class Flipped:
        def __getattr__(self, name: str) -> object:
            return getattr(bench.store, name)

        def entries(self, start: int, stop: int) -> Iterator[object]:
            for one in bench.store.entries(start, stop):
                yield replace(one, entry=one.entry.replace(b'"deposit"', b'"deposjt"'))

    ledger = Ledger(replace(bench.parts(), store=cast(Store, Flipped())))
    with pytest.raises(LedgerCorrupt, match="stored hash"):
        ledger.seal()
    assert bench.memory.recall() is None


def test_the_memory_holds_what_was_signed_by_both_keys(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    remembered = bench.memory.recall()
    assert remembered is not None
    note = Note.parse(remembered)
    assert Checkpoint.parse(note.text).origin == ORIGIN
    assert len(note.signatures) == 2
