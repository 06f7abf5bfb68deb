"""The ledger: a statement once, at one place, whoever comes first; and no clock that runs back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.appending import TRIES
from evidence_ledger.core import cades, claim, entry, merkle, statement
from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.chain import Extension, Head
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.statement import Reference, Statement, TreePoint
from evidence_ledger.errors import (
    ClockBehind,
    EvidenceError,
    FormatError,
    HeadMoved,
    LedgerForked,
    NewerFormat,
    Refused,
)
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import Store
from tests.fakes import SeededEntropy
from tests.workbench import DEPOSITOR, OPERATOR, ORIGIN, Workbench, author_of, fact

NOTHING = TreePoint(0, merkle.EMPTY_ROOT)


def test_entries_are_chained(bench: Workbench) -> None:
    for _ in range(3):
        bench.deposit()
    stored = list(bench.ledger.entries())
    parsed = [entry.parse(one.entry) for one in stored]
    assert [one.index for one in parsed] == [0, 1, 2]
    assert [one.prev for one in parsed] == [
        entry.NO_ENTRY,
        *(merkle.leaf_hash(one.entry) for one in stored[:-1]),
    ]
    assert bench.audit().verdict is Verdict.PASSED


def test_the_same_statement_again_has_the_same_entry(bench: Workbench) -> None:
    signed = bench.signed()
    first = bench.ledger.deposit([signed])[0]
    again = bench.ledger.deposit([signed])[0]
    assert (again.index, again.leaf_hash, again.entry) == (0, first.leaf_hash, first.entry)
    assert (first.repeated, again.repeated) == (False, True)
    assert bench.store.head().size == 1


def test_the_same_statement_twice_in_one_batch_has_one_entry(bench: Workbench) -> None:
    one, two = bench.signed(), bench.signed()
    receipts = bench.ledger.deposit([one, two, one])
    assert [receipt.index for receipt in receipts] == [0, 1, 0]
    assert bench.store.head().size == 2


def test_a_batch_is_taken_whole_or_not_at_all(bench: Workbench) -> None:
    good = bench.signed()
    bad = replace(bench.signed(), claims=good.claims)
    with pytest.raises(Refused, match="claims"):
        bench.ledger.deposit([good, bad])
    assert bench.store.head().size == 0


def test_a_statement_that_was_there_and_a_fresh_one_in_one_batch(bench: Workbench) -> None:
    old, new = bench.signed(), bench.signed()
    bench.ledger.deposit([old])
    receipts = bench.ledger.deposit([new, old])
    assert [(one.index, one.repeated) for one in receipts] == [(1, False), (0, True)]


def test_two_ledgers_over_one_store_give_one_entry_to_one_statement(bench: Workbench) -> None:
    signed = [bench.signed() for _ in range(4)]
    ledgers = [bench.reopened() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: one.deposit(signed), ledgers))
    assert len({tuple(one.index for one in receipts) for receipts in found}) == 1
    assert bench.store.head().size == 4
    assert bench.audit().verdict is Verdict.PASSED


class Racing:
    """A store where somebody else appends just before each of the first appends."""

    def __init__(self, store: Store, first: Sequence[SignedStatement], other: Ledger) -> None:
        self._store = store
        self._first = list(first)
        self._other = other

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def append(self, before: Head, extension: Extension) -> None:
        if self._first:
            self._other.deposit([self._first.pop(0)])
        self._store.append(before, extension)

    def indexes_of(self, statements: Sequence[bytes]) -> Mapping[bytes, int]:
        return self._store.indexes_of(statements)


def racing(bench: Workbench, first: Sequence[SignedStatement]) -> Ledger:
    store = cast(Store, Racing(bench.store, first, bench.reopened()))
    return Ledger(replace(bench.parts(), store=store))


def test_whoever_lost_the_race_comes_next(bench: Workbench) -> None:
    others = [bench.signed() for _ in range(3)]
    assert racing(bench, others).deposit([bench.signed()])[0].index == 3
    assert bench.audit().verdict is Verdict.PASSED


def test_the_race_over_one_statement_has_one_entry(bench: Workbench) -> None:
    signed = bench.signed()
    receipt = racing(bench, [signed]).deposit([signed])[0]
    assert (receipt.index, receipt.repeated) == (0, True)
    assert bench.store.head().size == 1


def test_a_race_lost_for_ever_is_told(bench: Workbench) -> None:
    others = [bench.signed() for _ in range(TRIES)]
    with pytest.raises(HeadMoved, match="50 times"):
        racing(bench, others).deposit([bench.signed()])


# --- clocks


def test_a_clock_that_is_behind_is_refused_and_nothing_is_written(bench: Workbench) -> None:
    bench.deposit()
    signed = bench.signed()
    bench.clock.move(seconds=-2.000001)
    with pytest.raises(ClockBehind):
        bench.ledger.deposit([signed])
    assert bench.store.head().size == 1


def test_a_clock_that_is_a_little_behind_does_not_run_back_in_the_chain(bench: Workbench) -> None:
    bench.deposit()
    bench.clock.move(seconds=-2)
    bench.deposit()
    times = [entry.parse(one.entry).received for one in bench.ledger.entries()]
    assert times[0] == times[1]
    assert bench.audit().verdict is Verdict.PASSED


# --- what is admitted


def reason(signed: SignedStatement, ledger: str = ORIGIN) -> str:
    with pytest.raises(EvidenceError) as caught:
        admit(signed, ledger)
    assert isinstance(caught.value, Refused | FormatError)
    return caught.value.reason


def test_a_statement_for_another_ledger_is_refused(bench: Workbench) -> None:
    assert reason(bench.signed(), "other.example") == "admission.other-ledger"


def test_a_signature_over_another_statement_is_refused(bench: Workbench) -> None:
    one, two = bench.signed(), bench.signed()
    mixed = replace(one, signature=two.signature)
    assert reason(mixed) == "cms.message-digest"


def test_a_statement_that_names_another_signer_is_refused(bench: Workbench) -> None:
    parsed = statement.parse(bench.signed().statement)
    other = author_of(OPERATOR, bench.clock).sign(parsed)
    assert reason(other) == "statement.other-signer"


def test_claims_that_are_not_those_signed_are_refused(bench: Workbench) -> None:
    signed = bench.signed([fact("a", b"a"), fact("b", b"b")])
    assert reason(replace(signed, claims=signed.claims[:1])) == "claims.count"
    assert reason(replace(signed, claims=[*signed.claims, signed.claims[0]])) == "claims.count"
    assert reason(replace(signed, claims=signed.claims[::-1])) == "claims.root"
    swapped = [signed.claims[0].replace(b'"size":1', b'"size":2'), signed.claims[1]]
    assert reason(replace(signed, claims=swapped)) == "claims.root"


def signed_claims(bench: Workbench, paths: Sequence[str]) -> SignedStatement:
    """A deposit of claims in any order, made by hand."""
    value = dict(fact("a", b"a").to_json())
    claims = [claim.Claim(path, bytes(32), value).encode() for path in paths]
    root = merkle.root_hash([merkle.leaf_hash(one) for one in claims])
    point = TreePoint(len(claims), root)
    return bench.author.sign(unsigned(bench, claims=point), claims)


def unsigned(
    bench: Workbench,
    *,
    kind: str = "deposit",
    claims: TreePoint = NOTHING,
    after: TreePoint = NOTHING,
    refs: tuple[Reference, ...] = (),
) -> Statement:
    nonce = SeededEntropy(f"{claims}{after}{refs}").take(16)
    fingerprint = bench.author.fingerprint
    return Statement(kind, ORIGIN, claims, fingerprint, bench.clock.now(), after, nonce, refs)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["file/1"], "claims.order"),
        (["file/0", "file/2"], "claims.order"),
        (["file/0", "file/0"], "claims.repeated"),
        (["file/0", "file/01"], "claims.order"),
        (["matter/a", "file/0"], "claims.order"),
        (["origin/a", "matter/a"], "claims.order"),
        (["other/a", "origin/a"], "claims.order"),
        (["matter/a", "matter/a"], "claims.repeated"),
    ],
)
def test_claims_out_of_order_or_repeated_are_refused(
    bench: Workbench, paths: list[str], expected: str
) -> None:
    assert reason(signed_claims(bench, paths)) == expected


def test_every_digest_is_found(bench: Workbench) -> None:
    one = fact("a", b"a")
    index = bench.deposit([fact("b", b"b"), one], [("matter/case_number", "1")])
    for name, digest in one.fingerprint.digests.items():
        places = bench.ledger.find(name.value, digest)
        assert [(found.index, found.position) for found in places] == [(index, 1)]
        assert bench.ledger.find(name.value, bytes(len(digest))) == []


def test_only_the_ledger_itself_appends_seals(bench: Workbench) -> None:
    """A depositor's seal would be an entry that no seal of the ledger explains."""
    bench.deposit()
    fact_of_seal = statement.SealFact(bytes(32), 1, bytes(32), ())
    forged = replace(unsigned(bench, kind="seal"), seal=fact_of_seal)
    with pytest.raises(Refused) as caught:
        bench.ledger.deposit([bench.author.sign(forged)])
    assert caught.value.reason == "admission.seal"
    assert bench.audit().verdict is Verdict.PASSED


