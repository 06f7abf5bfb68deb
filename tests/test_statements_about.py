"""Statements about earlier entries: what an author makes, what the ledger takes and refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence_ledger.author import Context, Draft
from evidence_ledger.core import entry, statement
from evidence_ledger.core.administration import Enrol, Settings
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.claim import parse as parse_claim
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import ABOUT, MOST_REFS, Reference
from evidence_ledger.errors import EvidenceError, FormatError, UsageError
from evidence_ledger.mentions import mentions_of
from tests.test_registrar import NOTARY, act, author, context, fingerprint, reason
from tests.workbench import DEPOSITOR, Workbench

NOTE = [("attestation/note", "compared with the originals")]


@pytest.fixture
def deposited(bench: Workbench) -> Workbench:
    """Two deposits, which are entries 0 and 1."""
    bench.deposit()
    bench.deposit()
    return bench


def forged(bench: Workbench, kind: str, *refs: Reference) -> SignedStatement:
    """A statement that the library's own author would not make."""
    whose = author(bench, NOTARY)
    honest = statement.parse(whose.about("order", (), context(bench, 0)).statement)
    return whose.sign(replace(honest, kind=kind, refs=refs))


def leaf(bench: Workbench, index: int) -> bytes:
    return bench.store.leaf_hashes(index, index + 1)[0]


@pytest.mark.parametrize("kind", sorted(ABOUT))
def test_a_statement_names_entries_and_is_found_by_each(deposited: Workbench, kind: str) -> None:
    bench = deposited
    bench.ledger.seal()
    whose = DEPOSITOR if kind == "erasure" else NOTARY
    said = author(bench, whose).about(kind, NOTE, context(bench, 0, 1))
    receipt = bench.ledger.deposit([said])[0]
    assert entry.parse(receipt.entry).kind == kind
    (claim,) = [parse_claim(data) for _, data in bench.store.claims(receipt.index)]
    assert (claim.path, claim.value) == NOTE[0]
    for index in (0, 1):
        (found,) = mentions_of(bench.store, index)
        assert (found.index, found.kind) == (receipt.index, kind)
        assert found.signer == fingerprint(whose)
    assert mentions_of(bench.store, receipt.index) == []
    bench.ledger.seal()
    assert bench.audit().verdict is Verdict.PASSED


def test_the_same_draft_is_written_for_deposits_and_statements(deposited: Workbench) -> None:
    whose, where = author(deposited, NOTARY), context(deposited)
    refs = context(deposited, 1).refs
    said = statement.parse(whose.write(Draft("handover", fields=NOTE, refs=refs), where).statement)
    assert (said.kind, said.refs, said.claims.size) == ("handover", refs, 1)
    kept = statement.parse(whose.write(Draft("deposit", fields=NOTE), where).statement)
    assert (kept.kind, kept.refs, kept.claims.size) == ("deposit", (), 1)


def test_only_the_first_of_many_are_told(deposited: Workbench) -> None:
    for _ in range(3):
        deposited.clock.move(seconds=1)
        deposited.ledger.deposit([author(deposited, NOTARY).order(context(deposited, 0))])
    assert [one.index for one in mentions_of(deposited.store, 0)] == [2, 3, 4]
    assert [one.index for one in mentions_of(deposited.store, 0, 2)] == [2, 3]


def test_what_was_erased_is_still_named_without_its_signer(deposited: Workbench) -> None:
    bench = deposited
    index = bench.ledger.deposit([author(bench, NOTARY).order(context(bench, 0))])[0].index
    stored = bench.store.entry(index)

    class Erased:
        """The same store, after somebody erased one statement."""

        def __getattr__(self, name: str) -> object:
            return getattr(bench.store, name)

        def entry(self, number: int) -> object:
            gone = replace(stored, statement=None, signature=None)
            return gone if number == index else bench.store.entry(number)

    (found,) = mentions_of(Erased(), 0)  # type: ignore[arg-type]  # the rest is asked by name
    assert (found.index, found.signer, found.signature) == (index, None, None)
    assert found.to_json()["signer"] is None


# What is refused


def test_a_reference_to_an_entry_that_is_not_there(deposited: Workbench) -> None:
    for index in (2, 77):
        said = forged(deposited, "attestation", Reference(index, bytes(32)))
        assert reason(deposited, said) == "statement.refs"


def test_a_reference_with_another_leaf_hash(deposited: Workbench) -> None:
    said = forged(deposited, "attestation", Reference(0, leaf(deposited, 1)))
    assert reason(deposited, said) == "statement.refs"


def test_a_reference_to_its_own_place_in_the_ledger(deposited: Workbench) -> None:
    """Nobody knows a leaf hash in advance; also not where both come in one append."""
    first = author(deposited, NOTARY).order(context(deposited, 0))
    other = deposited.reopened()
    made = other.deposit([author(deposited, NOTARY).order(context(deposited, 1))])[0]
    later = forged(deposited, "order", Reference(made.index + 1, made.leaf_hash))
    with pytest.raises(EvidenceError) as caught:
        deposited.ledger.deposit([first, later])
    assert caught.value.reason == "statement.refs"
    assert deposited.store.head().size == made.index + 1


@pytest.mark.parametrize("kind", sorted(ABOUT))
def test_a_statement_about_nothing(deposited: Workbench, kind: str) -> None:
    assert reason(deposited, forged(deposited, kind)) == "refs.none"


@pytest.mark.parametrize("kind", ["attestation", "deposit"])
def test_a_reference_that_is_repeated(deposited: Workbench, kind: str) -> None:
    twice = Reference(0, leaf(deposited, 0))
    assert reason(deposited, forged(deposited, kind, twice, twice)) == "refs.repeated"


def test_more_references_than_a_statement_may_have(deposited: Workbench) -> None:
    many = [Reference(at, bytes(32)) for at in range(MOST_REFS + 1)]
    with pytest.raises(FormatError) as caught:
        deposited.ledger.deposit([forged(deposited, "order", *many)])
    assert caught.value.reason == "statement.list"


@pytest.mark.parametrize(
    ("kind", "refs"),
    [
        ("deposit", [0]),
        ("grant", [0]),
        ("attestation", []),
        ("attestation", [0, 0]),
        ("order", range(MOST_REFS + 1)),
    ],
)
def test_an_author_makes_no_such_statement(bench: Workbench, kind: str, refs: list[int]) -> None:
    where = Context(bench.origin, refs=tuple(Reference(at, bytes(32)) for at in refs))
    with pytest.raises(UsageError):
        bench.author.about(kind, (), where)


def test_a_closed_ledger_asks_for_the_role_of_each_kind(deposited: Workbench) -> None:
    bench = deposited
    act(bench, Enrol(fingerprint(NOTARY), frozenset({Role.NOTARY})))
    act(bench, Enrol(fingerprint(DEPOSITOR), frozenset({Role.DEPOSITOR})))
    act(bench, Settings(True))
    for holder, kind in [(DEPOSITOR, "attestation"), (DEPOSITOR, "order"), (NOTARY, "order")]:
        said = author(bench, holder).about(kind, (), context(bench, 0))
        assert reason(bench, said) == "register.role"
    bench.ledger.deposit([author(bench, NOTARY).about("attestation", NOTE, context(bench, 0))])
    bench.ledger.deposit([author(bench, DEPOSITOR).about("handover", (), context(bench, 0))])
    bench.ledger.seal()
    assert bench.audit().verdict is Verdict.PASSED
