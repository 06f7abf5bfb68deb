"""The trust policy that a server checks against and hands out."""

from __future__ import annotations

import logging
from pathlib import Path

from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import EvidenceError
from evidence_ledger_server.file_stamp import FileStamp

logger = logging.getLogger("evidence.policy")


class ServedPolicy:
    """What the file says; read again when another file was put in its place, as a rotation does.

    One that is being edited where it lies is not: half of it might pass for a policy. One that
    can't be read leaves the one before in force. Raises what reading it the first time raises.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = FileStamp.of(path)
        self._policy = read_trust(path)
        self._text = path.read_bytes()

    @property
    def text(self) -> bytes:
        """The file's bytes."""
        self._follow()
        return self._text

    @property
    def policy(self) -> TrustPolicy:
        """The policy in them."""
        self._follow()
        return self._policy

    def _follow(self) -> None:
        stamp = FileStamp.of(self._path)
        if stamp.number in (self._seen.number, 0):
            return
        self._seen = stamp
        try:
            self._policy, self._text = read_trust(self._path), self._path.read_bytes()
        except (EvidenceError, OSError) as error:
            logger.error("the trust policy was not read", extra={"told": {"why": str(error)}})
