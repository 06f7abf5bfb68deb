"""The ten-year story: an authority's X.509 certificate expires, then SHA-256 weakens.

2026-11  deposit         under the authorities' first keys, which end in June 2028
2028-03  renewal         of timestamps, under their second keys, which end in 2040
2034-06  renewal         of hash trees with SHA-512, under keys that use no SHA-256
2034-12  SHA-256 is not accepted any more
2037-01  the check
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.renewing.plan import Left, Wish
from tests.fakes import FakeAuthority
from tests.workbench import Workbench, found, presented, written
from tests.x509_factory import TIMESTAMPS, Holder, issue, key_of

YEAR = timedelta(days=366)
NAMES = ("Alpha", "Beta")
LEASE = b"the lease"
SHA256_ENDS = "[algorithms]\nsha256 = 2034-12-31\n"
SHA512_ASKED = '[digests]\nrequired = ["sha256", "sha512"]\n'
END = datetime(2037, 1, 10, tzinfo=UTC)


def day(year: int, month: int) -> datetime:
    return datetime(year, month, 15, 12, tzinfo=UTC)


ROOTS = {
    name: issue(f"Root of {name}", authority=True, start=day(2020, 1), end=day(2060, 1))
    for name in NAMES
}


def keys(start: datetime, end: datetime, kind: str = "p256") -> dict[str, Holder]:
    """A key with its X.509 certificate for each authority."""
    return {
        name: issue(
            name,
            ROOTS[name],
            key=key_of(kind, start.year + place),
            purposes=TIMESTAMPS,
            start=start,
            end=end,
        )
        for place, name in enumerate(NAMES)
    }


FIRST = keys(day(2026, 1), day(2028, 6))
SECOND = keys(day(2028, 1), day(2040, 6))
THIRD = keys(day(2033, 1), day(2045, 6), "ed25519")
FOURTH = keys(day(2043, 1), day(2055, 6), "ed25519")


def lease(*algorithms: Algorithm) -> FileFact:
    digests = {one: hashlib.new(one.value, LEASE).digest() for one in algorithms}
    return FileFact(b"lease.txt", Fingerprint(digests, len(LEASE)), "text/plain")


class Story:
    """A ledger whose authorities and clock go through the years."""

    def __init__(self, folder: Path, *algorithms: Algorithm) -> None:
        self.bench = Workbench(folder)
        self.bench.authorities = [
            FakeAuthority(name, self.bench.clock, root=ROOTS[name]) for name in NAMES
        ]
        self.rotate(FIRST)
        self.bench.ledger = self.bench.reopened()
        digests = algorithms or (Algorithm.SHA256, Algorithm.SHA512)
        self.index = self.bench.deposit([lease(*digests)])
        self.bench.ledger.seal()

    def rotate(self, holders: dict[str, Holder]) -> None:
        for one in self.bench.authorities:
            one.rotate(holders[one.name])

    def at(self, moment: datetime, holders: dict[str, Holder]) -> None:
        """Time goes on to a moment at which the authorities have these keys."""
        self.bench.clock.moment = moment
        self.rotate(holders)

    def renew(self, moment: datetime, holders: dict[str, Holder], digest: str | None = None) -> int:
        """How many timestamps were renewed."""
        self.at(moment, holders)
        wish = Wish(digest=digest) if digest else Wish(moment + YEAR)
        return self.bench.renewer().renew(wish).strands

    def judged(self, moment: datetime = END, ends: str = SHA256_ENDS) -> Report:
        """The check of the certificate as it is issued then, with the file."""
        self.bench.clock.moment = moment
        data = written(self.bench.issue(self.index))
        policy = self.bench.policy(algorithms=ends, digests=SHA512_ASKED)
        return self.bench.check(data, [presented("lease.txt", LEASE)], policy)


def test_ten_years(tmp_path: Path) -> None:
    story = Story(tmp_path)
    fresh = story.judged(day(2027, 1))
    assert fresh.verdict is Verdict.PASSED
    assert fresh.facts["weakens_on"] == "2028-06-15T12:00:00Z"
    assert story.renew(day(2028, 3), SECOND) == 2
    renewed = story.judged(day(2030, 1))
    assert renewed.verdict is Verdict.PASSED
    assert renewed.facts["weakens_on"] == "2034-12-31T23:59:59Z"
    assert story.renew(day(2034, 6), THIRD, "sha512") == 2
    report = story.judged()
    assert report.verdict is Verdict.PASSED
    assert report.facts["not_later_than"] == fresh.facts["not_later_than"]
    assert report.facts["weakens_on"] == "2045-06-15T12:00:00Z"
    assert story.bench.audit().verdict is Verdict.PASSED


def test_it_goes_on_under_the_new_digest(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.renew(day(2028, 3), SECOND)
    story.renew(day(2034, 6), THIRD, "sha512")
    assert story.renew(day(2045, 1), FOURTH) == 2
    report = story.judged(day(2050, 1))
    assert report.verdict is Verdict.PASSED
    assert report.facts["weakens_on"] == "2055-06-15T12:00:00Z"
    assert story.bench.audit().verdict is Verdict.PASSED


def test_the_hash_tree_is_renewed_with_sha3_as_well(tmp_path: Path) -> None:
    story = Story(tmp_path, Algorithm.SHA256, Algorithm.SHA512, Algorithm.SHA3_256)
    story.renew(day(2028, 3), SECOND)
    assert story.renew(day(2034, 6), THIRD, "sha3_256") == 2
    assert story.judged().verdict is Verdict.PASSED


def nothing(_: Story) -> None:
    """Nobody renews anything."""


def no_tree(story: Story) -> None:
    story.renew(day(2028, 3), SECOND)
    story.renew(day(2034, 6), THIRD)


def no_timestamps(story: Story) -> None:
    story.renew(day(2034, 6), THIRD, "sha512")


def late_timestamps(story: Story) -> None:
    story.renew(day(2028, 9), SECOND)
    story.renew(day(2034, 6), THIRD, "sha512")


def late_tree(story: Story) -> None:
    story.renew(day(2028, 3), SECOND)
    story.renew(day(2035, 3), THIRD, "sha512")


def tree_signed_over_sha256(story: Story) -> None:
    """The tree is by SHA-512; the authorities' signatures are by SHA-256 still."""
    story.renew(day(2028, 3), SECOND)
    story.renew(day(2034, 6), SECOND, "sha512")


