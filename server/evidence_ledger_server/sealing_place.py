"""The ledger that is sealed, with the operator's key: opened anew when that key was replaced."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import OpenLedger
from evidence_ledger.errors import EvidenceError
from evidence_ledger.ledger import Ledger
from evidence_ledger_server.file_stamp import FileStamp

logger = logging.getLogger("evidence.sealing")


class SealingPlace:
    """A ledger for the one thread that seals. ``open_place`` opens the ledger in ``home``.

    A rotation puts the next key into the folder. Where it was made on another host, the key file
    is to be brought here; until then nothing is sealed here.
    """

    def __init__(self, home: Home, open_place: Callable[[], OpenLedger]) -> None:
        self._key = home.operator
        self._open = open_place
        self._seen = FileStamp.of(self._key)
        self._place = open_place()

    @property
    def ledger(self) -> Ledger:
        """The ledger, with the key that was read last."""
        return self._place.ledger

    def turn(self) -> AbstractContextManager[bool]:
        """Whether no other process, here or on another host, is at sealing."""
        return self._place.sealing_turn()

    @property
    def operator(self) -> bytes:
        """SHA-256 of the X.509 certificate with which seals are signed."""
        return self._place.operator.fingerprint

    def require_operator(self) -> None:
        """The key counts, in the register as it is now. Raises NotAllowed, and what the Store
        raises."""
        ledger = self.ledger
        ledger.registrar.at(ledger.store.head().size).require_unrevoked(self.operator)

    def follow(self) -> None:
        """Take up the key that is in the folder now. One that can't be read changes nothing."""
        stamp = FileStamp.of(self._key)
        if stamp == self._seen:
            return
        try:
            fresh = self._open()
        except EvidenceError as error:
            told = {"code": error.reason, "why": error.message}
            logger.error("the operator's key was not read", extra={"told": told})
            return
        self._place, before = fresh, self._place
        before.close()
        logger.info(
            "the operator's key was read anew", extra={"told": {"key": self.operator.hex()[:16]}}
        )

    def close(self) -> None:
        """Let go of the database."""
        self._place.close()
