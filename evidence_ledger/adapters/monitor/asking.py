"""What a monitor asks over HTTP beyond the log: a ledger's server, and witnesses."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from evidence_ledger.adapters.ledger_client import LedgerClient
from evidence_ledger.adapters.log_source import HttpSource
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.signer_tag import MOST, SIZE
from evidence_ledger.errors import ServerAnswerInvalid, ServerRefused

_NOT_HELD = "fingerprint.unknown"


class ServerLookup:
    """See monitor_ports.Lookup."""

    def __init__(self, client: LedgerClient) -> None:
        self._client = client

    def holding(self, algorithm: Algorithm, digest: bytes, start: int) -> Sequence[int]:
        """See the port."""
        path = f"/v1/fingerprints/{algorithm.value}/{digest.hex()}?from={start}"
        try:
            told = self._client.document(path)
        except ServerRefused as error:
            if error.server_code == _NOT_HELD:
                return ()
            raise
        return [_index(one) for one in _list(told, "entries")]

    def signer_tags(self, start: int) -> Sequence[bytes | None]:
        """See the port."""
        told = self._client.document(f"/v1/signers?from={start}")
        return [_tag(one) for one in _list(told, "tags")[:MOST]]

    def certificate(self, index: int) -> bytes | None:
        """See the port."""
        try:
            return self._client.certificate(index)
        except ServerRefused as error:
            if self._client.is_erased(index):
                return None
            raise error


def _list(told: object, name: str) -> list[object]:
    found = told.get(name) if isinstance(told, dict) else None
    if not isinstance(found, list):
        raise _strange()
    return found


def _index(told: object) -> int:
    found = told.get("index") if isinstance(told, dict) else None
    if type(found) is not int or found < 0:
        raise _strange()
    return found


def _tag(told: object) -> bytes | None:
    if told is None:
        return None
    try:
        found = bytes.fromhex(told) if isinstance(told, str) else b""
    except ValueError:
        found = b""
    if len(found) != SIZE:
        raise _strange()
    return found


def _strange() -> ServerAnswerInvalid:
    return ServerAnswerInvalid("The server does not answer as a ledger does.")


class HttpWitnessView:
    """See monitor_ports.WitnessView (C2SP tlog-witness, for monitors)."""

    def __init__(self, name: str, url: str) -> None:
        self._name = name
        self._url = url.rstrip("/")

    @property
    def name(self) -> str:
        """See the port."""
        return self._name

    def latest(self, origin: str) -> bytes | None:
        """See the port."""
        with HttpSource(f"{self._url}/{sha256(origin.encode()).hexdigest()}") as source:
            return source.checkpoint()
