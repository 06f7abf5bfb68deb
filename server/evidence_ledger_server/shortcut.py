"""The busiest routes, served without the framework's way round: it costs more than they do.

The framework knows the same routes, with the same functions, and describes them.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from evidence_ledger_server.routes import deposits, fingerprints, log_files


class _Route(NamedTuple):
    method: str
    pattern: re.Pattern[str]
    path: str
    endpoint: Callable[..., Awaitable[Response]]


ROUTES = (
    _Route("POST", re.compile("/v1/deposits"), "/v1/deposits", deposits.deposit),
    _Route("GET", re.compile("/tile/(.*)"), "/tile/{path:path}", log_files.tile),
    _Route(
        "GET",
        re.compile("/v1/fingerprints/([^/]+)/([^/]+)"),
        "/v1/fingerprints/{algorithm}/{digest}",
        fingerprints.find,
    ),
)


class Shortcut:
    """Stands between the gate, which tells errors, and the framework's application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. Raises what the route raises."""
        method, path = scope["method"], scope["path"]
        for route in ROUTES:
            if route.method == method and (match := route.pattern.fullmatch(path)):
                scope["app"], scope["route"] = self._app, route
                request = Request(scope, receive, send)
                answer = await route.endpoint(request, *match.groups())
                return await answer(scope, receive, send)
        return await self._app(scope, receive, send)
