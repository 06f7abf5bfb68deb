"""The time that a body may take to come."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import Message

from evidence_ledger_server.body import stream

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
