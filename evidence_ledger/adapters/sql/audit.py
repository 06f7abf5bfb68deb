"""The audit of a stored chain, in one process or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from evidence_ledger.adapters.sql.audit_reader import AuditReader, Bounds
from evidence_ledger.adapters.sql.opening import open_engine
from evidence_ledger.core.chain_audit import ChainFindings, Span, SpanCheck, join
from evidence_ledger.core.edge import WIDTH
from evidence_ledger.core.entry_audit import AuditRow
from evidence_ledger.errors import EvidenceError, Refused

# One tile of level 1: enough work to be worth handing over, little enough to share out evenly.
SPAN = WIDTH * WIDTH

SignatureCheck = Callable[[bytes, bytes], object]


def audit_chain(
    path: Path,
    *,
    processes: int = 1,
    signatures: bool = True,
    check: SignatureCheck | None = None,
    advance: Callable[[int], object] = lambda _: None,
) -> ChainFindings:
    """Recompute every entry, document and tile of the ledger at ``path`` from stored bytes.

    Without ``signatures`` these are not read at all. ``check(statement, signature)`` is called for
    every signature that is not erased; with several processes it must be a function of a module.
    ``advance`` is told how many more entries are done.
    Raises Refused for the first entry that is wrong, what ``check`` raises with the entry's place,
    and LedgerError where the database can't be read.
    """
    engine = open_engine(path, read_only=True)
    try:
        reader = AuditReader(engine, str(path))
        bounds = reader.bounds()
        spans = []
        for span in _spans(bounds.head.size, processes, _Work(path, signatures, check)):
            spans.append(span)
            advance(span.stop - span.start)
        findings = join(spans, bounds.head, reader.tiles)
        _check_bounds(bounds)
        return findings
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class _Work:
    """What each process is told once."""

    path: Path
    signatures: bool
    check: SignatureCheck | None

    def __call__(self, bounds: tuple[int, int]) -> Span:
        """What the entries between two numbers establish; the first is a multiple of 256."""
        engine = open_engine(self.path, read_only=True)
        try:
            return self._check(AuditReader(engine, str(self.path)), *bounds)
        finally:
            engine.dispose()

    def _check(self, reader: AuditReader, start: int, stop: int) -> Span:
        span = SpanCheck(start, signatures=self.signatures)
        tiles = reader.tiles(0, start // WIDTH)
        for rows in reader.entries(start, stop, signatures=self.signatures):
            span.take(rows, tiles)
            if self.check is not None:
                _check_signatures(rows, self.check)
        return span.finish()


def _spans(size: int, processes: int, work: _Work) -> Iterator[Span]:
    ranges = [(start, min(start + SPAN, size)) for start in range(0, size, SPAN)]
    workers = min(processes, len(ranges))
    if workers < 2:
        yield from map(work, ranges)
        return
    # Spawned, not forked: this process may have threads, and open connections to the database.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(work, ranges)
        finally:
            pool.shutdown(cancel_futures=True)


def _check_signatures(rows: Iterable[AuditRow], check: SignatureCheck) -> None:
    for number, *_, statement, signature in rows:
        if statement is None or signature is None:
            continue
        try:
            check(statement, signature)
        except EvidenceError as error:
            error.where = f"entry {number}"
            raise


def _check_bounds(bounds: Bounds) -> None:
    if bounds.strays:
        raise Refused(
            "audit.stray-row",
            f"The database has rows that belong to no entry, in: {', '.join(bounds.strays)}.",
        )
    expected, row = 0, bounds.head.size // WIDTH
    while row:
        expected += row
        row //= WIDTH
    if bounds.tiles != expected:
        raise Refused(
            "audit.tile-count", f"The database has {bounds.tiles} tiles instead of {expected}."
        )
