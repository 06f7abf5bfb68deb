"""Stored claims against the statements that were signed (pure; rows come as stored)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from evidence_ledger.core import admission, claim_form, merkle
from evidence_ledger.core.report import Verdict, verdict_of
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.statement_form import claims_of
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided

# Entry, position, claim; as stored: in a damaged database any of them may be of any type.
ClaimRow = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ClaimFindings:
    """Claims under their statements' roots.

    ``digests`` are those by which their files must be found; ``elsewhere`` counts the entries whose
    claims are not stored. ``unsound`` is the worst that was found, and the first among equals.
    """

    claims: int = 0
    digests: int = 0
    elsewhere: int = 0
    unsound: EvidenceError | None = None

    def __add__(self, other: ClaimFindings) -> ClaimFindings:
        """Both; the other's entries come later."""
        return ClaimFindings(
            self.claims + other.claims,
            self.digests + other.digests,
            self.elsewhere + other.elsewhere,
            worst_error((self.unsound, other.unsound)),
        )


def worst_error(errors: Iterable[EvidenceError | None]) -> EvidenceError | None:
    """The first proof of a defect, else the first that can't be decided."""
    found = None
    for error in errors:
        is_proof = error is not None and verdict_of(error) is Verdict.FAILED
        if found is None or (is_proof and verdict_of(found) is not Verdict.FAILED):
            found = error
    return found


def check_claims(
    statements: Iterable[tuple[int, bytes | None]], rows: Iterable[ClaimRow]
) -> ClaimFindings:
    """Check the claims of entries in order; ``rows`` hold all that is stored of these entries.

    Where a statement is gone there is no root to compare with.
    """
    groups = groupby(rows, key=itemgetter(0))
    number, group = next(groups, _NONE)
    claims, digests, elsewhere = 0, 0, 0
    errors = []
    for index, statement in statements:
        own: Iterable[ClaimRow] = ()
        if number == index:
            own = group
        try:
            point = None if statement is None else claims_of(statement)
            count, found = _check_entry(point, own)
            claims, digests = claims + count, digests + found
            elsewhere += not count and point is not None and point.size > 0
        except (FormatError, Refused, Undecided) as error:
            error.where = f"entry {index}" + (f", {error.where}" if error.where else "")
            errors.append(error)
        if own:
            number, group = next(groups, _NONE)
    if number is not None:
        errors.append(Refused("audit.stray-claim", "A claim belongs to no entry."))
    return ClaimFindings(claims, digests, elsewhere, worst_error(errors))


_NONE: tuple[None, Iterator[ClaimRow]] = (None, iter(()))


def _check_entry(point: TreePoint | None, rows: Iterable[ClaimRow]) -> tuple[int, int]:
    """How many claims and digests an entry has."""
    leaves: list[bytes] = []
    others: list[bytes] = []
    digests = 0
    for place, (_, position, data) in enumerate(rows):
        if position != place or type(data) is not bytes:
            raise Refused("audit.claim-gone", f"Claim {place} is not there.")
        leaves.append(merkle.leaf_hash(data))
        file = None if others else claim_form.plain_file(data)
        if file is not None and int(file.number) == place:
            digests += file.digests
        else:
            others.append(data)
    if leaves and point is not None:
        _check_root(leaves, point)
    if others:
        digests += sum(1 for _ in admission.indexed(others, files=len(leaves) - len(others)))
    return len(leaves), digests


def _check_root(leaves: list[bytes], point: TreePoint) -> None:
    if TreePoint(len(leaves), merkle.root_hash(leaves)) != point:
        raise Refused(
            "audit.claims", "The stored claims were altered: they are not those that were signed."
        )
