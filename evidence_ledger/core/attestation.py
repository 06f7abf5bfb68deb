"""What a notary says of a certificate that it checked: the claims of an attestation (pure).

attestation/verdict       PASSED or INDETERMINATE
attestation/steps         the steps of the check, by number: {"name": …, "verdict": …, "reason": …}
attestation/certificate   the file that was checked: {"sha256": …, "size": …}
attestation/policy        the trust policy that it was checked under: {"name": …, "sha256": …}
attestation/files         the files compared with it: {"paths": ["file/0"], "presented": 1}
attestation/note          whatever else the notary says
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from evidence_ledger.core.canonical import Json
from evidence_ledger.core.claim import Claim
from evidence_ledger.core.digest import Fingerprint
from evidence_ledger.core.report import Report, Step

CERTIFICATE: Final = "attestation/certificate"
MOST_PATHS: Final = 1000
"""Paths of files in the claim; of more, only how many were compared is said."""


def attestation_fields(
    report: Report, certificate: Fingerprint, policy: str, policy_sha256: bytes, presented: int
) -> list[tuple[str, Json]]:
    """The claims about a check and its report; ``policy`` is the trust policy's name."""
    steps: dict[str, Json] = {
        one.number: _step(one) for one in report.steps if "." not in one.number
    }
    return [
        ("attestation/verdict", str(report.verdict)),
        ("attestation/steps", steps),
        (CERTIFICATE, {"sha256": certificate.sha256.hex(), "size": certificate.size}),
        ("attestation/policy", {"name": policy, "sha256": policy_sha256.hex()}),
        ("attestation/files", _files(report, presented)),
    ]


def _step(one: Step) -> dict[str, Json]:
    said: dict[str, Json] = {"name": one.name, "verdict": str(one.verdict)}
    return said | ({"reason": one.reason} if one.reason else {})


def _files(report: Report, presented: int) -> dict[str, Json]:
    listed = report.facts.get("files")
    held = listed if isinstance(listed, list) else []
    paths: list[Json] = [one["path"] for one in held if one["presented"]]
    told: dict[str, Json] = {"presented": presented}
    return told | ({"paths": paths} if len(paths) <= MOST_PATHS else {})


def attested_certificate(claims: Iterable[tuple[int, Claim]]) -> bytes | None:
    """The SHA-256 of the certificate that was attested, where the claim is shown and says it."""
    for _, one in claims:
        if one.path == CERTIFICATE and isinstance(one.value, dict):
            text = one.value.get("sha256")
            if isinstance(text, str) and len(text) == 64:
                try:
                    return bytes.fromhex(text)
                except ValueError:
                    return None
    return None
