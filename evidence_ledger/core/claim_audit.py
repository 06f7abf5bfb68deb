"""Stored claims against the statements that were signed (pure; rows come as stored).

A batch of plain statements and claims is compared as a whole. Only where that does not come out
right is each entry taken by itself, to read what is not plain, or to name the one that is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any

from evidence_ledger.core import admission, claim_form, fingerprint_sum, merkle, statement_form
from evidence_ledger.core.fingerprint_sum import Indexed
from evidence_ledger.core.report import Verdict, verdict_of
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.statement_form import FoundStatement
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided

# Entry, position, claim; as stored: in a damaged database any of them may be of any type.
ClaimRow = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ClaimFindings:
    """Claims under their statements' roots.

    ``index`` is the sum over the digests by which their files must be found; ``elsewhere`` counts
    the entries whose claims are not stored. ``unsound`` is the worst that was found, and the first
    among equals.
    """

    claims: int = 0
    index: int = 0
    elsewhere: int = 0
    unsound: EvidenceError | None = None

    def __add__(self, other: ClaimFindings) -> ClaimFindings:
        """Both; the other's entries come later."""
        return ClaimFindings(
            self.claims + other.claims,
            (self.index + other.index) % fingerprint_sum.MODULUS,
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
    statements: Sequence[tuple[int, bytes | None]],
    plain: Sequence[FoundStatement] | None,
    rows: Iterable[ClaimRow],
    key: bytes,
) -> ClaimFindings:
    """Check the claims of entries in order; ``rows`` hold all that is stored of these entries.

    ``plain`` is what ``plain_statements`` finds in the statements. Where one is gone there is no
    root to compare with. ``key`` is that of the sums.
    """
    stored = iter(rows)
    batch = list(islice(stored, _BATCH + 1))
    found = None
    if plain is not None and len(batch) <= _BATCH:
        found = _compare([index for index, _ in statements], plain, batch, key)
    return found or _take_apart(statements, chain(batch, stored), key)


def _compare(
    indexes: Sequence[int], points: Sequence[FoundStatement], rows: Sequence[ClaimRow], key: bytes
) -> ClaimFindings | None:
    numbers, positions, claims = zip(*rows, strict=True) if rows else ((), (), ())
    files = claim_form.plain_files(claims)
    if files is None:
        return None
    sha256 = hashlib.sha256
    leaves = [sha256(b"\x00" + data).digest() for data in claims]
    elsewhere: int | None = 0
    if not _are_single(indexes, points, numbers, positions, leaves):
        elsewhere = _elsewhere(indexes, points, numbers, positions, leaves)
    if elsewhere is None or [file[0] for file in files] != list(map(str, positions)):
        return None
    index = fingerprint_sum.total(key, _plain_indexed(numbers, positions, files))
    return ClaimFindings(len(claims), index, elsewhere)


def _are_single(
    indexes: Sequence[int],
    points: Sequence[FoundStatement],
    numbers: Sequence[int],
    positions: Sequence[int],
    leaves: Sequence[bytes],
) -> bool:
    """Whether each entry has one claim, which is there and is the one that was signed."""
    counts, roots, _ = zip(*points, strict=True) if points else ((), (), ())
    return (
        list(numbers) == indexes
        and set(counts) == {b"1"}
        and set(positions) == {0}
        and b"".join(leaves).hex() == b"".join(roots).decode("ascii")
    )


def _elsewhere(
    indexes: Sequence[int],
    points: Sequence[FoundStatement],
    numbers: Sequence[int],
    positions: Sequence[int],
    leaves: Sequence[bytes],
) -> int | None:
    """How many entries have no claims here that they should have; None where some are wrong."""
    at = elsewhere = 0
    for index, (count, root, _) in zip(indexes, points, strict=True):
        size = int(count)
        stop = at + size
        if tuple(numbers[at : at + 1]) != (index,):
            elsewhere += size > 0
            continue
        whole = (index,) * size, tuple(range(size)), root.decode("ascii")
        own = leaves[at] if size == 1 else merkle.root_hash(leaves[at:stop])
        if (numbers[at:stop], positions[at:stop], own.hex()) != whole:
            return None
        at = stop
    return elsewhere if at == len(numbers) else None


def _plain_indexed(
    numbers: Sequence[int], positions: Sequence[int], files: Sequence[claim_form.FoundFile]
) -> list[Indexed]:
    return [
        (number, position, algorithm, digest)
        for at, algorithm in enumerate(claim_form.DIGESTS, 2)
        for number, position, digest in zip(
            numbers, positions, [file[at] for file in files], strict=True
        )
        if digest
    ]


_BATCH = 2048


def _take_apart(
    statements: Iterable[tuple[int, bytes | None]], rows: Iterable[ClaimRow], key: bytes
) -> ClaimFindings:
    groups = groupby(rows, key=itemgetter(0))
    group = next(groups, None)
    total = ClaimFindings()
    for index, statement in statements:
        own: Iterable[ClaimRow] = ()
        if group is not None and group[0] == index:
            own = group[1]
        total += _findings(index, statement, own, key)
        if own:
            group = next(groups, None)
    if group is not None:
        stray = Refused("audit.stray-claim", "A claim belongs to no entry.")
        total += ClaimFindings(unsound=stray)
    return total


def _findings(
    index: int, statement: bytes | None, rows: Iterable[ClaimRow], key: bytes
) -> ClaimFindings:
    try:
        point = None if statement is None else statement_form.claims_of(statement)
        count, found = _check_entry(index, point, rows, key)
    except (FormatError, Refused, Undecided) as error:
        error.where = f"entry {index}" + (f", {error.where}" if error.where else "")
        return ClaimFindings(unsound=error)
    return ClaimFindings(count, found, int(not count and point is not None and point.size > 0))


def _check_entry(
    index: int, point: TreePoint | None, rows: Iterable[ClaimRow], key: bytes
) -> tuple[int, int]:
    """How many claims an entry has, and the sum over what its files are found by."""
    leaves: list[bytes] = []
    others: list[bytes] = []
    total = 0
    for place, (_, position, data) in enumerate(rows):
        if position != place or type(data) is not bytes:
            raise Refused("audit.claim-gone", f"Claim {place} is not there.")
        leaves.append(merkle.leaf_hash(data))
        file = None if others else claim_form.plain_file(data)
        if file is not None and int(file.number) == place:
            total += fingerprint_sum.total(
                key, [(index, place, name, digest) for name, digest in file.digests]
            )
        else:
            others.append(data)
    if leaves and point is not None:
        _check_root(leaves, point)
    files = len(leaves) - len(others)
    return len(leaves), total + fingerprint_sum.total(key, _indexed(index, others, files))


def _indexed(index: int, claims: Sequence[bytes], files: int) -> Iterator[Indexed]:
    for one in admission.indexed(claims, files=files):
        yield index, one.position, one.algorithm, one.digest.hex()


def _check_root(leaves: list[bytes], point: TreePoint) -> None:
    if TreePoint(len(leaves), merkle.root_hash(leaves)) != point:
        raise Refused(
            "audit.claims", "The stored claims were altered: they are not those that were signed."
        )
