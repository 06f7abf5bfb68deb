"""Claims as they are written on the command line: ``PATH=VALUE``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evidence_ledger.core.claim import checked_path
from evidence_ledger.errors import FormatError, UsageError
from evidence_ledger_cli.named_matter import CASE_NUMBER

if TYPE_CHECKING:
    from evidence_ledger.desk import Field


def claim_fields(cases: Sequence[str], claims: Sequence[str]) -> list[Field]:
    """The claims of ``--case`` and ``--claim``. Raises UsageError."""
    fields: list[Field] = [(CASE_NUMBER, case) for case in cases]
    for claim in claims:
        path, sign, value = claim.partition("=")
        if not sign or not value:
            raise _no_claim(claim)
        try:
            fields.append((checked_path(path), value))
        except FormatError as error:
            raise _no_claim(claim) from error
    return fields


def _no_claim(claim: str) -> UsageError:
    return UsageError(
        f"{claim[:80]!r} is no claim.", hint="Write it as --claim origin/source=email"
    )
