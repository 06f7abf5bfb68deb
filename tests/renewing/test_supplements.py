"""What is captured when timestamps are renewed: kept, carried, used by the check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.core.report import Verdict
from evidence_ledger.issuing import accompanying
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import RevocationSource
from evidence_ledger.renewing.plan import Wish
from evidence_ledger.renewing.renewer import Renewer
from evidence_ledger.stored import StoredSupplement, SupplementKind
from tests.fakes import FakeClock
from tests.renewing.ten_years import FIRST, ROOTS, SECOND, SHA512_ASKED, THIRD, Story, day
from tests.revocation_factory import DAY, Gone, crl
from tests.workbench import found, written

CHAIN, REVOCATION = SupplementKind.CHAIN, SupplementKind.REVOCATION


class Issuers:
    """A RevocationSource: a fresh list of whoever issued the first X.509 certificate."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.asked = 0

    def fetch(self, chain: Sequence[bytes]) -> Sequence[bytes]:
        self.asked += 1
        issuer = next(one for one in ROOTS.values() if one.der == chain[-1])
        now = self._clock.now()
        return [crl(issuer, issued=now - DAY, until=now + 7 * DAY)]


def sealed(folder: Path, *, direct: bool = False) -> tuple[Story, Issuers]:
    """A story whose seal has its revocation data."""
    story = Story(folder)
    source = Issuers(story.bench.clock)
    ledger = Ledger(replace(story.bench.parts(), revocation=source))
    story.index = ledger.deposit([story.bench.signed()])[0].index
    ledger.seal()
    if direct:
        asked = source.asked
        assert ledger.stamp_files(story.index) == []
        assert source.asked == asked, "the seal has what is known of these X.509 certificates"
    return story, source


def renew(story: Story, source: RevocationSource | None, wish: Wish | None = None) -> None:
    parts = replace(story.bench.parts(), revocation=source)
    roots = {one.name: one.roots for one in story.bench.authorities}
    assert Renewer(parts, Ledger(parts), roots).renew(wish or Wish()).renewals


def demanding(story: Story) -> str:
    policy = story.bench.policy(digests="")
    return policy.replace("independent = true", 'independent = true\nrevocation = "demanded"')


def test_chains_and_lists_are_kept_with_the_renewal(tmp_path: Path) -> None:
    story, source = sealed(tmp_path)
    story.at(day(2028, 3), SECOND)
    renew(story, source)
    held = story.bench.store.renewal_supplements(0)
    chains = {one.data for one in held if one.kind is CHAIN}
    assert chains == {one.der for one in (*SECOND.values(), *ROOTS.values())}
    assert len([one for one in held if one.kind is REVOCATION]) == 2
    parts = story.bench.issue(story.index)
    assert chains < set(parts.chains)
    assert {one.data for one in held if one.kind is REVOCATION} < set(parts.revocation.values())
    assert story.bench.audit().verdict is Verdict.PASSED


@pytest.mark.parametrize("direct", [False, True])
def test_a_policy_that_demands_it_passes_what_was_captured(tmp_path: Path, direct: bool) -> None:
    story, source = sealed(tmp_path, direct=direct)
    story.at(day(2028, 3), SECOND)
    renew(story, source)
    story.bench.clock.moment = day(2030, 1)
    parts = story.bench.issue(story.index)
    report = story.bench.check(written(parts), policy=demanding(story))
    assert report.verdict is Verdict.PASSED
    without = replace(parts, revocation={})
    report = story.bench.check(written(without), policy=demanding(story))
    assert report.verdict is Verdict.INDETERMINATE
    at = day(2028, 4)
    report = story.bench.check(written(without), policy=demanding(story), at=at)
    assert found(report, "9.1") == (Verdict.INDETERMINATE, "revocation.missing")


def test_what_was_not_captured_at_the_renewal_is_missed(tmp_path: Path) -> None:
    story, _ = sealed(tmp_path)
    story.at(day(2028, 3), SECOND)
    renew(story, None)
    story.bench.clock.moment = day(2030, 1)
    report = story.bench.check(written(story.bench.issue(story.index)), policy=demanding(story))
    assert report.verdict is Verdict.INDETERMINATE


def test_hash_tree_renewals_capture_too(tmp_path: Path) -> None:
    story, source = sealed(tmp_path)
    story.at(day(2028, 3), SECOND)
    renew(story, source)
    story.at(day(2034, 6), THIRD)
    renew(story, source, Wish(digest="sha512"))
    leaves = [one.data for one in story.bench.store.renewal_supplements(1) if one.kind is CHAIN]
    assert {one.der for one in THIRD.values()} < set(leaves)
    story.bench.clock.moment = day(2037, 1)
    report = story.bench.check(written(story.bench.issue(story.index)), policy=demanding(story))
    assert report.verdict is Verdict.PASSED


def test_a_certificate_holds_no_more_than_a_check_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seal's own first, then those of the newest renewals."""
    story, source = sealed(tmp_path)
    for month in (1, 2, 3):
        story.at(day(2027, month), FIRST)
        renew(story, source)
    everything = story.bench.issue(story.index).revocation
    assert len(everything) == 8
    monkeypatch.setattr(accompanying, "MOST_BESIDE", 5)
    fewer = story.bench.issue(story.index)
    own = {one.data for one in story.bench.store.supplements(1) if one.kind is REVOCATION}
    newest = {one.data for one in story.bench.store.renewal_supplements(2)}
    assert len(fewer.revocation) == len(fewer.chains) == 5
    assert own < set(fewer.revocation.values())
    assert len(newest & set(fewer.revocation.values())) == 2
    monkeypatch.setattr(accompanying, "MOST_BYTES", sum(map(len, own)))
    assert set(story.bench.issue(story.index).revocation.values()) == own


def test_a_stranger_beside_a_renewal_convinces_nobody(tmp_path: Path) -> None:
    story, _ = sealed(tmp_path)
    story.at(day(2028, 3), SECOND)
    renew(story, None)
    junk = StoredSupplement(REVOCATION, b"\x30\x00")
    story.bench.store.add_renewal_supplements(0, [junk])
    assert found(story.bench.audit(), "8") == (Verdict.FAILED, "audit.supplement")
    story.bench.clock.moment = day(2030, 1)
    policy = story.bench.policy(digests=SHA512_ASKED.replace('"sha512"', '"sm3"'))
    report = story.bench.check(written(story.bench.issue(story.index)), policy=policy)
    assert report.verdict is Verdict.PASSED


def test_a_revoked_renewal_is_refused(tmp_path: Path) -> None:
    """The list that was captured says that the renewing authority's key was gone before."""
    story, _ = sealed(tmp_path)
    story.at(day(2028, 3), SECOND)
    renew(story, None)
    gone = Gone(SECOND["Alpha"], day(2028, 2))
    now = day(2028, 3)
    data = crl(ROOTS["Alpha"], gone, issued=now, until=now + 7 * DAY)
    story.bench.store.add_renewal_supplements(0, [StoredSupplement(REVOCATION, data)])
    story.bench.clock.moment = day(2030, 1)
    report = story.bench.check(
        written(story.bench.issue(story.index)), policy=story.bench.policy(digests="")
    )
    assert found(report, "9.1") == (Verdict.FAILED, "revocation.revoked")
