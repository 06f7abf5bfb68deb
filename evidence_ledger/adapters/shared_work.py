"""Work that this process shares with others, in order."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import Final, Protocol, TypeVar

from evidence_ledger.errors import EvidenceError, LedgerError

T = TypeVar("T")
R = TypeVar("R")

# One that is being done and one that waits, so that no process is ever idle.
_PARTS_AHEAD: Final = 2


class Each(Protocol):
    """``map``, here alone or with other processes."""

    def __call__(self, work: Callable[[T], R], parts: Iterable[T], /) -> Iterator[R]: ...


@contextmanager
def shared_with(others: int) -> Iterator[Each]:
    """``map`` in this process and ``others`` more; what it calls must be known to them by name.

    The results, and the first EvidenceError, come in the order of the parts. Raises LedgerError
    where another process was ended from outside.
    """
    if others < 1:
        yield map
        return
    # Spawned, not forked: this process may have threads, and open connections to the database.
    context = get_context("spawn")
    with ProcessPoolExecutor(others, mp_context=context, initializer=_go_quietly) as pool:
        try:
            yield _Shares(pool, others * _PARTS_AHEAD)
        except BrokenExecutor as error:
            raise LedgerError(
                "Another process that took a share of the work was ended from outside.",
                hint="Nothing was changed. Where memory is short, free some, and try again.",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _go_quietly() -> None:
    """Ctrl-C goes to all processes at once, and it is for the one that asked to answer for it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True, slots=True)
class _Shares:
    pool: Executor
    ahead: int

    def __call__(self, work: Callable[[T], R], parts: Iterable[T]) -> Iterator[R]:
        left, order = iter(parts), deque[Future[R]]()
        while True:
            self._hand_out(work, left, order)
            own = [_done(work, part) for part in islice(left, 1)]
            order += own
            if not own and order:
                yield order.popleft().result()
            elif not own:
                return
            while order and order[0].done():
                yield order.popleft().result()

    def _hand_out(self, work: Callable[[T], R], left: Iterator[T], order: deque[Future[R]]) -> None:
        busy = sum(not one.done() for one in order)
        for part in islice(left, max(0, self.ahead - busy)):
            order.append(self.pool.submit(work, part))


def _done(work: Callable[[T], R], part: T) -> Future[R]:
    """What this process finds itself, which waits for its turn."""
    found = Future[R]()
    try:
        found.set_result(work(part))
    except EvidenceError as error:
        found.set_exception(error)
    return found
