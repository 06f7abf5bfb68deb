"""Seals: interrupted anywhere, the next call finishes them, once; and no history forks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from evidence_ledger.adapters.keys.note_signer import SoftwareNoteSigner
from evidence_ledger.core import entry, statement
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.errors import (
    AuthorityUnreachable,
    HeadMoved,
    LedgerCorrupt,
    LedgerForked,
    NotSealed,
)
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import Store
from evidence_ledger.sealing.sealer import Sealer
from evidence_ledger.stored import StoredSeal
from tests.fakes import FakeAuthority, FakeClock, Fuse, PowerCut
from tests.workbench import ORIGIN, Workbench, fact, found, written


def kinds(bench: Workbench) -> list[str]:
    return [entry.parse(one.entry).kind for one in bench.ledger.entries()]


def test_a_seal_covers_what_is_new_and_is_an_entry_itself(bench: Workbench) -> None:
    bench.deposit([fact("a", b"a"), fact("b", b"b")])
    bench.deposit()
    result = bench.ledger.seal()
    seal = result.seal
    assert seal is not None
    assert (seal.number, seal.first, seal.size, seal.entry) == (0, 0, 2, 2)
    assert [one.authority for one in seal.tokens] == ["Alpha", "Beta"]
    assert len(seal.leaves) == 32 * (1 + 2 * 2 + 3)
    assert kinds(bench) == ["deposit", "deposit", "seal"]
    document = bench.store.entry(2).statement
    assert document is not None
    named = statement.parse(document).seal
    assert named is not None
    assert named.checkpoint == hashlib.sha256(seal.checkpoint).digest()
    assert named.tokens == tuple(hashlib.sha256(one.token).digest() for one in seal.tokens)
    assert bench.audit().verdict is Verdict.PASSED


def test_a_seals_own_entry_alone_asks_for_no_seal(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    assert bench.ledger.seal().seal is None
    assert bench.ledger.seal().seal is None
    bench.deposit()
    seal = bench.ledger.seal().seal
    assert seal is not None
    assert (seal.first, seal.size) == (1, 3)
    assert bench.audit().verdict is Verdict.PASSED


def test_nothing_is_sealed_where_nothing_is(bench: Workbench) -> None:
    assert bench.ledger.seal().seal is None
    assert bench.memory.recall() is None


def test_an_entry_that_is_not_sealed_has_no_certificate(bench: Workbench) -> None:
    index = bench.deposit()
    with pytest.raises(NotSealed):
        bench.issue(index)


# --- power cuts


def count_calls(folder: Path) -> int:
    """How many calls of its ports one seal makes."""
    folder.mkdir()
    bench, fuse = Workbench(folder), Fuse()
    bench.deposit()
    bench.reopened(fuse).seal()
    bench.store.close()
    return fuse.calls


def test_a_seal_that_is_interrupted_anywhere_is_finished_once(tmp_path: Path) -> None:
    calls = count_calls(tmp_path / "count")
    assert calls >= 8
    for number in range(2 * calls):
        folder = tmp_path / str(number)
        folder.mkdir()
        check_interrupted(Workbench(folder), Fuse(number // 2, late=bool(number % 2)))


def check_interrupted(bench: Workbench, fuse: Fuse) -> None:
    index = bench.deposit()
    with pytest.raises(PowerCut):
        bench.reopened(fuse).seal()
    audited = bench.audit()
    assert audited.verdict is not Verdict.FAILED, audited
    bench.clock.move(seconds=1)
    bench.reopened().seal()
    assert kinds(bench).count("seal") == 1
    assert bench.reopened().seal().seal is None
    report = bench.audit()
    assert report.verdict is Verdict.PASSED, report
    assert bench.check(written(bench.issue(index))).verdict is Verdict.PASSED
    bench.store.close()


def test_a_deposit_between_interruption_and_finish_waits_for_the_next_seal(
    tmp_path: Path,
) -> None:
    for number, late in ((1, True), (2, False), (3, True), (4, True), (7, True)):
        folder = tmp_path / f"{number}{late}"
        folder.mkdir()
        bench = Workbench(folder)
        bench.deposit()
        with pytest.raises(PowerCut):
            bench.reopened(Fuse(number, late=late)).seal()
        bench.ledger = bench.reopened()
        second = bench.deposit()
        bench.ledger.seal()
        bench.ledger.seal()
        assert bench.audit().verdict is Verdict.PASSED
        assert bench.check(written(bench.issue(second))).verdict is Verdict.PASSED
        bench.store.close()


# --- authorities


def unreachable(_response: bytes) -> bytes:
    raise AuthorityUnreachable("No answer.")


def test_without_any_token_the_seal_stays_open_and_goes_on(bench: Workbench) -> None:
    bench.deposit()
    for one in bench.authorities:
        one.answer = unreachable
    result = bench.ledger.seal()
    assert result.seal is not None
    assert (result.seal.entry, len(result.failures)) == (None, 2)
    assert bench.audit().verdict is Verdict.PASSED
    bench.authorities[1].answer = bytes
    result = bench.ledger.seal()
    assert result.seal is not None
    assert ([one.authority for one in result.seal.tokens], result.seal.entry) == (["Beta"], 1)
    assert [str(one) for one in result.failures] == ["No answer."]
    assert bench.audit().verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: data + b"x",
        lambda _: b"",
        lambda _: b"<html>",
        lambda data: data[:200],
    ],
)
def test_a_token_that_does_not_stand_is_not_kept(
    bench: Workbench, spoil: Callable[[bytes], bytes]
) -> None:
    bench.authorities[0].answer = spoil
    bench.deposit()
    result = bench.ledger.seal()
    assert result.seal is not None
    assert [one.authority for one in result.seal.tokens] == ["Beta"]
    assert "does not stand" in str(result.failures[0])


def test_an_old_answer_is_not_kept(bench: Workbench) -> None:
    """Another nonce and another imprint."""
    old = bench.authorities[1].ask(bytes(32), 7)
    bench.authorities[0].answer = lambda _: old
    bench.deposit()
    result = bench.ledger.seal()
    assert result.seal is not None
    assert [one.authority for one in result.seal.tokens] == ["Beta"]


def test_an_authority_with_a_clock_ahead_is_not_kept(bench: Workbench) -> None:
    ahead = FakeClock(bench.clock.now() + timedelta(minutes=5))
    bench.authorities[0] = FakeAuthority("Alpha", ahead)
    bench.deposit()
    result = bench.reopened().seal()
    assert result.seal is not None
    assert [one.authority for one in result.seal.tokens] == ["Beta"]


def test_a_house_authority_that_is_not_independent_passes_the_audit(bench: Workbench) -> None:
    """Settings say that it is not independent, though its tokens do not say so themselves."""
    bench.authorities = [FakeAuthority("House", bench.clock, independent=False)]
    bench.ledger = bench.reopened()
    bench.deposit()
    bench.ledger.seal()
    assert bench.audit().verdict is Verdict.PASSED


# --- two programs at one seal


class Slow:
    """A store where another program finishes the seal just before this one's entry."""

    def __init__(self, store: Store, other: Callable[[], object]) -> None:
        self._store = store
        self._other: Callable[[], object] | None = other

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def head(self) -> object:
        seal = self._store.seal(-1)
        if self._other is not None and seal is not None and seal.tokens:
            other, self._other = self._other, None
            other()
        return self._store.head()


