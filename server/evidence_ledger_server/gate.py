"""What every request passes: an id, limits, headers, figures, one line of log; and the last resort.

The log names no person, file, fingerprint or address: the route, not the path.
"""

from __future__ import annotations

import logging
import sys
import time
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evidence_ledger.errors import EvidenceError
from evidence_ledger_server.log_lines import AccessLines
from evidence_ledger_server.pages.addresses import HEADERS as PAGE_HEADERS
from evidence_ledger_server.pages.addresses import LED_TO
from evidence_ledger_server.pages.problem_page import refusal
from evidence_ledger_server.problem import Problem, busy, mistake, reported
from evidence_ledger_server.service import Service

logger = logging.getLogger("evidence.requests")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""Of all that is no page."""
HSTS = (b"strict-transport-security", b"max-age=31536000")


class _Answer:
    """What is sent back, with the headers that every answer has."""

    def __init__(self, send: Send, request_id: str, *, https: bool, as_page: bool) -> None:
        self._send = send
        content = PAGE_HEADERS if as_page else (POLICY,)
        own = (b"x-request-id", request_id.encode())
        self._headers = [own, *HEADERS, *content, *[HSTS] * https]
        self.status = 0
        self.is_whole = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self._headers]
        await self._send(message)
        self.is_whole = message["type"] == "http.response.body" and not message.get("more_body")


class Gate:
    """Stands around the application."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._lines = AccessLines(sys.stderr)
        self._active = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = str(uuid4())
        as_page = self._service.config.page and scope["path"] in LED_TO
        scope.setdefault("state", {}).update(request_id=request_id, as_page=as_page)
        answer = _Answer(send, request_id, https=scope["scheme"] == "https", as_page=as_page)
        self._active += 1
        self._service.metrics.active.inc()
        try:
            await self._pass(scope, receive, answer, request_id)
        finally:
            self._active -= 1
            self._service.metrics.active.dec()
            self._service.room.leave(scope)
            self._count(scope, answer.status, time.perf_counter() - started, request_id)

    async def _pass(self, scope: Scope, receive: Receive, answer: _Answer, request_id: str) -> None:
        try:
            self._admit(scope)
            await self._app(scope, receive, answer.send)
        except Problem as problem:
            await self._refuse(problem, scope, receive, answer)
        except EvidenceError as error:
            await self._refuse(reported(error, request_id), scope, receive, answer)
        except Exception:
            logger.exception("a mistake of ours", extra={"told": {"request": request_id}})
            if not answer.status:
                await self._refuse(mistake(), scope, receive, answer)
            elif not answer.is_whole:
                raise

    @staticmethod
    async def _refuse(problem: Problem, scope: Scope, receive: Receive, answer: _Answer) -> None:
        state = scope["state"]
        response = refusal(problem, state["request_id"], as_page=state["as_page"])
        await response(scope, receive, answer.send)

    def _admit(self, scope: Scope) -> None:
        self._service.requests.take(self._service.client(scope))
        if self._active > self._service.config.most_requests:
            raise busy("More requests are under way than can be taken on.")

    def _count(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._service.metrics.served(route, status, seconds)
        if self._service.config.access_log:
            moment = self._service.clock.now()
            self._lines.served(moment, request_id, scope["method"], route, status, seconds)
