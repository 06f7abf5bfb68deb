"""uvicorn's reader of requests, with limits on the size of a head and on the time that it takes."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 256 * 1024
"""Bytes of a request's first line and header fields together."""
SECONDS = 30.0


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request has too large a head, or one that does not end."""

    _in_head = True
    _size = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """See asyncio."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self._size += len(data)
        super().data_received(data)
        if self._in_head and self._size > LARGEST_HEAD:
            self._refuse("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._size = True, 0
        self._wait()

    def on_headers_complete(self) -> None:
        """Its head has ended."""
        self._in_head = False
        self._rest()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._rest()
        says = "The head of the request did not arrive in time."
        self._timer = self.loop.call_later(SECONDS, self._refuse, says)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, says: str) -> None:
        self._rest()
        if not self.transport.is_closing():
            self.send_400_response(says)
