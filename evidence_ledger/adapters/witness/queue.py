"""Requests that wait for the one writer, who takes all of them at once: one commit for many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Result = TypeVar("Result")

MOST_AT_ONCE = 32


class Queue(Generic[Result]):
    """Hands requests to ``work`` in a thread of its own, in batches. For one event loop."""

    def __init__(self, work: Callable[[Sequence[bytes]], Sequence[Result]]) -> None:
        self._work = work
        self._waiting: list[tuple[bytes, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "writer")

    async def ask(self, request: bytes) -> Result:
        """The result of one request. Raises what the work of its batch raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((request, future))
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                found = await loop.run_in_executor(
                    self._thread, self._work, [request for request, _ in batch]
                )
            except Exception as error:  # noqa: BLE001 - those who wait are told, not this task
                _fail(batch, error)
            else:
                for (_, future), result in zip(batch, found, strict=True):
                    if not future.done():
                        future.set_result(result)


def _fail(batch: Sequence[tuple[bytes, asyncio.Future[Result]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
