"""Renewals: what is due, who is asked, what is finished after an interruption, what is found."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from evidence_ledger.core import entry, evidence_record, statement
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import AuthorityUnreachable, LedgerCorrupt, UsageError
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import Store
from evidence_ledger.renewing import plan
from evidence_ledger.renewing.plan import Left, Wish
from evidence_ledger.renewing.renewer import Renewer
from evidence_ledger.renewing.strand import strands
from evidence_ledger.stored import RenewalKind
from tests.fakes import FakeAuthority, Fuse, PowerCut
from tests.workbench import Workbench, fact, found, step, written

ALL = Wish()
TREE = Wish(digest="sha512")
ENDS = datetime(2027, 11, 22, 12, tzinfo=UTC)
"""When the fake authorities' X.509 certificates end."""


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """A ledger with two seals of two tokens each, a while ago."""
    bench = Workbench(tmp_path)
    for number in range(2):
        bench.deposit([fact(f"{number}.txt", b"%d" % number)])
        bench.ledger.seal()
    bench.clock.move(days=100)
    return bench


def within_a_year(bench: Workbench) -> Wish:
    return Wish(bench.clock.now() + timedelta(days=366))


def unreachable(_: bytes) -> bytes:
    raise AuthorityUnreachable("No answer.")


def carried(bench: Workbench) -> list[list[str]]:
    """For each strand, whose token is its newest."""
    return [
        [str(one.place[0]), one.first.authority, one.newest.authority]
        for one in strands(bench.store)
    ]


# --- timestamps


def test_one_token_of_each_authority_renews_all_seals(bench: Workbench) -> None:
    asked = [one.asked for one in bench.authorities]
    result = bench.renewer().renew(within_a_year(bench))
    assert [one.asked for one in bench.authorities] == [before + 1 for before in asked]
    assert (result.strands, result.left, result.failures) == (4, (), ())
    (renewal,) = result.renewals
    assert (renewal.kind, renewal.digest, len(renewal.leaves)) == (
        RenewalKind.TIMESTAMP,
        "sha256",
        4 * 32,
    )
    assert carried(bench) == [[seal, name, name] for seal in "01" for name in ("Alpha", "Beta")]
    assert bench.audit().verdict is Verdict.PASSED


def test_the_tokens_join_the_chain(bench: Workbench) -> None:
    (renewal,) = bench.renewer().renew(ALL).renewals
    stored = bench.store.entry(renewal.entry or -1)
    assert entry.parse(stored.entry).kind == "seal"
    said = statement.parse(stored.statement or b"").seal
    assert said is not None
    assert list(said.tokens) == [hashlib.sha256(one.token).digest() for one in renewal.tokens]
    assert bench.ledger.seal().seal is None, "a seal entry alone asks for no seal"


def test_certificates_carry_the_renewals(bench: Workbench) -> None:
    before = bench.issue(0)
    bench.renewer().renew(ALL)
    after = bench.issue(0)
    for old, new in zip(before.records, after.records, strict=True):
        chain = evidence_record.parse(new.record).chains[0]
        assert chain.stamps[0].raw == evidence_record.parse(old.record).first.raw
        assert len(chain.stamps) == 2
    assert bench.check(written(after)).verdict is Verdict.PASSED


