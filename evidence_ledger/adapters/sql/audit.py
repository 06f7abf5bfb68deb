"""The audit of a stored chain, in one process or several."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path

from evidence_ledger.adapters.clock import SystemEntropy
from evidence_ledger.adapters.database import Database, database_of
from evidence_ledger.adapters.shared_work import Each, shared_with
from evidence_ledger.adapters.sql.audit_reader import (
    ALL_DIGESTS,
    DIGEST_RANGES,
    AuditReader,
    Bounds,
    DigestRange,
)
from evidence_ledger.adapters.sql.opening import open_engine
from evidence_ledger.adapters.sql.prepared import Row
from evidence_ledger.core import fingerprint_sum
from evidence_ledger.core.chain_audit import ChainFindings, Span, SpanCheck, join
from evidence_ledger.core.claim_audit import ClaimFindings, check_claims, worst_error
from evidence_ledger.core.claim_form import holds
from evidence_ledger.core.edge import WIDTH
from evidence_ledger.core.fingerprint_sum import KEY_SIZE, FingerprintSum
from evidence_ledger.core.signature_audit import NewSignaturesCheck
from evidence_ledger.core.statement_form import plain_statements
from evidence_ledger.errors import EvidenceError, FormatError, Refused

# Entries handed over at once: enough to be worth it, few enough to be shared out evenly.
SPAN = 256 * WIDTH
SIGNED_SPAN = 64 * WIDTH
# Another process takes half a second to start: it must have this much to do.
SPANS_A_PROCESS = 2


def audit_chain(
    where: Database | Path,
    *,
    origin: str | None = None,
    processes: int = 1,
    signatures: bool = True,
    check: NewSignaturesCheck | None = None,
    claims: bool = False,
    advance: Callable[[int], object] = lambda _: None,
) -> ChainFindings:
    """Recompute every entry, document and tile of the ledger in a database from stored bytes.

    With ``origin``, the ledger's, every statement must be for it and of its entry's kind.
    Without ``signatures`` these are not read at all. ``check`` makes what takes every batch of
    sound entries, and the worst that it finds is in ``ChainFindings.unsound``; only a class of a
    module is used in other processes. With ``claims`` these are compared with the statements'
    roots, and the index with them; without, neither is read. ``processes`` counts this one, which
    takes its share.
    ``advance`` is told how many more entries are done.
    Raises Refused for the first entry that is wrong, and LedgerError where the database can't be
    read.
    """
    database = database_of(where)
    engine = open_engine(database, read_only=True)
    key = SystemEntropy().take(KEY_SIZE) if claims else None
    try:
        reader = AuditReader(engine, database.place)
        bounds = reader.bounds()
        _check_reach(bounds)
        work = _Work(database, origin, signatures, check, key)
        ranges = _ranges(bounds.head.size, SPAN if check is None else SIGNED_SPAN)
        checked = []
        with shared_with(_others(ranges, processes if _can_travel(check) else 1)) as each:
            for one in each(work, ranges):
                checked.append(one)
                advance(one.span.stop - one.span.start)
            index = _index(each, database, bounds.head.size, key)
        findings = join([one.span for one in checked], bounds.head, reader.tiles)
        _check_bounds(bounds)
        found = sum((one.claims for one in checked), ClaimFindings())
        lost = claims and (index is None or index != found.index)
        if lost:
            _check_fingerprints(reader)
        return replace(
            findings,
            unsound=worst_error(one.unsound for one in checked),
            claims=found,
            lost=lost,
        )
    finally:
        engine.dispose()


def _can_travel(check: NewSignaturesCheck | None) -> bool:
    """True where ``check`` can be told to another process by its name, and keeps nothing here."""
    return check is None or (isinstance(check, type) and check.__qualname__ == check.__name__)


@dataclass(frozen=True, slots=True)
class _Checked:
    """A span, the worst that was said of a signature in it, and what was found of claims."""

    span: Span
    unsound: EvidenceError | None
    claims: ClaimFindings


@dataclass(frozen=True, slots=True)
class _Work:
    """What each process is told once."""

    database: Database
    origin: str | None
    signatures: bool
    check: NewSignaturesCheck | None
    key: bytes | None

    def __call__(self, bounds: tuple[int, int]) -> _Checked:
        """Check the entries between two numbers; the first is a multiple of 256."""
        engine = open_engine(self.database, read_only=True)
        try:
            with _without_collection():
                return self._check(AuditReader(engine, self.database.place), *bounds)
        finally:
            engine.dispose()

    def _check(self, reader: AuditReader, start: int, stop: int) -> _Checked:
        span = SpanCheck(start, signatures=self.signatures, origin=self.origin)
        tiles = reader.tiles(0, start // WIDTH, stop // WIDTH)
        signed = None if self.check is None else self.check()
        claims = ClaimFindings()
        for rows in reader.entries(start, stop, signatures=self.signatures):
            if not rows or (signed is None and self.key is None):
                span.take(rows, tiles)
                continue
            plain = plain_statements([row[4] for row in rows])
            span.take(rows, tiles, plain)
            if self.key is not None:
                stored = reader.claims(rows[0][0], rows[-1][0] + 1)
                statements = [(row[0], row[4]) for row in rows]
                claims += check_claims(statements, plain, stored, self.key)
            if signed is not None:
                signed.take(rows, plain)
        return _Checked(span.finish(), signed.finish() if signed else None, claims)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Rows hold no cycles: to look for some among millions took a fiftieth of the audit's time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _ranges(size: int, width: int) -> list[tuple[int, int]]:
    return [(start, min(start + width, size)) for start in range(0, size, width)]


def _others(ranges: Sequence[object], processes: int) -> int:
    """How many more processes have enough to do."""
    return min(processes, len(ranges) // SPANS_A_PROCESS) - 1


@dataclass(frozen=True, slots=True)
class _IndexSum:
    """Adds up what the index finds of the first ``size`` entries."""

    database: Database
    size: int
    key: bytes

    def __call__(self, part: DigestRange) -> int | None:
        """The sum over the digests of a range; None where a row is none."""
        engine, found = open_engine(self.database, read_only=True), FingerprintSum(self.key)
        try:
            with _without_collection():
                for rows in AuditReader(engine, self.database.place).index(part):
                    found.add(self._own(rows))
            return found.total
        except (AttributeError, TypeError, ValueError, OverflowError):
            return None
        finally:
            engine.dispose()

    def _own(self, rows: list[Row]) -> list[Row]:
        # Others may append while this is read.
        are_own = not rows or max(map(itemgetter(2), rows)) < self.size
        return rows if are_own else [row for row in rows if row[2] < self.size]


def _index(each: Each, database: Database, size: int, key: bytes | None) -> int | None:
    """The sum over the whole index; None where it is not asked for, or can't be had."""
    if key is None:
        return None
    parts = (ALL_DIGESTS,) if each is map else DIGEST_RANGES
    sums = list(each(_IndexSum(database, size, key), parts))
    known = [one for one in sums if one is not None]
    return sum(known) % fingerprint_sum.MODULUS if len(known) == len(sums) else None


