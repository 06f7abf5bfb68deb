"""Timestamps over files themselves through the years: renewed with the seals', shown, audited."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.core import evidence_record
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.record_coverage import RecordedObject
from evidence_ledger.core.record_verification import RecordTrust, check_record, verify_record
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.token_place import FilePlace
from evidence_ledger.renewing.plan import Left, Wish
from evidence_ledger.renewing.strand import strands
from tests.fence import take_down
from tests.renewing.ten_years import (
    END,
    FIRST,
    LEASE,
    ROOTS,
    SECOND,
    SHA256_ENDS,
    THIRD,
    Story,
    day,
)
from tests.workbench import found, presented, written

PASSED, INDETERMINATE, FAILED = Verdict.PASSED, Verdict.INDETERMINATE, Verdict.FAILED


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A deposit of one file, with timestamps of two authorities over the seal and over the file."""
    return directed(tmp_path)


def directed(folder: Path, *algorithms: Algorithm) -> Story:
    story = Story(folder, *algorithms)
    assert story.bench.ledger.stamp_files(story.index) == []
    return story


def renew_all(story: Story) -> None:
    """Timestamps in 2028, hash trees in 2034."""
    assert story.renew(day(2028, 3), SECOND) == 4
    assert story.renew(day(2034, 6), THIRD, "sha512") == 4


def test_ten_years_of_a_files_own_timestamp(story: Story) -> None:
    first = story.judged(day(2027, 1)).facts["direct_times"]
    renew_all(story)
    report = story.judged()
    assert report.verdict is PASSED
    assert found(report, "11.1") == found(report, "11.2") == (PASSED, None)
    assert times(report.facts["direct_times"]) == times(first)
    assert ends(report.facts["direct_times"]) == ["2045-06-15T12:00:00Z"] * 2
    assert story.bench.audit().verdict is PASSED


def times(facts: object) -> list[object]:
    assert isinstance(facts, list)
    return [one["time"] for one in facts]


def ends(facts: object) -> list[object]:
    assert isinstance(facts, list)
    return [one["weakens_on"] for one in facts]


def test_one_request_renews_seals_and_files(story: Story) -> None:
    asked = [one.asked for one in story.bench.authorities]
    story.renew(day(2028, 3), SECOND)
    assert [one.asked for one in story.bench.authorities] == [before + 1 for before in asked]
    assert {one.renewal for one in strands(story.bench.store)} == {0}


def test_the_record_alone_proves_the_file(story: Story) -> None:
    """With nothing of a ledger: the file, the record, the authority's root."""
    renew_all(story)
    story.bench.clock.moment = END
    roots = [root.der for root in ROOTS.values()]
    for one in story.bench.issue(story.index).file_tokens[0]:
        assert one.record is not None
        trust = RecordTrust(roots, END, ends={"sha256": day(2034, 12).date()})
        proved = check_record(one.record, [RecordedObject("lease", data=LEASE)], trust)
        assert proved.first.token == one.token
        assert proved.first.digest == hashlib.sha256(LEASE).digest()
        assert evidence_record.parse(one.record).first.lists is None
        other = [RecordedObject("lease", data=LEASE + b"!")]
        assert verify_record(one.record, other, trust).verdict is FAILED


def test_a_token_that_was_not_renewed_has_no_record(story: Story) -> None:
    assert [one.record for one in story.bench.issue(story.index).file_tokens[0]] == [None, None]


def test_files_that_are_due_are_listed(story: Story) -> None:
    places = [one.strand.place for one in story.bench.renewer().standings()]
    assert places[2:] == [FilePlace(story.index, 0, name) for name in ("Alpha", "Beta")]
    assert {f"{one.until:%Y-%m}" for one in story.bench.renewer().standings()} == {"2028-06"}


def test_only_seals_were_renewed(story: Story) -> None:
    """As in ledgers from before: the file's timestamps are renewed by the next renewal."""
    with closing(sqlite3.connect(story.bench.database)) as raw:
        kept = raw.execute("SELECT * FROM direct_tokens").fetchall()
        take_down(raw)
        raw.execute("DELETE FROM direct_tokens")
        raw.commit()
        story.at(day(2027, 3), FIRST)
        assert story.bench.renewer().renew(Wish()).strands == 2
        raw.executemany("INSERT INTO direct_tokens VALUES (?, ?, ?, ?, ?, ?)", kept)
        raw.commit()
    assert story.bench.audit().verdict is PASSED
    story.at(day(2028, 3), SECOND)
    assert story.bench.renewer().renew(Wish()).strands == 4
    assert story.bench.audit().verdict is PASSED
    assert story.judged(day(2030, 1)).verdict is PASSED


def test_a_file_without_the_new_digest_is_left_and_told(tmp_path: Path) -> None:
    story = directed(tmp_path, Algorithm.SHA256)
    story.renew(day(2028, 3), SECOND)
    story.at(day(2034, 6), THIRD)
    result = story.bench.renewer().renew(Wish(digest="sha512"))
    assert (result.strands, [why for _, why in result.left]) == (2, [Left.NO_DIGEST] * 2)
    assert story.bench.audit().verdict is PASSED
    assert story.renew(day(2035, 6), THIRD) == 0
    data = written(story.bench.issue(story.index))
    policy = story.bench.policy(algorithms=SHA256_ENDS, digests="")
    report = story.bench.check(data, [presented("lease.txt", LEASE)], policy, END)
    assert found(report, "11.1") == (INDETERMINATE, "algorithm.ended")


