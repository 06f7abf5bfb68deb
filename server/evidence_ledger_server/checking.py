"""The check of what is handed in, spread over processes.

Each process has one batch at a time; what comes meanwhile is the next batch.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence

from evidence_ledger_server.checker import LENGTH, Checked, check, framed, unframed
from evidence_ledger_server.problem import Problem, busy

MOST = 16
"""Bodies that one process gets at once."""
MOST_BYTES = 1 << 20
"""Bytes of bodies that one process gets at once, unless a single one has more."""
PROGRAM = "from evidence_ledger_server.checker import main; main()"
INLINE = 64 * 1024
"""Without processes: a larger body is checked in a thread, so that nobody waits for it."""

logger = logging.getLogger("evidence.checking")
_Waiting = tuple[bytes, "asyncio.Future[Checked | Problem]"]


class Checking:
    """Checks bodies for the ledger ``origin`` in ``processes`` processes; 0: in this one."""

    def __init__(self, origin: str, processes: int) -> None:
        self._origin = origin
        self._count = processes
        self._waiting: deque[_Waiting] = deque()
        self._more = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the processes."""
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._count)]

    @property
    def works(self) -> bool:
        """Whether nothing has ended that should go on."""
        return not any(task.done() for task in self._tasks)

    async def check(self, body: bytes) -> Checked:
        """The deposits in a body. Raises Problem (400 where there are none, 503)."""
        answer = await (self._elsewhere(body) if self._tasks else self._here(body))
        if isinstance(answer, Problem):
            raise answer
        return answer

    async def _here(self, body: bytes) -> Checked | Problem:
        if len(body) <= INLINE:
            return check(body, self._origin)
        return await asyncio.to_thread(check, body, self._origin)

    async def _elsewhere(self, body: bytes) -> Checked | Problem:
        answer: asyncio.Future[Checked | Problem] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, answer))
        async with self._more:
            self._more.notify()
        return await answer

    async def _work(self) -> None:
        while True:
            try:
                async with _Process() as process:
                    await self._serve(process)
            except Exception:
                logger.exception("no checking process")
                await asyncio.sleep(1)
            else:
                logger.error("a checking process has ended; another is started")

    async def _serve(self, process: _Process) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await self._pass(process, await self._next())

    async def _next(self) -> Sequence[_Waiting]:
        async with self._more:
            await self._more.wait_for(lambda: self._waiting)
        batch = [self._waiting.popleft()]
        size = len(batch[0][0])
        while self._waiting and len(batch) < MOST:
            size += len(self._waiting[0][0])
            if size > MOST_BYTES:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _pass(self, process: _Process, batch: Sequence[_Waiting]) -> None:
        answers: Sequence[Checked | Problem] | None = None
        try:
            answers = await process.ask(self._origin, [body for body, _ in batch])
        finally:
            for at, (_, waiting) in enumerate(batch):
                if not waiting.done():
                    waiting.set_result(answers[at] if answers else busy("A check was cut off."))

    async def stop(self) -> None:
        """End the processes. Nobody is waiting any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []


class _Process:
    """One checking process at the other end of a socket. It ends when the socket does."""

    async def __aenter__(self) -> _Process:
        ours, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-c", PROGRAM, str(number)]
            try:
                self._process = subprocess.Popen(command, pass_fds=[number])
            except OSError:
                ours.close()
                raise
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        return self

    async def ask(self, origin: str, bodies: Sequence[bytes]) -> Sequence[Checked | Problem]:
        """Raises ConnectionError, IncompleteReadError where the process is gone."""
        self._writer.write(framed((origin, bodies)))
        await self._writer.drain()
        (size,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        return unframed(await self._reader.readexactly(size))  # type: ignore[return-value]  # what checker.py sends

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await asyncio.to_thread(self._process.wait)
