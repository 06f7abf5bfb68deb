"""What a timestamp is to answer: steps 2 to 4 of the recipe in ``timestamp_verification``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evidence_ledger.core.timestamp_token import TimestampInfo
from evidence_ledger.errors import Refused, Undecided


@dataclass(frozen=True, slots=True)
class TimestampQuestion:
    """The digests of the data by name (``sha256``), of which the token needs one; and, where they
    matter, the nonce of the request and the authority's policy, an OID.
    """

    digests: Mapping[str, bytes]
    nonce: int | None = None
    policy_oid: str | None = None

    def check_imprint(self, info: TimestampInfo) -> str:
        """The name of the digest's algorithm. Raises Refused, FormatError, Undecided."""
        algorithm = info.imprint.digest.name
        digest = self.digests.get(algorithm)
        if digest is None:
            raise Undecided(
                "timestamp.digest-missing",
                f"The token is over a {algorithm} digest, and none is given.",
                hint="Give the file itself, or its digest by that algorithm.",
            )
        if digest != info.imprint.value:
            raise Refused(
                "timestamp.imprint-mismatch",
                "The token is over another digest: the data was altered, or the token is not for "
                "it.",
            )
        return algorithm

    def check_nonce(self, info: TimestampInfo) -> None:
        """Raises Refused."""
        if info.nonce is None:
            raise Refused("timestamp.nonce-missing", "The token answers no nonce.")
        if info.nonce != self.nonce:
            raise Refused("timestamp.nonce-mismatch", "The token answers another request.")

    def check_policy(self, info: TimestampInfo) -> None:
        """Raises Refused."""
        if info.policy != self.policy_oid:
            raise Refused(
                "timestamp.policy-mismatch", f"The token was issued under the policy {info.policy}."
            )