def test_a_renewal_left_out_is_undecided(story: Story) -> None:
    report = story.judged(day(2030, 1))
    assert found(report, "11.1") == (INDETERMINATE, "timestamp.certificate-expired")


# --- what is wrong with a record in a certificate


def spoiled(story: Story, parts: Certificate, record: bytes) -> Report:
    first, *rest = parts.file_tokens[0]
    tokens = {0: (replace(first, record=record), *rest)}
    return story.bench.check(written(replace(parts, file_tokens=tokens)))


def test_the_record_of_another_authority_is_refused(story: Story) -> None:
    story.renew(day(2028, 3), SECOND)
    parts = story.bench.issue(story.index)
    report = spoiled(story, parts, parts.file_tokens[0][1].record or b"")
    assert found(report, "11.1") == (FAILED, "direct.other-record")


def test_a_record_over_the_seal_is_refused(story: Story) -> None:
    story.renew(day(2028, 3), SECOND)
    parts = story.bench.issue(story.index)
    report = spoiled(story, parts, parts.file_records[0][0].record)
    assert found(report, "11.1") == (FAILED, "direct.other-record")


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x30\x00"])
def test_a_record_that_is_none_is_refused(story: Story, junk: bytes) -> None:
    report = spoiled(story, story.bench.issue(story.index), junk)
    assert found(report, "11.1")[0] is FAILED


def test_a_changed_renewal_is_refused(story: Story) -> None:
    story.renew(day(2028, 3), SECOND)
    parts = story.bench.issue(story.index)
    record = bytearray(parts.file_tokens[0][0].record or b"")
    record[-1] ^= 1
    assert found(spoiled(story, parts, bytes(record)), "11.1")[0] is FAILED


# --- erased and altered


def test_an_erased_one_hinders_nothing(story: Story) -> None:
    renew_all(story)
    with closing(sqlite3.connect(story.bench.database)) as raw:
        take_down(raw)
        raw.execute("DELETE FROM direct_tokens")
        raw.execute("DELETE FROM claims")
        raw.execute("DELETE FROM fingerprints")
        raw.commit()
    assert found(story.bench.audit(), "8") == (PASSED, None)
    story.at(day(2035, 6), THIRD)
    assert story.bench.renewer().renew(Wish()).strands == 2
    assert found(story.bench.audit(), "8") == (PASSED, None)


def test_one_that_is_gone_without_its_claim_is_noticed(story: Story) -> None:
    story.renew(day(2028, 3), SECOND)
    with closing(sqlite3.connect(story.bench.database)) as raw:
        take_down(raw)
        raw.execute("DELETE FROM direct_tokens")
        raw.commit()
    assert found(story.bench.audit(), "8") == (INDETERMINATE, "audit.direct-gone")


def test_what_stays_of_an_erased_one_does_not_tell_the_file(story: Story) -> None:
    renew_all(story)
    traces = {digest: hashlib.new(digest, LEASE).digest() for digest in ("sha256", "sha512")}
    with closing(sqlite3.connect(story.bench.database)) as raw:
        leaves = b"".join(one for (one,) in raw.execute("SELECT leaves FROM renewals"))
        rows = raw.execute("SELECT * FROM renewed_direct").fetchall()
    assert not any(one in leaves for one in traces.values())
    assert {tuple(map(type, row)) for row in rows} == {(int, int, int, str, int)}


DAMAGES = {
    "another leaf": "UPDATE renewed_direct SET leaf = leaf - 1 WHERE renewal = 0",
    "another leaf of a tree": "UPDATE renewed_direct SET leaf = leaf - 1 WHERE renewal = 1",
    "no such leaf": "UPDATE renewed_direct SET leaf = 99",
    "another authority": "UPDATE renewed_direct SET authority = 'Gamma' WHERE authority = 'Beta';"
    "UPDATE renewed_direct SET authority = 'Beta' WHERE authority = 'Alpha'",
    "no such entry": "UPDATE renewed_direct SET entry = 99",
    "a seal's entry": "UPDATE renewed_direct SET entry = 1",
    "no such file": "UPDATE renewed_direct SET file = -1",
    "all gone": "DELETE FROM renewed_direct WHERE renewal = 0",
}


@pytest.mark.parametrize("name", DAMAGES)
def test_the_audit_finds(story: Story, name: str) -> None:
    renew_all(story)
    with closing(sqlite3.connect(story.bench.database)) as raw:
        for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            raw.execute(f"DROP TRIGGER {trigger}")
        raw.executescript(DAMAGES[name])
    assert found(story.bench.audit(), "8") == (FAILED, "audit.renewal")


def test_the_database_refuses_changes(story: Story) -> None:
    renew_all(story)
    with closing(sqlite3.connect(story.bench.database)) as raw:
        for change in ("UPDATE renewed_direct SET leaf = 0", "DELETE FROM renewed_direct"):
            with pytest.raises(sqlite3.IntegrityError, match="written once"):
                raw.execute(change)