def _check_reach(bounds: Bounds) -> None:
    """Before any work: a head beyond all entries would make it endless."""
    if bounds.head.size > bounds.reach:
        raise Refused(
            "audit.head-beyond",
            f"The ledger's head counts {bounds.head.size} entries; there are none "
            f"from {bounds.reach} on.",
            where="head",
        )


def _check_bounds(bounds: Bounds) -> None:
    if bounds.strays:
        raise Refused(
            "audit.stray-row",
            f"The database has rows that belong to no entry, in: {', '.join(bounds.strays)}.",
        )
    if bounds.repeated:
        raise Refused("audit.repeated", "The same statement is stored in two entries.")
    expected, row = 0, bounds.head.size // WIDTH
    while row:
        expected += row
        row //= WIDTH
    if bounds.tiles != expected:
        raise Refused(
            "audit.tile-count", f"The database has {bounds.tiles} tiles instead of {expected}."
        )


def _check_fingerprints(reader: AuditReader) -> None:
    """Everything that can be found is in the claim to which it leads. Raises Refused."""
    for digest, algorithm, entry, position, claim in reader.fingerprints():
        if not _is_in(digest, algorithm, claim):
            raise Refused(
                "audit.false-fingerprint",
                "The index leads from a fingerprint to a claim that does not hold it.",
                where=f"entry {entry}, claim {position}",
            )


def _is_in(digest: object, algorithm: object, claim: object) -> bool:
    if not (isinstance(digest, bytes) and isinstance(algorithm, str) and isinstance(claim, bytes)):
        return False
    try:
        return holds(claim, algorithm, digest)
    except FormatError:
        return False
