"""The folder of a monitor.

STATE/lock               held by the one monitor that uses the folder
STATE/alerts.jsonl       all alerts, one a line
STATE/told               how far they have been told
STATE/noted/*.jsonl      alerts of a look that is under way, a file for each ledger
STATE/ledgers/*.json     the state of each followed ledger, named by the SHA-256 of its address
STATE/evidence/*.misbehaviour
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock

from evidence_ledger.adapters.durable_file import replace, write_new
from evidence_ledger.adapters.file_errors import input_errors, output_errors
from evidence_ledger.adapters.monitor.alert_draft import AlertDraft
from evidence_ledger.adapters.monitor.alert_file import AlertFile
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.monitor_state import LARGEST, MonitorState
from evidence_ledger.errors import FormatError, MonitorBusy, OutputExists, OutputUnwritable


class StateFile:
    """See monitor_ports.StateKeeper."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> MonitorState | None:
        """See the port."""
        if not self._path.exists():
            return None
        with input_errors(self._path), self._path.open("rb") as file:
            data = file.read(LARGEST + 1)
        try:
            return MonitorState.parse(data)
        except FormatError as error:
            error.where = str(self._path)
            raise

    def save(self, state: MonitorState) -> None:
        """See the port."""
        replace(self._path, state.encode(), mode=0o600)


class EvidenceFolder:
    """See monitor_ports.EvidenceKeeper. Files are named by what was signed: signed again with other
    bytes, the same two checkpoints are the same evidence.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = Lock()

    def keep(self, found: Misbehaviour) -> str:
        """See the port."""
        name = sha256(found.first.text + found.second.text).hexdigest()[:32]
        path = self._folder / f"{name}.misbehaviour"
        with self._turn, suppress(OutputExists):
            write_new(path, found.encode())
        return str(path)


class MonitorFolder:
    """The places in a monitor's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def alerts(self) -> Path:
        """All alerts."""
        return self._folder / "alerts.jsonl"

    @property
    def told(self) -> Path:
        """How far they have been told."""
        return self._folder / "told"

    @property
    def evidence(self) -> EvidenceFolder:
        """The evidence against operators."""
        return EvidenceFolder(self._folder / "evidence")

    def state(self, address: str) -> StateFile:
        """The state of the ledger at an address."""
        return StateFile(self._folder / "ledgers" / f"{_name(address)}.json")

    def drafts(self, addresses: Sequence[str], book: AlertFile) -> list[AlertDraft]:
        """Where alerts about these ledgers are noted first.

        What an earlier process left there, about whatever ledger, is put into the book. Raises
        FormatError, FileUnreadable, OutputUnwritable.
        """
        paths = [self._folder / "noted" / f"{_name(one)}.jsonl" for one in addresses]
        drafts = [AlertDraft(one, book) for one in paths]
        others = sorted({*(self._folder / "noted").glob("*.jsonl")} - {*paths})
        for draft in [*drafts, *(AlertDraft(one, book) for one in others)]:
            draft.settle()
        return drafts

    @contextmanager
    def used(self) -> Iterator[None]:
        """Make the folder where it is not there, and use it alone. Raises MonitorBusy,
        OutputUnwritable.
        """
        if self._folder.exists() and not self._folder.is_dir():
            raise OutputUnwritable("This must be a folder, not a file.", where=str(self._folder))
        with output_errors(self._folder):
            within = (self._folder / name for name in ("ledgers", "evidence", "noted"))
            for folder in (self._folder, *within):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            lock = os.open(self._folder / "lock", flags, 0o600)
        try:
            self._take(lock)
            yield
        finally:
            os.close(lock)

    def _take(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MonitorBusy(
                "Another monitor uses this folder.", where=str(self._folder)
            ) from error


def _name(address: str) -> str:
    return sha256(address.encode("utf-8", "surrogateescape")).hexdigest()[:32]
