"""Group commit: deposits that come at the same time share one transaction and one fsync.

One batch is written at a time, by one thread; what comes meanwhile is the next batch. A deposit
is answered only when its batch is durable. Nothing queues without bound: what is over the limit is
refused at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from evidence_ledger.core.chain import Admission
from evidence_ledger.errors import EvidenceError
from evidence_ledger.ledger import Receipt
from evidence_ledger_server.problem import busy

MOST_CLAIMS = 20_000
"""Claims in one transaction, unless a single deposit has more."""

Outcome = Receipt | EvidenceError
Write = Callable[[Sequence[Admission]], Sequence[Outcome]]


@dataclass(slots=True)
class _Waiting:
    admissions: Sequence[Admission]
    answer: asyncio.Future[Sequence[Outcome]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def weight(self) -> int:
        return sum(1 + len(one.claims) for one in self.admissions)


class GroupCommit:
    """Hands deposits to ``write`` in batches. ``write`` runs in a thread of its own."""

    def __init__(
        self, write: Write, most_waiting: int, observe: Callable[[int], object] = lambda _: None
    ) -> None:
        self._write = write
        self._most = most_waiting
        self._observe = observe
        self._queue: deque[_Waiting] = deque()
        self._count = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._writing: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many deposits are not answered yet."""
        return self._count

    async def submit(self, admissions: Sequence[Admission]) -> Sequence[Outcome]:
        """A receipt or an error for each, when they are durable.

        Raises Problem (503) where too many are waiting, and what ``write`` raises.
        """
        if self._count and self._count + len(admissions) > self._most:
            raise busy("More deposits are waiting than can be taken.")
        one = _Waiting(admissions)
        self._queue.append(one)
        self._count += len(admissions)
        if self._writing is None:
            self._writing = asyncio.create_task(self._work())
        # Shielded: a client that goes away takes nobody's answer with it.
        return await asyncio.shield(one.answer)

    async def _work(self) -> None:
        try:
            while self._queue:
                await self._commit(self._next())
        finally:
            self._writing = None

    def _next(self) -> list[_Waiting]:
        batch, weight = [self._queue.popleft()], 0
        weight = batch[0].weight
        while self._queue and weight + self._queue[0].weight <= MOST_CLAIMS:
            batch.append(self._queue.popleft())
            weight += batch[-1].weight
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        admissions = [admission for one in batch for admission in one.admissions]
        loop = asyncio.get_running_loop()
        try:
            outcomes = iter(await loop.run_in_executor(self._thread, self._write, admissions))
            for one in batch:
                one.answer.set_result([next(outcomes) for _ in one.admissions])
        except Exception as error:  # noqa: BLE001 every waiting client is told, and reads it
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(error)
                    one.answer.exception()
        finally:
            self._count -= len(admissions)
            self._observe(len(admissions))

    async def stop(self) -> None:
        """Write what is waiting, then take no more."""
        while self._writing is not None:
            await asyncio.shield(self._writing)
        self._thread.shutdown()