def test_two_programs_with_different_tokens_append_one_seal_entry(bench: Workbench) -> None:
    """Each saw other tokens, so that their statements differ: the second must not append."""
    bench.deposit()
    bench.authorities[1].answer = unreachable

    def finish() -> None:
        bench.authorities[1].answer = bytes
        assert bench.reopened().seal().seal is not None

    store = cast(Store, Slow(bench.store, finish))
    Ledger(replace(bench.parts(), store=store)).seal()
    assert kinds(bench) == ["deposit", "seal"]
    assert bench.audit().verdict is Verdict.PASSED


class Beaten:
    """A store whose append loses against a deposit, once."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._lost = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._bench.store, name)

    def append(self, before: object, extension: object) -> None:
        if not self._lost:
            self._lost = True
            self._bench.deposit()
        self._bench.store.append(before, extension)  # type: ignore[arg-type]  # handed through


def test_a_deposit_that_comes_between_does_not_repeat_the_seals_entry(bench: Workbench) -> None:
    bench.deposit()
    Ledger(replace(bench.parts(), store=cast(Store, Beaten(bench)))).seal()
    assert kinds(bench) == ["deposit", "deposit", "seal"]
    assert bench.audit().verdict is Verdict.PASSED


def test_a_seal_whose_number_is_taken_is_told(bench: Workbench) -> None:
    bench.deposit()
    seal = bench.ledger.seal().seal
    assert seal is not None
    with pytest.raises(HeadMoved):
        bench.store.add_seal(seal)


# --- forks


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


def test_a_token_that_came_after_the_seals_entry_counts_and_passes_the_audit(
    bench: Workbench,
) -> None:
    """Two programs at one seal: the slower one's token comes when the entry is written."""
    bench.authorities[1].answer = unreachable
    index = bench.deposit()
    seal = bench.ledger.seal().seal
    assert seal is not None
    report = bench.check(written(bench.issue(index)))
    assert found(report, "9") == (Verdict.INDETERMINATE, "time.authorities")
    bench.authorities[1].answer = bytes
    kept, failures, _ = Sealer(bench.parts()).ask(seal)
    assert ([one.authority for one in kept.tokens], failures) == (["Alpha", "Beta"], [])
    assert bench.audit().verdict is Verdict.PASSED
    assert bench.check(written(bench.issue(index))).verdict is Verdict.PASSED


def test_other_keys_than_the_ledgers_do_not_pass_the_audit(bench: Workbench) -> None:
    bench.deposit()
    keys = [SoftwareNoteSigner(ORIGIN, kind, b"k" * 32) for kind in (KeyType.ED25519,)]
    Ledger(replace(bench.parts(), note_signers=keys)).seal()
    report = bench.audit()
    assert report.verdict is not Verdict.PASSED
    assert found(report, "4")[0] is not Verdict.PASSED