@pytest.mark.parametrize(
    ("years", "reason"),
    [
        (nothing, "timestamp.certificate-expired"),
        (no_tree, "algorithm.ended"),
        (no_timestamps, "timestamp.certificate-expired"),
        (late_timestamps, "timestamp.certificate-expired"),
        (late_tree, "algorithm.ended"),
        (tree_signed_over_sha256, "algorithm.ended"),
    ],
)
def test_a_renewal_left_out_or_late(
    tmp_path: Path, years: Callable[[Story], None], reason: str
) -> None:
    story = Story(tmp_path)
    years(story)
    report = story.judged()
    assert report.verdict is Verdict.INDETERMINATE
    assert found(report, "9.1") == (Verdict.INDETERMINATE, reason)


def test_what_is_lost_is_not_renewed(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.at(day(2028, 9), SECOND)
    result = story.bench.renewer().renew(Wish(day(2029, 9)))
    assert result.strands == 0
    assert [why for _, why in result.left] == [Left.LOST, Left.LOST]
    lost = [one for one in story.bench.renewer().standings() if one.lost]
    assert [one.error.reason for one in lost if one.error] == ["timestamp.certificate-expired"] * 2


def test_a_file_without_the_new_digest_leans_on_sha256_for_ever(tmp_path: Path) -> None:
    story = Story(tmp_path, Algorithm.SHA256)
    story.renew(day(2028, 3), SECOND)
    story.at(day(2034, 6), THIRD)
    result = story.bench.renewer().renew(Wish(digest="sha512"))
    assert (result.strands, result.without) == (2, 2)
    data = written(story.bench.issue(story.index))
    policy = story.bench.policy(algorithms=SHA256_ENDS, digests="")
    report = story.bench.check(data, [presented("lease.txt", LEASE)], policy, END)
    assert found(report, "9.1") == (Verdict.PASSED, None)
    assert found(report, "11") == (Verdict.INDETERMINATE, "algorithm.ended")


def test_an_old_certificate_is_not_helped_by_renewals_that_it_lacks(tmp_path: Path) -> None:
    story = Story(tmp_path)
    old = written(story.bench.issue(story.index))
    story.renew(day(2028, 3), SECOND)
    policy = story.bench.policy(algorithms=SHA256_ENDS, digests=SHA512_ASKED)
    report = story.bench.check(old, policy=policy, at=day(2030, 1))
    assert found(report, "9.1") == (Verdict.INDETERMINATE, "timestamp.certificate-expired")
    assert story.judged(day(2030, 1)).verdict is Verdict.PASSED
