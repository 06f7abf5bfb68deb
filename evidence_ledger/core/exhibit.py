"""What is handed in to be judged, and which check it takes.

certificate                 the steps of core.verification
completeness certificate    it has a docket: those of core.completeness
evidence of misbehaviour    its first line says so: those of core.misbehaviour_verification

Whoever checks files asks here, so that all of them answer alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import BinaryIO

from evidence_ledger.core import misbehaviour
from evidence_ledger.core.completeness import is_complete_list
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.report import Report
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import UsageError


class Exhibit(StrEnum):
    """The kinds of files that are judged."""

    CERTIFICATE = "certificate"
    COMPLETENESS = "completeness certificate"
    MISBEHAVIOUR = "evidence of misbehaviour"

    @classmethod
    def of(cls, source: BinaryIO) -> Exhibit:
        """The kind of the file ``source`` (seekable), by its contents alone.

        What is of no kind, or damaged, is taken for a certificate: its check says what is wrong.
        """
        source.seek(0)
        if source.read(len(misbehaviour.PREFIX)) == misbehaviour.PREFIX:
            return cls.MISBEHAVIOUR
        return cls.COMPLETENESS if is_complete_list(source) else cls.CERTIFICATE

    def require_alone(self, *, beside: bool) -> None:
        """Raises UsageError where files are laid ``beside`` what is checked alone."""
        if self is Exhibit.MISBEHAVIOUR and beside:
            raise UsageError("Evidence against an operator is checked alone.")

    def require_policy(self, vkeys: Sequence[str]) -> None:
        """Raises UsageError where verifier keys are named for a check that takes none."""
        if self is not Exhibit.MISBEHAVIOUR and vkeys:
            raise UsageError(
                "A certificate is checked with a trust policy.",
                hint="A verifier key alone is for evidence against an operator.",
            )


def accusation_report(source: BinaryIO, policy: TrustPolicy | None, vkeys: Sequence[str]) -> Report:
    """The report on the evidence of misbehaviour in ``source`` (seekable).

    The ledger's keys are those that the policy names and ``vkeys``. What is larger than such a
    file can be is not read to its end. Raises FormatError for a verifier key that is none.
    """
    source.seek(0)
    data = source.read(misbehaviour.LARGEST + 1)
    witnesses = policy.witnesses if policy else ()
    return verify_misbehaviour(data, ledger_keys(policy, vkeys), witnesses)


def ledger_keys(policy: TrustPolicy | None, vkeys: Sequence[str]) -> list[VerifierKey]:
    """The keys of ledgers that are named in either way. Raises FormatError for what is none."""
    keys = [VerifierKey.parse(one) for one in vkeys]
    return keys + [key for log in (policy.logs if policy else ()) for key in log.keys]
