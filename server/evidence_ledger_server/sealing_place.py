"""The ledger that is sealed: opened anew when the operator's key was replaced, or the list of the
timestamp authorities or that of the witnesses was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import OpenLedger
from evidence_ledger.core.register import Register
from evidence_ledger.core.role import Role
from evidence_ledger.errors import EvidenceError, NotAllowed, PinLocked, WrongPin
from evidence_ledger.ledger import Ledger
from evidence_ledger_server.file_stamp import FileStamp

logger = logging.getLogger("evidence.sealing")


OTHER_FIRST = (
    "With this key and these settings the register would begin with another operator: "
    "settings.toml belongs to the key, and a rotation writes both."
)


def require_operator(register: Register, signer: bytes) -> None:
    """A signer is one of a ledger's operators. Raises NotAllowed."""
    register.require_unrevoked(signer)
    if Role.OPERATOR not in register.signers.get(signer, ()):
        raise NotAllowed("register.not-operator", "This key is no operator's of the ledger.")


class SealingPlace:
    """A ledger for the one thread that seals. ``open_place`` opens the ledger in ``home``.

    A rotation puts the next key into the folder. Where it was made on another host, it is to be
    made here too; until then nothing is sealed here.
    """

    def __init__(self, home: Home, open_place: Callable[[], OpenLedger]) -> None:
        self._files = (home.operator, home.authorities, home.witnesses)
        self._open = open_place
        self._seen = self._stamps()
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
        """The key is an operator's, in the register as it is now. Raises NotAllowed, and what the
        Store raises."""
        ledger = self.ledger
        require_operator(ledger.registrar.at(ledger.store.head().size), self.operator)

    def follow(self) -> None:
        """Take up the key and the lists that are in the folder now. One that can't be read changes
        nothing."""
        stamp = self._stamps()
        if stamp == self._seen:
            return
        try:
            fresh = self._open()
        except EvidenceError as error:
            if isinstance(error, WrongPin | PinLocked):
                # Not again: a token counts the PINs that it refused.
                self._seen = stamp
            told = {"code": error.reason, "why": error.message}
            logger.error("the key and the lists were not read", extra={"told": told})
            return
        if fresh.first_operator != self._place.first_operator:
            fresh.close()
            logger.error("the operator's key was not taken", extra={"told": {"why": OTHER_FIRST}})
            return
        self._seen = stamp
        self._place, before = fresh, self._place
        before.close()
        logger.info("the operator's key, the authorities and the witnesses were read anew")

    def _stamps(self) -> tuple[FileStamp, ...]:
        return tuple(FileStamp.of(path) for path in self._files)

    def close(self) -> None:
        """Let go of the database."""
        self._place.close()
