"""What a notary says of a certificate that it checked: the claims of an attestation (pure).

attestation/verdict       PASSED or INDETERMINATE
attestation/steps         the steps of the check, by number: {"name": …, "verdict": …, "reason": …}
attestation/certificate   the file that was checked: {"sha256": …, "size": …}
attestation/policy        the trust policy that it was checked under: {"name": …, "sha256": …}
attestation/files         the files compared with it: {"paths": ["file/0"], "presented": 1}
attestation/note          whatever else the notary says
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from evidence_ledger.core.canonical import Json
from evidence_ledger.core.claim import Claim
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.report import Report, Step
from evidence_ledger.core.statement import Reference
from evidence_ledger.errors import Undecided

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


def check_attested(
    claims: Sequence[tuple[int, Claim]],
    refs: Sequence[Reference],
    presented: Sequence[PresentedFile],
) -> None:
    """All that is presented is the very file that was attested. Raises Undecided.

    A certificate may be written anew, with other claims or renewed times, so that other bytes prove
    nothing against it.
    """
    digest = attested_certificate(claims)
    if digest is None:
        raise Undecided(
            "attestation.not-shown",
            "Which certificate was attested is not shown.",
            hint="Ask for a certificate of the attestation that shows the claim " + CERTIFICATE,
        )
    for one in presented:
        if one.fingerprint.digests.get(Algorithm.SHA256) != digest:
            name = one.name.decode("utf-8", "backslashreplace")
            about = ", ".join(str(ref.index) for ref in refs)
            raise Undecided(
                "attestation.other-file",
                f"{name} is not the file that was attested, whose SHA-256 is {digest.hex()}.",
                hint=f"Another certificate of entry {about} is checked by itself; its entry hash "
                "must be the one that the attestation names.",
            )


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
