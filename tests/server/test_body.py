"""The time that a body may take to come."""

from __future__ import annotations

import asyncio
import tracemalloc

from starlette.requests import Request
from starlette.types import Message

from evidence_ledger_server.body import Room, read_body, stream

SECONDS = 0.05


def test_a_client_is_not_called_slow_for_what_takes_the_server_long() -> None:
    left = [b"a", b"b", b"c"]

    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def taken() -> list[bytes]:
        found = []
        async for part in stream(Request({"type": "http"}, receive), SECONDS):
            await asyncio.sleep(SECONDS * 1.2)
            found.append(part)
        return found

    assert asyncio.run(taken()) == [b"a", b"b", b"c"]


def test_many_small_parts_are_held_as_few_bytes() -> None:
    """A part of two bytes, kept by itself, takes thirty."""
    count = 30_000
    left = iter(range(count, -1, -1))

    async def receive() -> Message:
        await asyncio.sleep(0)
        number = next(left)
        return {"type": "http.request", "body": b"%02d" % (number % 100), "more_body": bool(number)}

    async def read() -> bytes:
        request = Request({"type": "http", "headers": [], "state": {}}, receive)
        return await read_body(request, 1 << 20, 30, Room(1 << 20))

    tracemalloc.start()
    try:
        assert len(asyncio.run(read())) == 2 * (count + 1)
        assert tracemalloc.get_traced_memory()[1] < 512 * 1024
    finally:
        tracemalloc.stop()
