"""The ten-year story told to its end, and told wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.report import Verdict
from evidence_ledger.renewing.plan import Left, Wish
from tests.renewing.ten_years import (
    END,
    FOURTH,
    LEASE,
    SECOND,
    SHA256_ENDS,
    SHA512_ASKED,
    THIRD,
    Story,
    day,
)
from tests.workbench import found, presented, written


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
