"""The parts of a running server, joined once a process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar

from starlette.types import Scope

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import OpenLedger, open_ledger
from evidence_ledger.core.chain import Admission
from evidence_ledger.core.erasure import ERASURE
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import EvidenceError
from evidence_ledger.ports import Clock
from evidence_ledger_server.access.access import Access
from evidence_ledger_server.body import Room
from evidence_ledger_server.checker import Checked, Rule
from evidence_ledger_server.checking import Checking
from evidence_ledger_server.config import Config
from evidence_ledger_server.group_commit import GroupCommit, Outcome
from evidence_ledger_server.kept_files import KeptFiles
from evidence_ledger_server.limits import Rate
from evidence_ledger_server.metrics import Metrics
from evidence_ledger_server.problem import busy
from evidence_ledger_server.reading import Reading
from evidence_ledger_server.sealing import Sealing, seal_appears
from evidence_ledger_server.sealing_place import SealingPlace
from evidence_ledger_server.served_policy import ServedPolicy
from evidence_ledger_server.tile_cache import TileCache

T = TypeVar("T")
WAITING_PER_CHECK = 8
"""Checks that may wait for their turn, for each that may run."""


class Service:
    """A ledger with what serves it. Open it inside the event loop that uses it.

    ``place`` is for reading and, in the thread of ``commit`` alone, for writing; sealing has a
    ledger of its own.
    """

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.config = config
        self.clock: Clock = clock or SystemClock()
        home = Home(config.home)
        where = config.postgresql
        self.place: OpenLedger = open_ledger(home, clock=clock, database=where, seals=False)
        self.sealed_place = self._make_place(home) if config.seal else None
        with suppress(EvidenceError):  # what is wrong with it is told to whoever needs it
            self.place.ledger.reconsider(())
        self._policy = ServedPolicy(config.trust)
        self.metrics = Metrics()
        self.commit = GroupCommit(self._write, config.most_waiting, self.metrics.batches.observe)
        self.reading = Reading()
        self.checking = Checking(self.place.ledger.origin, config.check_processes, self._rule)
        self.sealing = self._make_sealing()
        self.requests = Rate(config.requests_per_minute, time.monotonic)
        self.lookups = Rate(config.lookups_per_minute, time.monotonic)
        self.verifications = Rate(config.verifications_per_minute, time.monotonic)
        self.deposits = Rate(config.deposits_per_minute, time.monotonic)
        self.deposit_bytes = Rate(config.deposit_bytes_per_minute, time.monotonic)
        self.reads = Rate(config.reads_per_minute, time.monotonic)
        self.room = Room(config.most_body_bytes)
        self.access = Access(
            home.folder,
            self.clock,
            config.signature_window,
            config.public_url,
            self.room,
            self.place.nonces,
        )
        self.tiles = TileCache()
        self.files = KeptFiles(config.files, config.largest_file) if config.files else None
        self._dropped = 0
        self._drop_files()
        self._verifying = 0
        self._turns = asyncio.Semaphore(config.most_verifications)
        # Of their own: checks that take long hold up neither reads nor seals.
        self._checks = ThreadPoolExecutor(config.most_verifications, thread_name_prefix="check")

    @property
    def trust(self) -> TrustPolicy:
        """The trust policy that is checked against where none is sent along."""
        return self._policy.policy

    @property
    def trust_text(self) -> bytes:
        """The same as its file says it."""
        return self._policy.text

    @property
    def trust_and_text(self) -> tuple[TrustPolicy, bytes]:
        """Both, of one moment."""
        return self._policy.both

    def _write(self, admissions: Sequence[Admission]) -> Sequence[Outcome]:
        """Enter deposits; of what is erased with them, the files that were uploaded go too."""
        outcomes = self.place.ledger.deposit_each(admissions)
        if any(one.kind == ERASURE for one in admissions):
            self._drop_files()
        return outcomes

    def _drop_files(self) -> None:
        """Delete the uploaded files of all entries that are erased; what can't be read now is
        looked at the next time. Safe to use from several threads."""
        if self.files is None:
            return
        with suppress(EvidenceError):
            store = self.place.ledger.store
            size = store.head().size
            unfinished = store.unfinished_erasures()
            for one in store.special_entries(self._dropped, size):
                about = one.about if one.kind == ERASURE else None
                if about is not None and store.entry(about).statement is None:
                    self.files.remove(about)
            self._dropped = min([size, *unfinished])

    def _make_place(self, home: Home) -> SealingPlace:
        where = self.config.postgresql
        return SealingPlace(home, lambda: open_ledger(home, clock=self.clock, database=where))

    def _make_sealing(self) -> Sealing | None:
        if self.sealed_place is None:
            return None
        return Sealing(
            self.sealed_place, self.config.seal_every, self.metrics.sealed, self._drop_files
        )

    def _rule(self) -> Rule:
        """What is known of the register without a look: refusals are looked at again."""
        return Rule(self.place.ledger.registrar.latest, self.clock.now())

    async def checked(self, body: bytes) -> Checked:
        """The deposits in a body. Raises Problem (400, 503) and what the Store raises.

        Claims of those who may hand nothing in are not looked at. Whom the register held back that
        was known is asked for again, and what is in the ledger already is answered as before.
        """
        ledger, known = self.place.ledger, frozenset[bytes]()
        while True:
            register = ledger.registrar.latest
            checked = await self.checking.check(body, known)
            if not checked.held:
                return checked
            found = await self.reading.read(partial(ledger.reconsider, checked.held))
            if not found and ledger.registrar.latest is register:
                return checked
            known |= found

    def start(self) -> None:
        """Begin to check and to seal."""
        self.checking.start()
        if self.sealing is not None:
            self.sealing.start()

    async def stop(self) -> None:
        """Finish what was begun, and let go of the database."""
        await self.checking.stop()
        await self.commit.stop()
        if self.sealing is not None:
            await self.sealing.stop()
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.reading.stop()
        self._checks.shutdown(wait=False, cancel_futures=True)
        self._policy.close()
        self.place.close()
        if self.sealed_place is not None:
            self.sealed_place.close()

    async def wait_for_seal(self, index: int) -> bool:
        """Ask for a seal over an entry. False where it was not made in time."""
        store, seconds = self.place.ledger.store, self.config.seal_wait
        if self.sealing is None:
            return await seal_appears(store, index, seconds)
        return await self.sealing.wait_for(index, store, seconds)

    @staticmethod
    def client(scope: Scope) -> str:
        """By what limits know a client: its address, as told by a trusted proxy if there is one."""
        client = scope["client"]
        return str(client[0]) if client else "unknown"

    async def verify(self, check: Callable[[], T]) -> T:
        """Run a check in a thread, in its turn. Raises Problem (503) where too many wait."""
        if self._verifying >= WAITING_PER_CHECK * self.config.most_verifications:
            raise busy("More checks are waiting than can be taken on.")
        self._verifying += 1
        try:
            async with self._turns:
                return await self.aside(check)
        finally:
            self._verifying -= 1

    async def aside(self, work: Callable[[], T]) -> T:
        """Do a part of a check in a thread of the checks, so that nobody else waits for it."""
        return await asyncio.get_running_loop().run_in_executor(self._checks, work)
