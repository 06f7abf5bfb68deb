"""Signs HTTP requests with the key that signs statements (RFC 9421)."""

from __future__ import annotations

from urllib.parse import urlsplit

from evidence_ledger.core.http_request import HttpRequest
from evidence_ledger.core.request_signing import prepare
from evidence_ledger.ports import Clock, Entropy, Signer

NONCE_SIZE = 16


class RequestSigner:
    """A signer with a clock and a source of nonces."""

    def __init__(self, signer: Signer, clock: Clock, entropy: Entropy) -> None:
        self._signer = signer
        self._clock = clock
        self._entropy = entropy

    def fields(self, method: str, url: str, body: bytes = b"") -> list[tuple[str, str]]:
        """The header fields that make a request to ``url`` a signed one, good for once.

        Raises UsageError for a key that can't sign requests.
        """
        parts = urlsplit(url)
        query = parts.query if "?" in url else None
        host = parts.netloc.rpartition("@")[2]
        request = HttpRequest(method, parts.scheme.lower(), host, parts.path, query)
        signer, nonce = self._signer, self._entropy.take(NONCE_SIZE)
        made = prepare(request, signer.chain, signer.scheme, self._clock.now(), nonce, body)
        return made.fields(signer.sign(made.base))
