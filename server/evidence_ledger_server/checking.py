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
from collections.abc import Callable, Collection, Sequence

from evidence_ledger.core.register import Register
from evidence_ledger_server.checker import (
    LENGTH,
    Asked,
    Batch,
    Checked,
    Rule,
    check,
    framed,
    unframed,
)
from evidence_ledger_server.problem import Problem, busy

MOST = 16
"""Bodies that one process gets at once."""
MOST_BYTES = 1 << 20
"""Bytes of bodies that one process gets at once, unless a single one has more."""
PROGRAM = "from evidence_ledger_server.checker import main; main()"
INLINE = 64 * 1024
"""Without processes: a larger body is checked in a thread, so that nobody waits for it."""

logger = logging.getLogger("evidence.checking")
_Waiting = tuple[Asked, "asyncio.Future[Checked | Problem]"]


class Checking:
    """Checks bodies for the ledger ``origin`` in ``processes`` processes; 0: in this one.

    ``rule`` says who may hand in, as far as is known at the moment; None: everybody, for now.
    """

    def __init__(
        self, origin: str, processes: int, rule: Callable[[], Rule | None] = lambda: None
    ) -> None:
        self._origin = origin
        self._rule = rule
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

    async def check(self, body: bytes, known: Collection[bytes] = ()) -> Checked:
        """The deposits in a body, of which those ``known`` (SHA-256 of the statement) are in the
        ledger already. Raises Problem (400 where there are none, 503).
        """
        asked = Asked(body, known)
        answer = await (self._elsewhere(asked) if self._tasks else self._here(asked))
        if isinstance(answer, Problem):
            raise answer
        return answer

    async def _here(self, asked: Asked) -> Checked | Problem:
        if len(asked.body) <= INLINE:
            return check(asked, self._origin, self._rule())
        return await asyncio.to_thread(check, asked, self._origin, self._rule())

    async def _elsewhere(self, asked: Asked) -> Checked | Problem:
        answer: asyncio.Future[Checked | Problem] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
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
        size = len(batch[0][0].body)
        while self._waiting and len(batch) < MOST:
            size += len(self._waiting[0][0].body)
            if size > MOST_BYTES:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _pass(self, process: _Process, batch: Sequence[_Waiting]) -> None:
        answers: Sequence[Checked | Problem] | None = None
        try:
            asked = [one for one, _ in batch]
            answers = await process.ask(self._origin, asked, self._rule())
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

    def __init__(self) -> None:
        self._sent: Register | None = None

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

    async def ask(
        self, origin: str, asked: Sequence[Asked], rule: Rule | None
    ) -> Sequence[Checked | Problem]:
        """Raises ConnectionError, IncompleteReadError where the process is gone."""
        batch = Batch(origin, None, asked)
        if rule is not None:
            # A register is sent once, until an act changes it.
            is_new = rule.register is not self._sent
            batch = Batch(origin, rule.at, asked, rule.register if is_new else None)
            self._sent = rule.register
        self._writer.write(framed(batch))
        await self._writer.drain()
        (size,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        return unframed(await self._reader.readexactly(size))  # type: ignore[return-value]  # what checker.py sends

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await asyncio.to_thread(self._process.wait)
