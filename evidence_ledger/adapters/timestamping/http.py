"""RFC 3161 authorities over HTTP (section 3.4), with limits on size, time and content type."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from evidence_ledger.adapters.http_address import told_address
from evidence_ledger.adapters.no_answer import no_answer
from evidence_ledger.adapters.timestamping.request import make_request
from evidence_ledger.adapters.timestamping.retry_after import seconds_in
from evidence_ledger.errors import (
    AuthorityAnswerInvalid,
    AuthorityBusy,
    AuthorityRefused,
    AuthorityUnreachable,
)

if TYPE_CHECKING:
    import httpx

LARGEST: Final = 256 * 1024
"""Bytes of one answer."""
PATIENCE: Final = 30.0
"""Seconds for one request as a whole."""

_HEADERS: Final = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    "Accept-Encoding": "identity",
}
_REPLIES: Final = frozenset({"application/timestamp-reply", "application/timestamp-response"})


class HttpAuthority:
    """The TimestampAuthority port on an address. The answer is not verified here."""

    def __init__(
        self,
        name: str,
        url: str,
        roots: Iterable[bytes] = (),
        *,
        independent: bool = True,
        policy: str | None = None,
        transport: httpx.BaseTransport | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """``roots`` are DER X.509 certificates; ``policy`` an OID under which tokens are asked for;
        ``transport`` takes the network's place in tests; ``patience`` is in seconds.
        """
        self._name = name
        self._url = url
        self._told = told_address(self._url)
        self._roots = tuple(roots)
        self._independent = independent
        self._policy = policy
        self._transport = transport
        self._patience = patience

    @property
    def name(self) -> str:
        """How reports call it."""
        return self._name

    @property
    def independent(self) -> bool:
        """Whether its clock is not the ledger's."""
        return self._independent

    @property
    def roots(self) -> tuple[bytes, ...]:
        """DER X.509 certificates that its tokens must lead to."""
        return self._roots

    def ask(self, digest: bytes, nonce: int, algorithm: str = "sha256") -> bytes:
        """The answer to a request over a digest. Raises as ``send``."""
        return self.send(make_request(algorithm, digest, nonce, self._policy))

    def send(self, request: bytes) -> bytes:
        """The answer to a DER TimeStampReq.

        Raises AuthorityUnreachable; AuthorityBusy for HTTP 429 and 5xx; AuthorityRefused for any
        other status that says no; AuthorityAnswerInvalid for what is no timestamp.
        """
        import httpx  # 0.1 s, which only those pay who ask an authority

        deadline = time.monotonic() + self._patience
        try:
            with (
                httpx.Client(timeout=self._patience, transport=self._transport) as client,
                client.stream("POST", self._url, content=request, headers=_HEADERS) as response,
            ):
                self._require_reply(response)
                return self._body(response, deadline)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            reason = no_answer(error)
            raise AuthorityUnreachable(
                f"{self._name} did not answer: {reason}.", where=self._told
            ) from error

    def _require_reply(self, response: httpx.Response) -> None:
        self._require_success(response)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise self._silent("the answer is compressed, which nobody asked for")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in _REPLIES:
            raise self._silent(f"the answer is {kind[:80] or 'of no type'}, not a timestamp")

    def _require_success(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == 429 or status >= 500:
            raise AuthorityBusy(
                f"{self._name} wants to be asked later: HTTP status {status}.",
                where=self._told,
                wait=seconds_in(response.headers),
            )
        if 400 <= status < 500:
            raise AuthorityRefused(f"{self._name} says no: HTTP status {status}.", where=self._told)
        if 300 <= status < 400:
            target = response.headers.get("Location", "nowhere")
            raise self._silent(f"it points to another address, {target[:200]}")
        if status != 200:
            raise self._silent(f"HTTP status {status}")

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST:
                raise self._silent(f"the answer has more than {LARGEST} bytes")
            if time.monotonic() > deadline:
                raise AuthorityUnreachable(
                    f"{self._name} took more than {self._patience:g} seconds.", where=self._told
                )
        return body

    def _silent(self, reason: str) -> AuthorityAnswerInvalid:
        return AuthorityAnswerInvalid(
            f"{self._name} did not answer with a timestamp: {reason}.", where=self._told
        )
