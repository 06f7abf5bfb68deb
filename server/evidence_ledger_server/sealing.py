"""Sealing apart from deposits: on a timer and on demand, by one process at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from evidence_ledger.errors import EvidenceError
from evidence_ledger.ports import Store
from evidence_ledger_server.sealing_place import SealingPlace

logger = logging.getLogger("evidence.sealing")
LOOK = 0.25
"""Seconds between looks at the store, while somebody waits for a seal that another one makes."""


class Sealing:
    """Seals a ledger again and again. ``place`` is this object's alone; it runs in a thread, and so
    does ``tidy`` each time, for what other programs erased."""

    def __init__(
        self,
        place: SealingPlace,
        every: float,
        observe: Callable[[bool], object],
        tidy: Callable[[], object],
    ) -> None:
        self._place = place
        self._every = every
        self._observe = observe
        self._tidy = tidy
        self._wanted = asyncio.Event()
        self._sealed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False
        self.trouble: str | None = None
        """The stable code of why the last seal failed; None where none did."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="seal")

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let the seal that is under way come to its end; what is left is sealed later."""
        self._is_stopping = True
        self._wanted.set()
        if self._task is not None:
            await self._task
        self._thread.shutdown()

    async def wait_for(self, index: int, store: Store, seconds: float) -> bool:
        """Ask for a seal, and wait until it holds entry ``index``. False: not in time."""
        self._wanted.set()
        try:
            async with asyncio.timeout(seconds):
                while not await asyncio.to_thread(is_sealed, store, index):
                    await self._look()
        except TimeoutError:
            return False
        return True

    async def _look(self) -> None:
        async with self._sealed:
            try:
                await asyncio.wait_for(self._sealed.wait(), LOOK)
            except TimeoutError:
                return

    async def _run(self) -> None:
        while not self._is_stopping:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), self._every)
            self._wanted.clear()
            if not self._is_stopping:
                await self._seal()
            async with self._sealed:
                self._sealed.notify_all()

    async def _seal(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            if not await loop.run_in_executor(self._thread, self._once):
                await asyncio.sleep(LOOK)
                self._wanted.set()
            self._done(None)
        except EvidenceError as error:
            told = {"code": error.reason, "why": error.message, "hint": error.hint}
            logger.error("no seal", extra={"told": told})
            self._done(error.reason)
            await asyncio.sleep(1)
        except Exception:
            logger.exception("no seal")
            self._done("internal")
            await asyncio.sleep(1)

    def _done(self, trouble: str | None) -> None:
        self.trouble = trouble
        self._observe(trouble is None)

    def _once(self) -> bool:
        """Seal everything new, and complete older seals. False: another process is at it."""
        self._tidy()
        self._place.follow()
        ledger = self._place.ledger
        with self._place.turn() as alone:
            if not alone:
                ledger.catch_up()
                return False
            # No authority is asked for a seal that may have no entry.
            self._place.require_operator()
            self.trouble = None
            result = ledger.seal()
            _tell("no time", result.failures)
            _tell("no cosignature", result.witness_failures)
            ledger.complete()
        return True


def _tell(what: str, failures: Iterable[EvidenceError]) -> None:
    for one in failures:
        logger.warning(what, extra={"told": {"code": one.reason, "why": one.message}})


async def seal_appears(store: Store, index: int, seconds: float) -> bool:
    """Wait for a seal that somebody else makes. False: not in time."""
    try:
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(is_sealed, store, index):
                await asyncio.sleep(LOOK)
    except TimeoutError:
        return False
    return True


def is_sealed(store: Store, index: int) -> bool:
    """Whether an entry has a seal with a timestamp, so that a certificate can be made."""
    seal = store.seal_of(index)
    return seal is not None and bool(seal.tokens) and seal.entry is not None
