"""Request bodies, read with a limit on size and on time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from evidence_ledger_server.problem import Problem, too_large


async def read_body(request: Request, most: int, seconds: float) -> bytes:
    """The whole body. Raises Problem (413, 408, 400)."""
    _check_length(request, most)
    parts, size = [], 0
    async for part in stream(request, seconds):
        size += len(part)
        if size > most:
            raise too_large(most)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _check_length(request: Request, most: int) -> None:
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and int(told) > most:
        raise too_large(most)


async def stream(request: Request, seconds: float) -> AsyncIterator[bytes]:
    """The body's parts as they come; each within ``seconds``. Raises Problem (408, 400)."""
    parts = request.stream()
    while True:
        try:
            async with asyncio.timeout(seconds):
                part = await anext(parts)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Problem(408, "http.slow", "The request did not arrive in time.") from error
        except ClientDisconnect as error:
            raise Problem(400, "http.aborted", "The request ended before its body.") from error
        yield part
