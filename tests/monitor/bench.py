"""A ledger that grows and lies as a test wants it, and a monitor whose clock a test holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from evidence_ledger.adapters.monitor.alert_file import AlertFile
from evidence_ledger.adapters.monitor.folder import MonitorFolder
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.entry import NO_ENTRY, entry_bytes
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.signer_tag import signer_tag
from evidence_ledger.errors import LogUnreachable
from evidence_ledger.monitor.monitor import Followed, Monitor, Sight
from evidence_ledger.monitor.rules import MonitorParts, Rules
from evidence_ledger.monitor_ports import WitnessView
from tests.fakes import FakeClock
from tests.small_log import LOG, LOG_ML_DSA, SmallLog, TestKey

ADDRESS = "https://ledger.example"
KEYS = {LOG.name: [LOG.verifier, LOG_ML_DSA.verifier]}


@dataclass
class FakeLedger:
    """Fulfils TileSource and Lookup. ``published`` is what is served; ``broken`` files are gone."""

    clock: FakeClock
    entries: list[bytes] = field(default_factory=list)
    signers: Sequence[TestKey] = (LOG, LOG_ML_DSA)
    published: SmallLog | None = None
    broken: dict[str, bytes | None] = field(default_factory=dict)
    files: dict[bytes, list[int]] = field(default_factory=dict)
    tags: list[bytes | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def add(
        self,
        count: int = 1,
        *,
        kind: str = "deposit",
        seed: str = "",
        received: datetime | None = None,
        digest: bytes | None = None,
        signer: bytes = bytes(32),
    ) -> None:
        """Enter so many entries."""
        moment = time_text(received or self.clock.now(), microseconds=True)
        for _ in range(count):
            index = len(self.entries)
            prev = leaf_hash(self.entries[-1]) if self.entries else NO_ENTRY
            statement = sha256(f"{index} {seed}".encode()).digest()
            self.entries.append(entry_bytes(index, kind, prev, moment, statement, statement))
            self.tags.append(signer_tag(LOG.name, index, signer))
            if digest is not None:
                self.files.setdefault(digest, []).append(index)

    def publish(self, size: int | None = None) -> None:
        """Sign and serve what is entered, or its beginning."""
        log = SmallLog(self.entries[:size])
        seconds = int(self.clock.now().timestamp())
        lines = b"".join(key.line(log.text, seconds) for key in self.signers)
        log.files["checkpoint"] = log.text + b"\n" + lines
        self.published = log

    def fork(self, size: int) -> FakeLedger:
        """Another history from there on, under the same keys."""
        other = replace(self, entries=self.entries[:size], files={}, tags=self.tags[:size])
        return replace(other, broken={}, asked=[])

    def checkpoint(self) -> bytes:
        return self.tile("checkpoint")

    def tile(self, path: str) -> bytes:
        self.asked.append(path)
        if self.published is None or self.broken.get(path, b"") is None:
            raise LogUnreachable("There is nothing here.", where=path)
        return self.broken.get(path) or self.published.tile(path)

    def holding(self, algorithm: Algorithm, digest: bytes, start: int) -> Sequence[int]:
        assert algorithm is Algorithm.SHA256
        return [one for one in self.files.get(digest, []) if one >= start]

    def certificate(self, index: int) -> bytes | None:
        raise AssertionError(f"a monitor asks for no certificate: {index}")

    def signer_tags(self, start: int) -> Sequence[bytes | None]:
        return self.tags[start : start + 1000]


@dataclass
class MonitorBench:
    """A monitor in a folder over some ledgers; each ``look`` is a process of its own."""

    folder: Path
    ledgers: dict[str, FakeLedger]
    clock: FakeClock
    rules: Rules = field(default_factory=lambda: Rules(KEYS))
    witnesses: Sequence[WitnessView] = ()
    workers: int = 1

    @contextmanager
    def opened(self) -> Iterator[tuple[Monitor, AlertFile]]:
        """The monitor as one process has it."""
        folder = MonitorFolder(self.folder)
        with folder.used():
            alerts = AlertFile(folder.alerts, folder.told)
            parts = MonitorParts(self.clock, folder.evidence, self.rules, self.witnesses)
            drafts = folder.drafts(list(self.ledgers), alerts)
            followed = [
                Followed(address, ledger, folder.state(address), draft, ledger)
                for (address, ledger), draft in zip(self.ledgers.items(), drafts, strict=True)
            ]
            monitor = Monitor(parts, followed, self.workers)
            yield monitor, alerts
            monitor.close()

    def look(self) -> list[Sight]:
        with self.opened() as (monitor, _):
            return monitor.look()

    def codes(self) -> list[str]:
        """What one look finds, told before or not."""
        return [alert.code for sight in self.look() for alert in sight.alerts]

    def told(self) -> list[str]:
        """The codes of all alerts that have not been told yet; they are then."""
        with self.opened() as (_, alerts):
            found = list(alerts.untold())
            if found:
                alerts.was_told(found[-1][1])
        return [str(alert["code"]) for alert, _ in found]

    @property
    def evidence(self) -> list[Path]:
        return sorted((self.folder / "evidence").iterdir())


def grown(clock: FakeClock, count: int) -> FakeLedger:
    """A ledger of so many entries, published."""
    ledger = FakeLedger(clock)
    ledger.add(count)
    ledger.publish()
    return ledger


def bench(folder: Path, count: int = 3) -> tuple[MonitorBench, FakeLedger]:
    """A monitor and a ledger of so many entries, published."""
    clock = FakeClock()
    ledger = grown(clock, count)
    return MonitorBench(folder / "monitor", {ADDRESS: ledger}, clock), ledger


HOUR = timedelta(hours=1)
