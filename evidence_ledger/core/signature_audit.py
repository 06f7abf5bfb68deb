"""The signatures of stored statements, a batch at a time (pure; rows come as stored)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evidence_ledger.core.claim_audit import worst_error
from evidence_ledger.core.entry_audit import AuditRow
from evidence_ledger.core.statement_form import FoundStatement
from evidence_ledger.core.statement_signature import check_signature
from evidence_ledger.errors import EvidenceError

SignaturesCheck = Callable[
    [Sequence[AuditRow], Sequence[FoundStatement] | None], EvidenceError | None
]
"""What ``check_signatures`` is."""


def check_signatures(
    rows: Sequence[AuditRow], plain: Sequence[FoundStatement] | None
) -> EvidenceError | None:
    """The worst that is said of the signatures that are not erased, with its entry's place.

    ``rows`` have passed ``entry_audit.check_batch``; ``plain`` is what ``plain_statements`` finds
    in their statements.
    """
    return worst_error(_errors(rows, plain))


def _errors(
    rows: Sequence[AuditRow], plain: Sequence[FoundStatement] | None
) -> Iterator[EvidenceError]:
    knows = check_signature.knows
    for at, (number, _, _, digest, data, signature) in enumerate(rows):
        if data is None or signature is None:
            continue
        if plain is not None and knows(plain[at][2], data, signature, digest):
            continue
        try:
            check_signature(data, signature)
        except EvidenceError as error:
            error.where = f"entry {number}"
            yield error
