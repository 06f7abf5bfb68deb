"""A token checked on both surfaces, and authorities that are wrong in one way."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from evidence_ledger.core.report import Verdict, verdict_of
from evidence_ledger.core.timestamp_verification import check_token, verify_timestamp
from evidence_ledger.errors import EvidenceError
from tests.asked import asked
from tests.token_factory import DATA, ROOT
from tests.x509_factory import NOW, TIMESTAMPS, Holder, issue

DIGESTS = {"sha256": hashlib.sha256(DATA).digest()}
LATER = NOW + timedelta(minutes=1)


def check(data: bytes, **changes: object) -> str:
    """The reason why a token is refused or undecided, or PASSED; both surfaces must agree."""
    arguments: dict[str, object] = {"roots": (ROOT.der,), "at": LATER, **changes}
    report = verify_timestamp(data, *asked(DIGESTS, **arguments))  # type: ignore[arg-type]  # by name
    verdict, reason, facts = _raised(data, arguments)
    assert report.verdict is verdict
    if verdict is Verdict.PASSED:
        assert report.facts == facts
    else:
        assert reason in {step.reason for step in report.steps}
    return reason


def _raised(data: bytes, arguments: dict[str, object]) -> tuple[Verdict, str, object]:
    try:
        found = check_token(data, *asked(DIGESTS, **arguments))  # type: ignore[arg-type]  # by name
    except EvidenceError as error:
        return verdict_of(error), error.reason, None
    return Verdict.PASSED, "PASSED", found.to_json()


def signer(**changes: object) -> Holder:
    """An authority that is wrong in one way."""
    return issue("Test authority", ROOT, **({"purposes": TIMESTAMPS} | changes))  # type: ignore[arg-type]  # the knobs are checked by name
