"""Request bodies, read with limits on size, time and the memory of all of them together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Scope

from evidence_ledger_server.problem import Problem, busy, too_large

SLOWEST = 16 * 1024
"""Bytes a second below which a client is not waited for."""


class Room:
    """How many bytes of bodies may be held in memory at once, over all requests."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.held = 0

    def take(self, scope: Scope, count: int) -> None:
        """Hold ``count`` bytes more for a request. Raises Problem (503)."""
        if self.held + count > self._most:
            raise busy("The requests under way are larger than can be taken on.")
        self.held += count
        state = scope["state"]
        state["held"] = state.get("held", 0) + count

    def leave(self, scope: Scope) -> None:
        """The request has ended."""
        self.held -= scope["state"].pop("held", 0)


async def read_body(request: Request, most: int, seconds: float, room: Room) -> bytes:
    """The whole body. Raises Problem (413, 408, 400, 503).

    It may take ``seconds``, and longer the more of it has come; nobody is silent for longer.
    """
    _check_length(request, most)
    first, body, more = b"", bytearray(), True
    with _errors():
        async with asyncio.timeout(seconds) as limit:
            clock = asyncio.get_running_loop().time
            end = clock() + seconds
            while more:
                part, more = _part(await request.receive())
                if len(first) + len(body) + len(part) > most:
                    raise too_large(most)
                room.take(request.scope, len(part))
                # Many small parts take many times their bytes; one that is the whole is not copied.
                if first or body:
                    body += part
                else:
                    first = part
                if more:
                    end = min(end + len(part) / SLOWEST, clock() + seconds)
                    limit.reschedule(end)
    return first + body if body else first


def _check_length(request: Request, most: int) -> None:
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and (len(told) > len(str(most)) or int(told) > most):
        raise too_large(most)


def _part(message: Message) -> tuple[bytes, bool]:
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


async def stream(request: Request, seconds: float) -> AsyncIterator[bytes]:
    """The body's parts as they come, within the time that ``read_body`` allows.

    What its reader does with a part takes nothing of that time. Raises Problem (408, 400).
    """
    clock = asyncio.get_running_loop().time
    end, more = clock() + seconds, True
    while more:
        with _errors():
            async with asyncio.timeout_at(end):
                part, more = _part(await request.receive())
        came = clock()
        end = min(end + len(part) / SLOWEST, came + seconds)
        yield part
        end += clock() - came


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Problem(408, "http.slow", "The request did not arrive in time.") from error
    except ClientDisconnect as error:
        raise Problem(400, "http.aborted", "The request ended before its body.") from error
