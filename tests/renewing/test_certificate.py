"""Certificates whose evidence records were renewed: in time, late, in part, or by somebody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import evidence_record
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.oid import LOCAL_POLICY
from evidence_ledger.core.report import Verdict
from tests.record_factory import SHA512, A, B, rebuilt, renewed
from tests.renewed_certificate import AFTER, IN_TIME, LATE, by, judged, same, with_records
from tests.workbench import Workbench, found, step


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A ledger with one sealed deposit."""
    bench = Workbench(tmp_path_factory.mktemp("ledger"))
    bench.deposit()
    bench.ledger.seal()
    return bench


def test_an_unrenewed_certificate_weakens_when_its_authorities_expire(bench: Workbench) -> None:
    report = judged(bench, bench.issue(0), IN_TIME)
    assert report.verdict is Verdict.PASSED
    assert report.facts["weakens_on"] == "2027-11-22T12:00:00Z"
    assert step(report, "9").says.endswith("This proof weakens on 2027-11-22 unless renewed.")
    late = judged(bench, bench.issue(0), AFTER)
    assert late.verdict is Verdict.INDETERMINATE
    assert found(late, "9.1") == (Verdict.INDETERMINATE, "timestamp.certificate-expired")
    assert late.facts["weakens_on"] is None


def test_a_renewed_certificate_passes_after_that(bench: Workbench) -> None:
    renew = by(IN_TIME)
    report = judged(bench, with_records(bench.issue(0), renew, renew), AFTER)
    assert report.verdict is Verdict.PASSED
    assert report.facts["weakens_on"] == "2029-06-01T12:00:00Z"
    before = judged(bench, bench.issue(0), IN_TIME)
    assert report.facts["not_later_than"] == before.facts["not_later_than"]


def test_a_certificate_that_was_renewed_late(bench: Workbench) -> None:
    renew = by(LATE, B)
    report = judged(bench, with_records(bench.issue(0), renew, renew), LATE)
    assert report.verdict is Verdict.INDETERMINATE
    assert found(report, "9.1") == (Verdict.INDETERMINATE, "record.renewed-late")


def test_records_over_files_may_lack_renewals(bench: Workbench) -> None:
    report = judged(bench, with_records(bench.issue(0), by(IN_TIME), same), AFTER)
    assert report.verdict is Verdict.PASSED


def test_records_of_which_one_was_not_renewed(bench: Workbench) -> None:
    parts = with_records(bench.issue(0), by(IN_TIME), same)
    parts = replace(parts, records=(bench.issue(0).records[0], *parts.records[1:]))
    assert judged(bench, parts, IN_TIME).verdict is Verdict.PASSED
    report = judged(bench, parts, AFTER)
    assert report.verdict is Verdict.INDETERMINATE
    assert found(report, "9.1") == (Verdict.INDETERMINATE, "timestamp.certificate-expired")


def test_a_file_record_of_its_own_renewal_is_judged(bench: Workbench) -> None:
    parts = with_records(bench.issue(0), by(IN_TIME), by(IN_TIME, serial=5))
    assert judged(bench, parts, AFTER).verdict is Verdict.PASSED
    late = with_records(bench.issue(0), by(IN_TIME), by(LATE, B))
    assert found(judged(bench, late, LATE), "11") == (
        Verdict.INDETERMINATE,
        "record.renewed-late",
    )


def test_a_renewal_on_the_ledgers_own_clock_is_not_independent(bench: Workbench) -> None:
    renew = by(IN_TIME, policy=LOCAL_POLICY)
    parts = with_records(bench.issue(0), renew, renew)
    assert judged(bench, parts, IN_TIME).verdict is Verdict.PASSED
    report = judged(bench, parts, AFTER)
    assert found(report, "9") == (Verdict.INDETERMINATE, "time.independent")


def test_a_renewal_of_another_token_is_proved(bench: Workbench) -> None:
    first, second, *_ = bench.issue(0).records[::3]
    stolen = evidence_record.parse(renewed(second.record, IN_TIME, A)).chains[0].stamps[1]

    def renew(record: bytes) -> bytes:
        honest = renewed(record, IN_TIME, A)
        own = evidence_record.parse(honest).chains[0].stamps[1]
        assert len(own.token) - len(stolen.token) in range(-4, 5)
        return _replaced(honest, own.raw, stolen.raw)

    records = (replace(first, record=renew(first.record)), *bench.issue(0).records[1:])
    report = judged(bench, replace(bench.issue(0), records=records), AFTER)
    assert found(report, "9") == (Verdict.FAILED, "record.renewal-not-covered")


def _replaced(record: bytes, old: bytes, new: bytes) -> bytes:
    parsed = evidence_record.parse(record)
    stamps = [one.raw if one.raw != old else new for one in parsed.chains[0].stamps]
    listed = w.sequence(*(w.sequence(w.oid(one.oid)) for one in parsed.digests))
    return w.sequence(w.integer(1), listed, w.sequence(w.sequence(*stamps)))


def rebuilt_objects(parts: Certificate) -> Certificate:
    """The certificate with a hash-tree renewal of all records over its objects."""
    members = {
        "checkpoint": parts.checkpoint,
        "statement.json": parts.statement,
        "statement.json.p7s": parts.signature,
    }
    objects = [members[one.covered.name] for one in parts.records]
    records = rebuilt([one.record for one in parts.records], objects, IN_TIME, A, SHA512)
    pairs = zip(parts.records, records, strict=True)
    return replace(parts, records=tuple(replace(one, record=record) for one, record in pairs))


def test_a_hash_tree_renewal_carries_the_objects_on(bench: Workbench) -> None:
    parts = rebuilt_objects(bench.issue(0))
    assert judged(bench, parts, AFTER).verdict is Verdict.PASSED
    swapped = (replace(parts.records[0], record=parts.records[1].record), *parts.records[1:])
    assert judged(bench, replace(parts, records=swapped), AFTER).verdict is Verdict.FAILED


def test_a_file_record_leans_on_its_digest(bench: Workbench) -> None:
    """The objects were renewed with SHA-512; the file's record stays with SHA-256, which ended."""
    parts = rebuilt_objects(bench.issue(0))
    report = judged(bench, parts, AFTER, algorithms="[algorithms]\nsha256 = 2028-01-01\n")
    assert found(report, "11") == (Verdict.INDETERMINATE, "algorithm.ended")
