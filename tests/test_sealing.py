"""Seals: what they cover, whose tokens they keep, and what the audit says of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from evidence_ledger.adapters.keys.note_signer import SoftwareNoteSigner
from evidence_ledger.core import statement
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.errors import NotSealed
from evidence_ledger.ledger import Ledger
from tests.fakes import FakeAuthority, FakeClock, unreachable
from tests.workbench import ORIGIN, Workbench, fact, found, kinds


def test_a_seal_covers_what_is_new_and_is_an_entry_itself(bench: Workbench) -> None:
    bench.deposit([fact("a", b"a"), fact("b", b"b")])
    bench.deposit()
    result = bench.ledger.seal()
    seal = result.seal
    assert seal is not None
    assert (seal.number, seal.first, seal.size, seal.entry) == (0, 0, 2, 2)
    assert [one.authority for one in seal.tokens] == ["Alpha", "Beta"]
    assert len(bench.store.seal_objects(0).leaves) == 32 * (1 + 2 * 2 + 3)
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


def test_other_keys_than_the_ledgers_do_not_pass_the_audit(bench: Workbench) -> None:
    bench.deposit()
    keys = [SoftwareNoteSigner(ORIGIN, kind, b"k" * 32) for kind in (KeyType.ED25519,)]
    Ledger(replace(bench.parts(), note_signers=keys)).seal()
    report = bench.audit()
    assert report.verdict is not Verdict.PASSED
    assert found(report, "4")[0] is not Verdict.PASSED