def test_a_statement_of_an_unknown_kind_is_for_a_newer_release(bench: Workbench) -> None:
    with pytest.raises(NewerFormat):
        bench.ledger.deposit([bench.author.sign(unsigned(bench, kind="verdict"))])


@pytest.mark.parametrize("size", [1, 2, 2**52])
def test_a_checkpoint_that_the_ledger_never_had_is_refused(bench: Workbench, size: int) -> None:
    bench.deposit()
    after = TreePoint(size, bytes(32))
    with pytest.raises(Refused) as caught:
        bench.ledger.deposit([bench.author.sign(unsigned(bench, after=after))])
    assert caught.value.reason == "statement.after"


def test_an_empty_tree_with_a_root_is_refused(bench: Workbench) -> None:
    with pytest.raises(Refused) as caught:
        bench.ledger.deposit([bench.author.sign(unsigned(bench, after=TreePoint(0, bytes(32))))])
    assert caught.value.reason == "statement.after"


def test_an_earlier_checkpoint_may_be_named(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    first = bench.ledger.point()
    bench.deposit()
    bench.ledger.seal()
    assert first != bench.ledger.point()
    receipt = bench.ledger.deposit([bench.author.sign(unsigned(bench, after=first))])[0]
    assert receipt.index == 4


def test_references_must_be_right(bench: Workbench) -> None:
    bench.deposit()
    leaf = bench.store.leaf_hashes(0, 1)[0]
    for wrong in (Reference(0, bytes(32)), Reference(1, leaf), Reference(2**52, leaf)):
        with pytest.raises(Refused) as caught:
            bench.ledger.deposit([bench.author.sign(unsigned(bench, refs=(wrong,)))])
        assert caught.value.reason == "statement.refs"
    right = unsigned(bench, refs=(Reference(0, leaf),))
    assert bench.ledger.deposit([bench.author.sign(right)])[0].index == 1


@given(st.data())
def test_a_mutated_deposit_is_refused_with_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    signed = _once(tmp_path_factory)
    member = data.draw(st.sampled_from(["statement", "signature", "claim"]))
    before = signed.claims[0] if member == "claim" else getattr(signed, member)
    place = data.draw(st.integers(0, len(before) - 1))
    after = before[:place] + data.draw(st.binary(max_size=4)) + before[place + 1 :]
    if member == "claim":
        changed = replace(signed, claims=[after, *signed.claims[1:]])
    elif member == "statement":
        changed = replace(signed, statement=after)
    else:
        changed = replace(signed, signature=after)
    try:
        admit(changed, ORIGIN)
    except EvidenceError:
        return
    # Nobody signs the set of X.509 certificates that comes with a signature.
    assert after == before or member == "signature"
    assert cades.verify(changed.signature, signed.statement).certificate == DEPOSITOR.der


_kept: list[SignedStatement] = []


def _once(factory: pytest.TempPathFactory) -> SignedStatement:
    if not _kept:
        bench = Workbench(factory.mktemp("once"))
        _kept.append(bench.signed([fact("a", b"a")], [("matter/purpose", "x")]))
        bench.store.close()
    return _kept[0]


# --- a database that was put back


def test_no_receipt_from_an_older_database_that_was_put_back(bench: Workbench) -> None:
    """The key has signed more entries than the restored database holds."""
    bench.deposit()
    bench.ledger.seal()
    old = bench.snapshot()
    bench.clock.move(hours=1)
    bench.deposit()
    bench.ledger.seal()
    signed = bench.signed()
    bench.restored(old)
    with pytest.raises(LedgerForked):
        bench.ledger.deposit([signed])
    assert bench.store.head().size == 2


def test_a_newer_database_than_the_last_seal_is_taken(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    bench.deposit()
    new = bench.snapshot()
    bench.restored(new)
    assert bench.deposit() == 3
