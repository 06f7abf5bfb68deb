"""Timestamps and evidence records, parsed and judged."""

from __future__ import annotations

import hashlib

from evidence_ledger.core import evidence_record
from evidence_ledger.core.record_coverage import RecordedObject, digests_needed
from evidence_ledger.core.record_verification import RecordTrust, verify_record
from evidence_ledger.core.report import Report
from evidence_ledger.core.timestamp_token import parse_response, parse_token, read_token
from evidence_ledger.core.timestamp_verification import verify_timestamp
from tests import record_factory as records
from tests import token_factory as tokens
from tests.asked import asked
from tests.fuzz.target import Reports, Target, each, read_corpus
from tests.x509_factory import NOW

MOMENT = records.day(2036)
DIGESTS = {"sha256": hashlib.sha256(tokens.DATA).digest()}
TOKENS = (
    tokens.response(),
    tokens.token(),
    tokens.token(tokens.RIGHT.but(by_key_identifier=True, nonce=None)),
    tokens.token(tokens.RIGHT.but(binding=tokens.binding_v1)),
)


def _timestamp(data: bytes) -> Report:
    return verify_timestamp(data, *asked(DIGESTS, roots=(tokens.ROOT.der,), at=NOW))


def _record(data: bytes) -> Report:
    objects = [RecordedObject("the object", data=records.DATA)]
    return verify_record(data, objects, RecordTrust((records.ROOT.der,), MOMENT))


def _own_records() -> tuple[bytes, ...]:
    first = records.initial()
    second = records.renewed(first, records.day(2028, 9))
    third = records.renewed(second, records.day(2033, 9), records.C)
    (rebuilt,) = records.rebuilt([second], [records.DATA], records.day(2033, 9), records.C)
    return (first, second, third, rebuilt)


def timestamp_target() -> Target:
    """RFC 3161 responses and bare tokens."""
    reports = Reports(_timestamp, "checked_at")
    seeds = reports.learn((*TOKENS, *read_corpus("rfc3161/*/*.tsr", "rfc3161/*.tst")))

    def judge(data: bytes) -> None:
        each(lambda: parse_response(data), lambda: parse_token(data), lambda: read_token(data))
        reports.judge(data)

    return Target("timestamp", judge, seeds)


def record_target() -> Target:
    """RFC 4998 evidence records."""
    reports = Reports(_record, "checked_at")
    foreign = read_corpus("rfc4998/*.er", "rfc4998/*.ers")
    seeds = reports.learn((*_own_records(), *foreign))

    def judge(data: bytes) -> None:
        each(lambda: digests_needed(evidence_record.parse(data)))
        reports.judge(data)

    return Target("record", judge, seeds)


def targets() -> tuple[Target, ...]:
    """All of this file."""
    return timestamp_target(), record_target()
