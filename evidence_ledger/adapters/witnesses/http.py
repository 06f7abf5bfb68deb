"""Witnesses over HTTP (C2SP tlog-witness v1.0.0), with limits on size, time and content type."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Final

from evidence_ledger.adapters.http_address import told_address
from evidence_ledger.adapters.no_answer import no_answer
from evidence_ledger.core.witness_exchange import encode_request, own_note, parse_size
from evidence_ledger.errors import (
    FormatError,
    WitnessAnswerInvalid,
    WitnessElsewhere,
    WitnessError,
    WitnessRefused,
    WitnessUnreachable,
)

if TYPE_CHECKING:
    import httpx

LARGEST: Final = 64 * 1024
"""Bytes of one answer."""
PATIENCE: Final = 5.0
"""Seconds for one request as a whole."""
SIZE_TYPE: Final = "text/x.tlog.size"

_HEADERS: Final = {"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"}
_REFUSALS: Final = {
    400: ("can't read the request", None),
    403: (
        "does not accept the ledger's signature",
        "Has the witness's operator the ledger's present verifier keys?",
    ),
    404: (
        "does not know this ledger",
        "Send the ledger's verifier keys to the witness's operator; trust.toml holds them.",
    ),
    422: (
        "says that the ledger did not only grow",
        "Was an old backup restored? Keep everything, and find out before you seal again.",
    ),
}


class HttpWitness:
    """The Witness port on an address; the connection is kept. The answer is not verified here."""

    def __init__(
        self,
        name: str,
        url: str,
        vkeys: Iterable[str],
        *,
        ed25519_only: bool = False,
        transport: httpx.BaseTransport | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """``url`` is the submission prefix. ``ed25519_only`` hands on only the ledger's short line,
        for a witness that takes small bodies; ``transport`` takes the network's place in tests;
        ``patience`` is in seconds.
        """
        self._name = name
        self._url = f"{url.rstrip('/')}/add-checkpoint"
        self._told = told_address(self._url)
        self._vkeys = tuple(vkeys)
        self._ed25519_only = ed25519_only
        self._transport = transport
        self._patience = patience
        self._lock = Lock()
        self._client: httpx.Client | None = None

    @property
    def name(self) -> str:
        """How reports call it."""
        return self._name

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier keys under which its cosignatures are kept."""
        return self._vkeys

    def add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
        """See ports.Witness."""
        import httpx  # 0.1 s, which only those pay who ask a witness

        own = own_note(note, ed25519_only=self._ed25519_only)
        deadline = time.monotonic() + self._patience
        try:
            with self._connected().stream(
                "POST", self._url, content=encode_request(old_size, proof, own), headers=_HEADERS
            ) as response:
                return self._answer(response, deadline)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise WitnessUnreachable(
                f"{self._name} did not answer: {no_answer(error)}.", where=self._told
            ) from error

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _connected(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(timeout=self._patience, transport=self._transport)
            return self._client

    def _answer(self, response: httpx.Response, deadline: float) -> bytes:
        status = response.status_code
        if status not in (200, 409):
            raise self._refusal(response)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise self._invalid("the answer is compressed, which nobody asked for")
        body = self._body(response, deadline)
        if status == 200:
            return body
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != SIZE_TYPE:
            raise self._invalid(f"with HTTP status 409 came {kind[:80] or 'no type'}, not a size")
        try:
            size = parse_size(body)
        except FormatError as error:
            raise self._invalid("with HTTP status 409 came no size") from error
        raise WitnessElsewhere(
            f"{self._name} has last cosigned {size} entries.", where=self._told, size=size
        )

    def _refusal(self, response: httpx.Response) -> WitnessError:
        status = response.status_code
        if status == 429 or status >= 500:
            return WitnessUnreachable(
                f"{self._name} wants to be asked later: HTTP status {status}.", where=self._told
            )
        if 400 <= status < 500:
            says, hint = _REFUSALS.get(status, ("says no", None))
            return WitnessRefused(
                f"{self._name} {says}: HTTP status {status}.", where=self._told, hint=hint
            )
        if 300 <= status < 400:
            target = response.headers.get("Location", "nowhere")
            return self._invalid(f"it points to another address, {target[:200]}")
        return self._invalid(f"HTTP status {status}")

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST:
                raise self._invalid(f"the answer has more than {LARGEST} bytes")
            if time.monotonic() > deadline:
                raise WitnessUnreachable(
                    f"{self._name} took more than {self._patience:g} seconds.", where=self._told
                )
        return body

    def _invalid(self, reason: str) -> WitnessAnswerInvalid:
        return WitnessAnswerInvalid(
            f"{self._name} did not answer as a witness: {reason}.", where=self._told
        )
