"""The trust policy that a server checks against and hands out."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.trust_file import read_open_trust
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import EvidenceError

logger = logging.getLogger("evidence.policy")


class ServedPolicy:
    """What the file says; read again when another file was put in its place, as a rotation does.

    One that is being edited where it lies is not: half of it might pass for a policy. One that
    can't be read leaves the one before in force. The file that was read last stays open, so that
    no other gets its number on the disk. Several threads may ask. Close it.
    Raises FileUnreadable, FormatError, NewerFormat.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        with input_errors(path):
            self._file: BinaryIO = path.open("rb")
        try:
            self._policy, self._text = read_open_trust(self._file, path)
        except BaseException:
            self._file.close()
            raise

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

    @property
    def both(self) -> tuple[TrustPolicy, bytes]:
        """The policy, and the bytes that it was read from."""
        self._follow()
        with self._lock:
            return self._policy, self._text

    def close(self) -> None:
        """Let go of the file; nobody asks any more."""
        self._file.close()

    def _follow(self) -> None:
        with self._lock:
            fresh = self._fresh()
            if fresh is None:
                return
            self._file.close()
            self._file = fresh
            try:
                self._policy, self._text = read_open_trust(fresh, self._path)
            except EvidenceError as error:
                logger.error("the trust policy was not read", extra={"told": {"why": str(error)}})

    def _fresh(self) -> BinaryIO | None:
        """Another file in the place of the one that was read last; None where there is none."""
        try:
            if os.path.samestat(os.fstat(self._file.fileno()), self._path.stat()):
                return None
            return self._path.open("rb")
        except (OSError, ValueError):  # it is gone, or the server is about to end
            return None
