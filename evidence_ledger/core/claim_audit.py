"""Stored claims against the statements that were signed (pure; rows come as stored).

A batch of plain statements and claims is compared as a whole. Only where that does not come out
right is each entry taken by itself, to read what is not plain, or to name the one that is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, compress, groupby, islice
from operator import itemgetter
from typing import Any

from evidence_ledger.core import admission, claim_form, fingerprint_sum, merkle, statement_form
from evidence_ledger.core.fingerprint_sum import FingerprintSum, Indexed, column_total
from evidence_ledger.core.report import Verdict, verdict_of
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.statement_form import PlainStatements
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
    plain: PlainStatements | None,
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
        with suppress(TypeError, ValueError, OverflowError):
            found = _compare([index for index, _ in statements], plain, batch, key)
    return found or _take_apart(statements, chain(batch, stored), key)


def _compare(
    indexes: Sequence[int], plain: PlainStatements, rows: Sequence[ClaimRow], key: bytes
) -> ClaimFindings | None:
    numbers, positions, claims = zip(*rows, strict=True) if rows else ((), (), ())
    files = claim_form.plain_files(claims)
    if files is None:
        return None
    sha256 = hashlib.sha256
    leaves = [sha256(b"\x00" + data).digest() for data in claims]
    elsewhere: int | None = 0
    if not _are_single(indexes, plain, numbers, positions, leaves):
        elsewhere = _elsewhere(indexes, plain, numbers, positions, leaves)
    if elsewhere is None or files.numbers != tuple(map(str, positions)):
        return None
    return ClaimFindings(len(claims), _plain_total(key, numbers, positions, files), elsewhere)


def _are_single(
    indexes: Sequence[int],
    plain: PlainStatements,
    numbers: Sequence[int],
    positions: Sequence[int],
    leaves: Sequence[bytes],
) -> bool:
    """Whether each entry has one claim, which is there and is the one that was signed."""
    return (
        list(numbers) == indexes
        and {*plain.counts} == {b"1"}
        and {*positions} == {0}
        and b"".join(leaves).hex() == b"".join(plain.roots).decode("ascii")
    )


def _elsewhere(
    indexes: Sequence[int],
    plain: PlainStatements,
    numbers: Sequence[int],
    positions: Sequence[int],
    leaves: Sequence[bytes],
) -> int | None:
    """How many entries have no claims here that they should have; None where some are wrong."""
    at = elsewhere = 0
    for index, count, root in zip(indexes, plain.counts, plain.roots, strict=True):
        size = int(count)
        stop = at + size
        if tuple(numbers[at : at + 1]) != (index,):
            elsewhere += size > 0
            continue
        if stop > len(numbers):
            return None
        whole = (index,) * size, tuple(range(size)), root.decode("ascii")
        own = leaves[at] if size == 1 else merkle.root_hash(leaves[at:stop])
        if (numbers[at:stop], positions[at:stop], own.hex()) != whole:
            return None
        at = stop
    return elsewhere if at == len(numbers) else None


def _plain_total(
    key: bytes,
    numbers: Sequence[int],
    positions: Sequence[int],
    files: claim_form.PlainFiles,
) -> int:
    """The sum over all digests of plain files. Raises TypeError, ValueError, OverflowError."""
    total = 0
    for algorithm, digests in files.digests:
        of, at = list(compress(numbers, digests)), list(compress(positions, digests))
        total += column_total(key, algorithm, of, at, bytes.fromhex("".join(digests)))
    return total % fingerprint_sum.MODULUS


_BATCH = 2048


def _take_apart(
    statements: Iterable[tuple[int, bytes | None]], rows: Iterable[ClaimRow], key: bytes
) -> ClaimFindings:
    groups = groupby(rows, key=itemgetter(0))
    group = next(groups, None)
    total, index_sum = ClaimFindings(), FingerprintSum(key)
    for index, statement in statements:
        own: Iterable[ClaimRow] = ()
        if group is not None and group[0] == index:
            own = group[1]
        total += _findings(index, statement, own, index_sum)
        if own:
            group = next(groups, None)
    if group is not None:
        stray = Refused("audit.stray-claim", "A claim belongs to no entry.")
        total += ClaimFindings(unsound=stray)
    return total + ClaimFindings(index=index_sum.total)


def _findings(
    index: int, statement: bytes | None, rows: Iterable[ClaimRow], index_sum: FingerprintSum
) -> ClaimFindings:
    try:
        point = None if statement is None else statement_form.claims_of(statement)
        own = index_sum.empty()
        count = _check_entry(index, point, rows, own)
    except (FormatError, Refused, Undecided) as error:
        error.where = f"entry {index}" + (f", {error.where}" if error.where else "")
        return ClaimFindings(unsound=error)
    index_sum.include(own)
    return ClaimFindings(count, elsewhere=int(not count and point is not None and point.size > 0))


def _check_entry(
    index: int, point: TreePoint | None, rows: Iterable[ClaimRow], index_sum: FingerprintSum
) -> int:
    """How many claims an entry has; what its files are found by is added to the sum."""
    leaves: list[bytes] = []
    others: list[bytes] = []
    for place, (_, position, data) in enumerate(rows):
        if position != place or type(data) is not bytes:
            raise Refused("audit.claim-gone", f"Claim {place} is not there.")
        leaves.append(merkle.leaf_hash(data))
        file = None if others else claim_form.plain_file(data)
        if file is not None and int(file.number) == place:
            index_sum.add(
                [(bytes.fromhex(digest), name, index, place) for name, digest in file.digests]
            )
        else:
            others.append(data)
    if leaves and point is not None:
        _check_root(leaves, point)
    index_sum.add(_indexed(index, others, len(leaves) - len(others)))
    return len(leaves)


def _indexed(index: int, claims: Sequence[bytes], files: int) -> Iterator[Indexed]:
    for one in admission.indexed(claims, files=files):
        yield one.digest, one.algorithm, index, one.position


def _check_root(leaves: list[bytes], point: TreePoint) -> None:
    if TreePoint(len(leaves), merkle.root_hash(leaves)) != point:
        raise Refused(
            "audit.claims", "The stored claims were altered: they are not those that were signed."
        )
