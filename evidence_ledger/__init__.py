"""An append-only, hash-chained ledger of file fingerprints that anyone can check.

The public interface. What is named here is loaded on first use, so that checking a certificate
loads no database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evidence_ledger.assembly import OpenLedger, create_ledger, open_depositor, open_ledger
    from evidence_ledger.core.completeness import verify_completeness
    from evidence_ledger.core.digest import Algorithm, Fingerprint
    from evidence_ledger.core.examined_certificate import PresentedCertificate
    from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
    from evidence_ledger.core.presented_file import PresentedFile
    from evidence_ledger.core.proof_verification import verify_proof
    from evidence_ledger.core.report import Report, Step, Verdict
    from evidence_ledger.core.time_trust import TimeTrust
    from evidence_ledger.core.timestamp_question import TimestampQuestion
    from evidence_ledger.core.timestamp_verification import verify_timestamp
    from evidence_ledger.core.trust_policy import TrustPolicy
    from evidence_ledger.core.verification import verify_certificate
    from evidence_ledger.desk import Desk, write_certificate, write_completeness
    from evidence_ledger.errors import EvidenceError

_HOMES = {
    "Algorithm": "core.digest",
    "Desk": "desk",
    "EvidenceError": "errors",
    "Fingerprint": "core.digest",
    "OpenLedger": "assembly",
    "PresentedCertificate": "core.examined_certificate",
    "PresentedFile": "core.presented_file",
    "Report": "core.report",
    "Step": "core.report",
    "TimeTrust": "core.time_trust",
    "TimestampQuestion": "core.timestamp_question",
    "TrustPolicy": "core.trust_policy",
    "Verdict": "core.report",
    "create_ledger": "assembly",
    "open_depositor": "assembly",
    "open_ledger": "assembly",
    "verify_certificate": "core.verification",
    "verify_completeness": "core.completeness",
    "verify_misbehaviour": "core.misbehaviour_verification",
    "verify_proof": "core.proof_verification",
    "verify_timestamp": "core.timestamp_verification",
    "write_certificate": "desk",
    "write_completeness": "desk",
}

__version__ = "0.1.0"
__all__ = [
    "Algorithm",
    "Desk",
    "EvidenceError",
    "Fingerprint",
    "OpenLedger",
    "PresentedCertificate",
    "PresentedFile",
    "Report",
    "Step",
    "TimeTrust",
    "TimestampQuestion",
    "TrustPolicy",
    "Verdict",
    "create_ledger",
    "open_depositor",
    "open_ledger",
    "verify_certificate",
    "verify_completeness",
    "verify_misbehaviour",
    "verify_proof",
    "verify_timestamp",
    "write_certificate",
    "write_completeness",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
