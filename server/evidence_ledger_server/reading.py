"""Short reads of the store, in threads of their own; those that come together share one hop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
THREADS = 2
MOST = 16
"""Reads in one hop: none waits for many others."""

_Look = Callable[[], Any]
_Waiting = tuple[_Look, "asyncio.Future[Any]"]


class Reading:
    """Runs reads of a few rows. Use it in one event loop."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="read")
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, look: Callable[[], T]) -> T:
        """What ``look`` gives. Raises what it raises."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((look, answer))
        if len(self._tasks) < THREADS:
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            found = await loop.run_in_executor(self._threads, _all, [look for look, _ in batch])
            for (_, answer), (value, error) in zip(batch, found, strict=True):
                if answer.done():
                    continue
                if error is None:
                    answer.set_result(value)
                else:
                    answer.set_exception(error)

    def stop(self) -> None:
        """Let the threads go."""
        self._threads.shutdown()


def _all(looks: Sequence[_Look]) -> list[tuple[Any, Exception | None]]:
    return [_tried(look) for look in looks]


def _tried(look: _Look) -> tuple[Any, Exception | None]:
    try:
        return look(), None
    except Exception as error:  # noqa: BLE001 it is raised where it was asked for
        return None, error
