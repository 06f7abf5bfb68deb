"""What is due: what weakens when, what rests, what is left alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from evidence_ledger.core.report import Verdict
from evidence_ledger.renewing.plan import Left, Wish
from evidence_ledger.renewing.renewer import Renewer
from tests.renewing.wishes import within_a_year
from tests.workbench import Workbench, found

ENDS = datetime(2027, 11, 22, 12, tzinfo=UTC)
"""When the fake authorities' X.509 certificates end."""


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


def test_the_audit_judges_expired_timestamps_by_their_renewals(bench: Workbench) -> None:
    """As of a day after their end; that renewed ones pass is told in the story of ten years."""
    bench.clock.moment = ENDS + timedelta(days=1)
    assert found(bench.audit(), "5") == (Verdict.INDETERMINATE, "timestamp.certificate-expired")
