"""Revocation data over HTTP, from the addresses in X.509 certificates, with limits.

OCSP is asked before a list is fetched, as an answer is short (RFC 6960, A.1; RFC 5280, 4.2.1.13).
Whatever fails is left out: a deposit never waits long for it, and never fails by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from evidence_ledger.core import ocsp_response, pem, revocation_list
from evidence_ledger.core.distribution_point import list_addresses, ocsp_addresses
from evidence_ledger.core.ocsp_request import build_request
from evidence_ledger.core.x509_certificate import X509Certificate, parse_certificate
from evidence_ledger.errors import EvidenceError

if TYPE_CHECKING:
    import httpx

PATIENCE: Final = 5.0
"""Seconds for one chain as a whole."""
MOST_ADDRESSES: Final = 2
"""Addresses tried of each kind for one X.509 certificate."""

_OCSP: Final = {
    "Content-Type": "application/ocsp-request",
    "Accept": "application/ocsp-response",
    "Accept-Encoding": "identity",
}
_LIST: Final = {"Accept": "application/pkix-crl", "Accept-Encoding": "identity"}


class HttpRevocation:
    """The RevocationSource port. ``transport`` takes the network's place in tests."""

    def __init__(
        self, *, transport: httpx.BaseTransport | None = None, patience: float = PATIENCE
    ) -> None:
        self._transport = transport
        self._patience = patience

    def fetch(self, chain: Sequence[bytes]) -> Sequence[bytes]:
        """Revocation data about a chain of DER X.509 certificates, the leaf first. Never raises."""
        try:
            parsed = [parse_certificate(one) for one in chain]
        except EvidenceError:
            return ()
        links = list(pairwise(parsed))
        if not any(ocsp_addresses(one) or list_addresses(one) for one, _ in links):
            return ()
        return list(self._all(links))

    def _all(self, links: Sequence[tuple[X509Certificate, X509Certificate]]) -> Iterator[bytes]:
        import httpx  # 0.1 s, which only those pay who ask an authority

        visit = _Visit(time.monotonic() + self._patience)
        with httpx.Client(timeout=self._patience, transport=self._transport) as client:
            for certificate, issuer in links:
                found = visit.ocsp(client, certificate, issuer)
                yield from found or visit.lists(client, certificate)


class _Visit:
    """Requests until a deadline (``time.monotonic``)."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def ocsp(
        self, client: httpx.Client, certificate: X509Certificate, issuer: X509Certificate
    ) -> list[bytes]:
        def ask(address: str) -> bytes:
            body = build_request(certificate, issuer)
            request = client.build_request("POST", address, content=body, headers=_OCSP)
            data = self._body(client, request, ocsp_response.LARGEST)
            parsed = ocsp_response.parse_response(data)
            return data if ocsp_response.matching_answers(parsed, certificate, issuer) else b""

        return self._first(ocsp_addresses(certificate), ask)

    def lists(self, client: httpx.Client, certificate: X509Certificate) -> list[bytes]:
        def ask(address: str) -> bytes:
            request = client.build_request("GET", address, headers=_LIST)
            data = self._body(client, request, revocation_list.LARGEST)
            one = pem.revocation_lists(data, where="list")[0]
            revocation_list.parse_list(one).status_of(certificate)
            return one

        return self._first(list_addresses(certificate), ask)

    def _first(self, addresses: Sequence[str], ask: Callable[[str], bytes]) -> list[bytes]:
        """The first answer that is one, as a list; else an empty one."""
        import httpx

        for address in addresses[:MOST_ADDRESSES]:
            try:
                data = ask(address)
            except (EvidenceError, OSError, ValueError):
                continue
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
                continue
            if data:
                return [data]
        return []

    def _body(self, client: httpx.Client, request: httpx.Request, largest: int) -> bytes:
        """The body of an answer. Raises TimeoutError, ValueError, httpx.HTTPError."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), left)
        response = client.send(request, stream=True)
        try:
            encoding = response.headers.get("Content-Encoding", "identity").lower()
            if response.status_code != 200 or encoding != "identity":
                raise ValueError(response.status_code)
            return self._read(response, largest)
        finally:
            response.close()

    def _read(self, response: httpx.Response, largest: int) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > largest:
                raise ValueError(largest)
            if time.monotonic() > self._deadline:
                raise TimeoutError
        return bytes(body)
