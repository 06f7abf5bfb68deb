"""The signatures of stored statements, a batch at a time (pure; rows come as stored)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

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
    for number, _, _, _, data, signature in _unknown(rows, plain):
        if data is None or signature is None:
            continue
        try:
            check_signature(data, signature)
        except EvidenceError as error:
            error.where = f"entry {number}"
            yield error


def _unknown(
    rows: Sequence[AuditRow], plain: Sequence[FoundStatement] | None
) -> Sequence[AuditRow]:
    """Those that are not right by a form that was checked in full, in order."""
    if plain is None:
        return rows
    alike: dict[tuple[bytes, int], list[AuditRow]] = {}
    left = []
    for row, (_, _, signer) in zip(rows, plain, strict=True):
        if row[5] is None:
            continue
        alike.setdefault((signer, len(row[5])), []).append(row)
    for (signer, size), group in alike.items():
        form = check_signature.form(signer, size)
        _, _, _, digests, contents, signatures = zip(*group, strict=True)
        if form is None or not form.accepts(signatures, contents, list(digests)):
            left += group
    return sorted(left, key=itemgetter(0))
