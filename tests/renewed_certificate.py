"""Certificates with all of their evidence records renewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from evidence_ledger.core import evidence_record
from evidence_ledger.core.certificate import Certificate, FileRecord
from evidence_ledger.core.record_renewal import add_timestamp, timestamp_leaf
from evidence_ledger.core.report import Report
from tests.record_factory import ROOT, SHA256, A, stamp
from tests.workbench import Workbench, written
from tests.x509_factory import Holder

IN_TIME = datetime(2027, 6, 15, tzinfo=UTC)
LATE = datetime(2028, 7, 1, tzinfo=UTC)
AFTER = datetime(2028, 6, 20, tzinfo=UTC)
"""The authorities' X.509 certificates ended in November 2027."""
Renewal = Callable[[bytes], bytes]


def by(moment: datetime, signer: Holder = A, **knobs: object) -> Renewal:
    """A timestamp renewal. Records of one token share its renewal, as a ledger's do."""
    tokens: dict[bytes, bytes] = {}

    def renew(record: bytes) -> bytes:
        leaf = timestamp_leaf(evidence_record.parse(record))
        token = tokens.setdefault(leaf, stamp(leaf, moment, signer, SHA256, **knobs))
        return add_timestamp(record, token)

    return renew


def same(record: bytes) -> bytes:
    return record


def with_records(parts: Certificate, objects: Renewal, files: Renewal) -> Certificate:
    """The certificate with every record renewed."""
    return replace(
        parts,
        records=tuple(replace(one, record=objects(one.record)) for one in parts.records),
        file_records={
            number: tuple(FileRecord(one.authority, files(one.record)) for one in held)
            for number, held in parts.file_records.items()
        },
    )


def judged(bench: Workbench, parts: Certificate, at: datetime, **changes: str) -> Report:
    """The check under a policy that trusts the renewing authority too."""
    renewer = (
        '[[timestamp_authority]]\nname = "Renewer"\nindependent = true\n'
        f"roots = '''\n{ROOT.pem.decode()}'''\n"
    )
    policy = bench.policy(witnesses=renewer, **changes)
    return bench.check(written(parts), policy=policy, at=at)
