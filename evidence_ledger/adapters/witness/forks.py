"""Proofs that a log signed two histories, in files that anyone can check."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.errors import OutputExists, OutputUnwritable, WitnessUnavailable

MOST = 16
"""Proofs kept of one log; one is enough."""


class ForkFolder:
    """See witness_ports.ForkKeeper. ``<SHA-256 of origin>.<SHA-256 of file>.misbehaviour``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, origin: str, evidence: Misbehaviour) -> None:
        """See the port."""
        if self.count(origin) >= MOST:
            return
        data = evidence.encode()
        path = self._folder / f"{_name(origin)}.{sha256(data).hexdigest()}.misbehaviour"
        try:
            write_new(path, data, mode=0o600)
        except OutputExists:
            return
        except OutputUnwritable as error:
            raise WitnessUnavailable("A proof can't be kept.", where=str(path)) from error

    def count(self, origin: str) -> int:
        """See the port."""
        return sum(1 for _ in self._folder.glob(f"{_name(origin)}.*.misbehaviour"))


def _name(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()