def test_a_second_renewal_has_one_leaf_for_each_token_of_the_first(bench: Workbench) -> None:
    bench.renewer().renew(ALL)
    (renewal,) = bench.renewer().renew(ALL).renewals
    assert len(renewal.leaves) == 2 * 32
    assert bench.check(written(bench.issue(2))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED


def test_large_renewals_are_done_in_several(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MOST_STRANDS", 3)
    result = bench.renewer().renew(ALL)
    assert (result.strands, len(result.renewals)) == (4, 2)
    monkeypatch.setattr(plan, "MOST_OBJECTS", 1)
    result = bench.renewer().renew(TREE)
    assert (result.strands, len(result.renewals)) == (4, 2)
    assert bench.check(written(bench.issue(2))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED


def test_a_strand_goes_on_with_another_authority_where_its_own_fails(bench: Workbench) -> None:
    bench.authorities[0].answer = unreachable
    result = bench.renewer().renew(ALL)
    assert [str(one) for one in result.failures] == ["No answer."]
    assert carried(bench) == [[seal, name, "Beta"] for seal in "01" for name in ("Alpha", "Beta")]
    bench.authorities[0].answer = bytes
    bench.renewer().renew(ALL)
    assert carried(bench)[0] == ["0", "Alpha", "Alpha"]
    assert bench.check(written(bench.issue(0))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED


def test_nobody_answers_and_the_next_renewal_goes_on(bench: Workbench) -> None:
    for one in bench.authorities:
        one.answer = unreachable
    with pytest.raises(AuthorityUnreachable, match="No answer"):
        bench.renewer().renew(ALL)
    begun = bench.store.renewal(-1)
    assert begun is not None
    assert (begun.number, begun.tokens, begun.entry) == (0, (), None)
    assert bench.audit().verdict is Verdict.PASSED
    for one in bench.authorities:
        one.answer = bytes
    result = bench.renewer().renew(Wish(bench.clock.now()))
    assert [one.number for one in result.renewals] == [0]
    assert bench.store.renewal(1) is None
    assert bench.audit().verdict is Verdict.PASSED


def test_a_token_that_does_not_stand_renews_nothing(bench: Workbench) -> None:
    bench.authorities[0].answer = lambda data: data[:-1] + bytes([data[-1] ^ 1])
    result = bench.renewer().renew(ALL)
    assert "does not stand" in str(result.failures[0])
    assert [one.authority for one in result.renewals[0].tokens] == ["Beta"]


def test_an_empty_ledger_has_nothing_to_renew(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    result = bench.renewer().renew(ALL)
    assert (result.renewals, result.strands) == ((), 0)
    assert step(bench.audit(), "8").says == "There are no renewals."


# --- what is due


def test_what_weakens_when(bench: Workbench) -> None:
    standings = list(bench.renewer().standings())
    assert {one.until for one in standings} == {ENDS}
    assert {one.cause for one in standings} == {"X.509 certificate"}
    assert not any(one.due(ENDS) for one in standings)
    assert all(one.due(ENDS + timedelta(seconds=1)) for one in standings)


def test_an_algorithm_may_end_first(bench: Workbench) -> None:
    standings = list(bench.renewer().standings({"sha256": date(2027, 5, 1)}))
    assert {(one.cause, one.until) for one in standings} == {
        ("sha256", datetime(2027, 5, 1, 23, 59, 59, 999999, tzinfo=UTC))
    }
    signature = next(iter(bench.renewer().standings({"ecdsa-sha256": date(2027, 5, 1)})))
    assert signature.cause == "ecdsa-sha256"
    assert not signature.needs_tree(ENDS)


def test_what_is_not_due_is_left_alone(bench: Workbench) -> None:
    result = bench.renewer().renew(Wish(ENDS))
    assert (result.renewals, result.left) == ((), ())


def test_what_was_renewed_lately_rests(bench: Workbench) -> None:
    """Another token by the same key would end on the same day: a daily renewal must not grow."""
    wish = within_a_year(bench)
    assert bench.renewer().renew(wish).strands == 4
    bench.clock.move(days=29)
    result = bench.renewer().renew(wish)
    assert (result.strands, {why for _, why in result.left}) == (0, {Left.RESTS})
    bench.clock.move(days=1)
    assert bench.renewer().renew(wish).strands == 4


def test_near_its_end_nothing_rests(bench: Workbench) -> None:
    bench.clock.moment = ENDS - timedelta(days=12)
    bench.renewer().renew(within_a_year(bench))
    bench.clock.move(days=5)
    assert bench.renewer().renew(within_a_year(bench)).strands == 0
    bench.clock.move(days=1)
    assert bench.renewer().renew(within_a_year(bench)).strands == 4


def test_where_the_digest_ends_timestamps_are_not_renewed(bench: Workbench) -> None:
    result = bench.renewer().renew(within_a_year(bench), {"sha256": date(2027, 5, 1)})
    assert (result.strands, {why for _, why in result.left}) == (0, {Left.NEEDS_TREE})


def test_an_authority_whose_root_is_not_known_is_renewed_all_the_same(bench: Workbench) -> None:
    renewer = Renewer(bench.parts(), bench.ledger, {})
    standings = list(renewer.standings())
    assert {one.until for one in standings} == {None}
    assert not any(one.lost for one in standings)
    assert renewer.renew(within_a_year(bench)).strands == 4


# --- independent and own clocks


def test_an_own_clock_never_renews_an_independent_timestamp(bench: Workbench) -> None:
    house = FakeAuthority("House", bench.clock, independent=False)
    bench.authorities = [*bench.authorities, house]
    bench.ledger = bench.reopened()
    bench.deposit()
    bench.ledger.seal()
    renewals = bench.renewer().renew(ALL).renewals
    assert sorted([token.authority for token in one.tokens] for one in renewals) == [
        ["Alpha", "Beta"],
        ["House"],
    ]
    assert bench.audit().verdict is Verdict.PASSED
    bench.authorities = [house]
    result = bench.renewer().renew(ALL)
    assert result.strands == 1
    assert {why for _, why in result.left} == {Left.NEEDS_INDEPENDENT}
    for one in strands(bench.store):
        assert one.newest.independent is one.first.independent


def test_an_open_renewal_waits_for_an_independent_authority(bench: Workbench) -> None:
    for one in bench.authorities:
        one.answer = unreachable
    with pytest.raises(AuthorityUnreachable):
        bench.renewer().renew(ALL)
    bench.authorities = [FakeAuthority("House", bench.clock, independent=False)]
    with pytest.raises(AuthorityUnreachable, match="independent"):
        bench.renewer().renew(ALL)
    renewal = bench.store.renewal(0)
    assert renewal is not None
    assert renewal.tokens == ()


# --- hash trees


def test_a_hash_tree_renewal_is_over_objects_and_timestamps(bench: Workbench) -> None:
    result = bench.renewer().renew(TREE)
    assert (result.strands, result.without) == (4, 4)
    for one in bench.issue(0).records:
        assert len(evidence_record.parse(one.record).chains) == 2
    for record in bench.issue(0).file_records[0]:
        assert len(evidence_record.parse(record.record).chains) == 1
    assert bench.check(written(bench.issue(0))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED
    assert bench.renewer().renew(TREE).strands == 0


def test_files_with_the_digest_are_renewed(bench: Workbench) -> None:
    one = fact("c.txt", b"c")
    digests = {**one.fingerprint.digests, Algorithm.SHA512: b"x" * 64}
    fingerprint = type(one.fingerprint)(digests, 1)
    index = bench.deposit([type(one)(one.name, fingerprint, "text/plain")])
    bench.ledger.seal()
    bench.renewer().renew(TREE)
    bench.renewer().renew(ALL)
    for record in bench.issue(index).file_records[0]:
        chains = evidence_record.parse(record.record).chains
        assert [len(chain.stamps) for chain in chains] == [1, 2]
    assert bench.check(written(bench.issue(index))).verdict is Verdict.PASSED
    assert bench.audit().verdict is Verdict.PASSED


def test_another_digest_for_trees_is_refused(bench: Workbench) -> None:
    with pytest.raises(UsageError):
        bench.renewer().renew(Wish(digest="sha256"))


def test_erased_documents_do_not_hinder_renewals(bench: Workbench) -> None:
    bench.renewer().renew(TREE)
    with closing(sqlite3.connect(bench.database)) as raw:
        raw.execute("UPDATE documents SET statement = NULL, signature = NULL WHERE entry = 0")
        raw.execute("DELETE FROM claims WHERE entry = 0")
        raw.execute("DELETE FROM fingerprints WHERE entry = 0")
        raw.commit()
    assert bench.renewer().renew(ALL).strands == 4
    result = bench.renewer().renew(Wish(digest="sha3_256"))
    assert (result.strands, result.without) == (4, 2 * 3 + 2)
    assert found(bench.audit(), "8") == (Verdict.PASSED, None)
    assert bench.check(written(bench.issue(2))).verdict is Verdict.PASSED


# --- interruptions, and two programs at once


def everything(bench: Workbench, fuse: Fuse) -> None:
    bench.renewer(fuse).renew(ALL)
    bench.renewer(fuse).renew(TREE)


def test_every_interruption_is_finished_by_the_next_renewal(tmp_path: Path) -> None:
    at, late = 0, False
    while True:
        (tmp_path / f"{at}-{late}").mkdir()
        bench = Workbench(tmp_path / f"{at}-{late}")
        index = bench.deposit()
        bench.ledger.seal()
        assert bench.ledger.stamp_files(index) == []
        fuse = Fuse(at, late=late)
        try:
            everything(bench, fuse)
        except (PowerCut, AuthorityUnreachable):
            assert bench.audit().verdict is Verdict.PASSED, (at, late)
            everything(bench, Fuse())
        else:
            break
        finally:
            report = bench.audit()
            assert report.verdict is Verdict.PASSED, (at, late)
            assert bench.check(written(bench.issue(0))).verdict is Verdict.PASSED, (at, late)
            bench.store.close()
        at, late = (at, True) if not late else (at + 1, False)
    assert at > 12, "as many writes as that were interrupted"


class Meanwhile:
    """A store where something happens just before the first call of one method."""

    def __init__(self, store: Store, name: str, other: Callable[[], object]) -> None:
        self._store = store
        self._name = name
        self._other: Callable[[], object] | None = other

    def __getattr__(self, name: str) -> object:
        if name == self._name and self._other is not None:
            other, self._other = self._other, None
            other()
        return getattr(self._store, name)


@pytest.mark.parametrize("name", ["add_renewal", "add_renewal_token", "append", "close_renewal"])
def test_two_programs_at_once(bench: Workbench, name: str) -> None:
    """Whichever comes first: each strand is renewed over its newest token, and nothing is lost."""
    other = bench.renewer()
    bench.authorities[0].answer = unreachable

    def meanwhile() -> None:
        bench.authorities[0].answer = bytes
        other.renew(within_a_year(bench))

    store = cast(Store, Meanwhile(bench.store, name, meanwhile))
    own = replace(bench.parts(), store=store)
    roots = {one.name: one.roots for one in bench.authorities}
    Renewer(own, Ledger(own), roots).renew(within_a_year(bench))
    assert bench.store.renewal(1) is None
    assert {one.renewal for one in strands(bench.store)} == {0}
    assert bench.audit().verdict is Verdict.PASSED
    assert bench.check(written(bench.issue(0))).verdict is Verdict.PASSED


# --- what the audit and the issuer find


DAMAGES: dict[str, tuple[str, str]] = {
    "another leaf": ("UPDATE renewals SET leaves = zeroblob(128) WHERE number = 0", "8"),
    "a leaf too many": (
        "UPDATE renewals SET leaves = leaves || zeroblob(32) WHERE number = 0",
        "8",
    ),
    "leaves swapped": ("UPDATE renewed_strands SET leaf = 3 - leaf WHERE renewal = 0", "8"),
    "no such leaf": ("UPDATE renewed_strands SET leaf = 9 WHERE renewal = 0 AND seal = 1", "8"),
    "another digest": ("UPDATE renewals SET digest = 'sha3_256' WHERE number = 0", "8"),
    "another kind": ("UPDATE renewals SET kind = 'timestamp' WHERE number = 1", "8"),
    "not independent": ("UPDATE renewals SET independent = 0 WHERE number = 0", "8"),
    "a dependent token": ("UPDATE renewal_tokens SET independent = 0", "8"),
    "no entry": ("UPDATE renewals SET entry = NULL WHERE number = 0", "8"),
    "another entry": ("UPDATE renewals SET entry = 0 WHERE number = 1", "8"),
    "an entry to come": ("UPDATE renewals SET entry = 99 WHERE number = 1", "8"),
    "a hash": ("UPDATE renewed_strands SET hashes = zeroblob(192) WHERE renewal = 1", "8"),
    "an object": ("UPDATE renewed_strands SET objects = x'000000010000000200000003'", "8"),
    "no objects": ("UPDATE renewed_strands SET objects = x'', hashes = x'' WHERE renewal = 1", "8"),
    "a token": ("UPDATE renewal_tokens SET token = x'3000' WHERE renewal = 0", "8"),
    "another authority": ("UPDATE renewal_tokens SET authority = 'Beta' WHERE position = 0", "8"),
    "a token gone": ("DELETE FROM renewal_tokens WHERE position = 1", "6"),
    "a strand gone": ("DELETE FROM renewed_strands WHERE renewal = 0 AND seal = 1", "8"),
    "the newest renewal gone": (
        "DELETE FROM renewal_tokens WHERE renewal = 1;"
        "DELETE FROM renewal_supplements WHERE renewal = 1;"
        "DELETE FROM renewed_strands WHERE renewal = 1; DELETE FROM renewals WHERE number = 1",
        "6",
    ),
    "the oldest renewal gone": (
        "DELETE FROM renewal_tokens WHERE renewal = 0;"
        "DELETE FROM renewal_supplements WHERE renewal = 0;"
        "DELETE FROM renewed_strands WHERE renewal = 0; DELETE FROM renewals WHERE number = 0",
        "8",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_the_audit_finds(bench: Workbench, name: str) -> None:
    bench.renewer().renew(ALL)
    bench.renewer().renew(TREE)
    change, number = DAMAGES[name]
    with closing(sqlite3.connect(bench.database)) as raw:
        for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            raw.execute(f"DROP TRIGGER {trigger}")
        raw.executescript(change)
    report = bench.audit()
    assert report.verdict is Verdict.FAILED
    assert found(report, number)[0] is Verdict.FAILED


def test_a_record_that_would_not_verify_is_not_issued(bench: Workbench) -> None:
    bench.renewer().renew(TREE)
    with closing(sqlite3.connect(bench.database)) as raw:
        raw.execute("DROP TRIGGER renewed_strands_refuse_update")
        raw.execute("UPDATE renewed_strands SET hashes = zeroblob(length(hashes))")
        raw.commit()
    with pytest.raises(LedgerCorrupt):
        bench.issue(0)


def test_the_audit_judges_expired_timestamps_by_their_renewals(bench: Workbench) -> None:
    """As of a day after their end; that renewed ones pass is told in the story of ten years."""
    bench.clock.moment = ENDS + timedelta(days=1)
    assert found(bench.audit(), "5") == (Verdict.INDETERMINATE, "timestamp.certificate-expired")
