"""Any bytes at all, and damaged certificates: nothing passes, and nothing breaks the check."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import der_writer, evidence_record, trust_policy
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.certificate_writer import covered_object
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.report import Report
from evidence_ledger.core.verification import verify_certificate
from tests.fakes import NOON
from tests.token_factory import RIGHT, token
from tests.verification.subject import BESIDE, FAILED, PASSED, Subject
from tests.workbench import written


def check_never_raises(data: bytes, policy: str) -> Report:
    report = verify_certificate(io.BytesIO(data), BESIDE, trust_policy.parse(policy), NOON)
    assert report.steps
    return report


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_a_report(data: bytes) -> None:
    assert check_never_raises(data, "v = 1").verdict is FAILED


PARTS: Mapping[str, Callable[[Certificate, bytes], Certificate]] = {
    "statement": lambda parts, data: replace(parts, statement=data),
    "signature": lambda parts, data: replace(parts, signature=data),
    "entry": lambda parts, data: replace(parts, entry=data),
    "proof": lambda parts, data: replace(parts, proof=data),
    "checkpoint": lambda parts, data: replace(parts, checkpoint=data),
    "vkeys": lambda parts, data: replace(parts, vkeys=data),
    "claim": lambda parts, data: replace(
        parts, claims=(replace(parts.claims[0], data=data.replace(b"\n", b" ")), *parts.claims[1:])
    ),
    "record": lambda parts, data: replace(
        parts, records=(replace(parts.records[0], record=data), *parts.records[1:])
    ),
}
READ: Mapping[str, Callable[[Certificate], bytes]] = {
    "statement": lambda parts: parts.statement,
    "signature": lambda parts: parts.signature,
    "entry": lambda parts: parts.entry,
    "proof": lambda parts: parts.proof,
    "checkpoint": lambda parts: parts.checkpoint,
    "vkeys": lambda parts: parts.vkeys,
    "claim": lambda parts: parts.claims[0].data,
    "record": lambda parts: parts.records[0].record,
}


@pytest.mark.parametrize("member", sorted(PARTS))
@given(data=st.data())
def test_a_mutated_member_never_passes_and_never_breaks_the_check(
    subject: Subject, member: str, data: st.DataObject
) -> None:
    before = READ[member](subject.parts)
    start = data.draw(st.integers(0, len(before)))
    cut = data.draw(st.integers(0, 8))
    after = before[:start] + data.draw(st.binary(max_size=8)) + before[start + cut :]
    report = check_never_raises(
        written(PARTS[member](subject.parts, after)), subject.bench.policy()
    )
    assert after == before or member == "vkeys" or report.verdict is not PASSED


@given(data=st.data())
def test_a_mutated_container_never_gives_other_facts(subject: Subject, data: st.DataObject) -> None:
    changed = bytearray(subject.data)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    report = check_never_raises(bytes(changed), subject.bench.policy())
    if report.verdict is PASSED:
        usual = subject.bench.check(subject.data, BESIDE)
        assert report.facts == usual.facts


def test_a_token_of_an_absurd_accuracy_is_refused_and_breaks_nothing(subject: Subject) -> None:
    """Its seconds are more than a calendar holds."""
    for seconds in (2**39 - 1, 24 * 3600 + 1):
        one = token(RIGHT.but(accuracy=der_writer.sequence(der_writer.integer(seconds))))
        leaves = [bytes(32), bytes([1]) * 32]
        record = evidence_record.initial_record(RecordTree(leaves).plain_path(0), one)
        covered = covered_object("checkpoint", subject.parts.checkpoint)
        odd = replace(subject.parts.records[0], covered=covered, record=record)
        report = subject.check(replace(subject.parts, records=(odd, *subject.parts.records)))
        assert report.verdict is FAILED
