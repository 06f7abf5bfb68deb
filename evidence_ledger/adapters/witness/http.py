"""The HTTP interface of a witness (C2SP tlog-witness): a small ASGI application.

POST /add-checkpoint                  the witness's cosignatures of a log's new checkpoint
GET  /<SHA-256 of origin>/checkpoint  the latest checkpoint cosigned for a log
GET  /health                          whether the witness can answer
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Protocol

from evidence_ledger.adapters.witness.queue import Queue
from evidence_ledger.core.witness_request import LARGEST_REQUEST
from evidence_ledger.core.witnessing import Answer
from evidence_ledger.errors import EvidenceError

REQUEST_TIME = 10.0
"""Seconds that a request's body may take to arrive."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)
_READ = frozenset({"GET", "HEAD"})


class Answered(Protocol):
    """What came of a request."""

    @property
    def answer(self) -> Answer:
        """What goes back."""
        ...


class Service(Protocol):
    """The witness behind the interface."""

    def add_checkpoints(self, bodies: Sequence[bytes]) -> Sequence[Answered]:
        """The answers, in order."""
        ...

    def published(self, origin_hash: bytes) -> bytes | None:
        """The latest checkpoint of a log, or None. Raises EvidenceError."""
        ...


class _Refusal(Exception):
    """A request that the witness is not asked about."""

    def __init__(self, status: int, says: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(says)
        self.answer = Answer(status, f"{says}\n".encode())
        self.headers = headers


class WitnessApp:
    """The ASGI application. ``told`` learns of every outcome, for the operator's log."""

    def __init__(self, service: Service, told: Callable[[Any], object]) -> None:
        self._service = service
        self._told = told
        self._queue: Queue[Answered] = Queue(service.add_checkpoints)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            raise RuntimeError("a witness answers HTTP requests alone")
        headers: Iterable[tuple[bytes, bytes]] = ()
        try:
            answer = await self._answer(scope, receive)
        except _Refusal as refusal:
            answer, headers = refusal.answer, refusal.headers
        await _send(send, answer, headers, bodiless=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        if path == "/add-checkpoint":
            _require(method, frozenset({"POST"}))
            return await self._add_checkpoint(scope, receive)
        log = _CHECKPOINT.fullmatch(path)
        if log is None and path != "/health":
            raise _Refusal(404, "There is nothing here.")
        _require(method, _READ)
        return await self._read(bytes.fromhex(log[1]) if log else None)

    async def _add_checkpoint(self, scope: Scope, receive: Receive) -> Answer:
        try:
            async with asyncio.timeout(REQUEST_TIME):
                body = await _body(scope, receive)
        except TimeoutError:
            raise _Refusal(408, "The request took too long.", _CLOSE) from None
        outcome = await self._queue.ask(body)
        self._told(outcome)
        return outcome.answer

    async def _read(self, origin_hash: bytes | None) -> Answer:
        """A log's latest checkpoint; with None, whether the database can be read."""
        try:
            found = await asyncio.to_thread(self._service.published, origin_hash or bytes(32))
        except EvidenceError as error:
            return Answer(503, f"{error.message}\n".encode())
        if origin_hash is None:
            return Answer(200, b"ok\n")
        if found is None:
            raise _Refusal(404, "This witness has cosigned nothing for that log.")
        return Answer(200, found)


_CLOSE = (b"connection", b"close")


def _require(method: str, allowed: frozenset[str]) -> None:
    if method not in allowed:
        names = ", ".join(sorted(allowed)).encode()
        raise _Refusal(405, "This method is not allowed here.", (b"allow", names))


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The request's body. A client that goes away in the middle of it gets no answer."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(len(value) > 18 or int(value) > LARGEST_REQUEST for value in lengths):
        raise _too_large()
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refusal(400, "The request was broken off.", _CLOSE)
        parts += message.get("body", b"")
        if len(parts) > LARGEST_REQUEST:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(parts)


def _too_large() -> _Refusal:
    return _Refusal(413, f"A request has at most {LARGEST_REQUEST} bytes.", _CLOSE)


async def _send(
    send: Send, answer: Answer, headers: Iterable[tuple[bytes, bytes]], *, bodiless: bool
) -> None:
    head = [
        (b"content-type", answer.media_type.encode()),
        (b"content-length", b"%d" % len(answer.body)),
        (b"cache-control", b"no-store"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": head})
    body = b"" if bodiless else answer.body
    await send({"type": "http.response.body", "body": body})
