"""A server that never stops sending is left after a while, wherever it has got to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from evidence_ledger.adapters import log_source
from evidence_ledger.adapters.ledger_client import LedgerClient
from evidence_ledger.adapters.log_source import HttpSource
from evidence_ledger.adapters.time_limit import within
from evidence_ledger.errors import LogUnreachable, ServerUnreachable

HEAD = b"HTTP/1.1 200 OK\r\n"
BODY = HEAD + b"Content-Length: 9999\r\n\r\n"


def drip(connection: socket.socket, start: bytes) -> None:
    """One byte after the other, until the client has gone."""
    with connection:
        try:
            connection.recv(9999)
            connection.sendall(start)
            while True:
                connection.sendall(b"a")
                time.sleep(0.05)
        except OSError:
            pass


@pytest.fixture(params=[HEAD, BODY], ids=["header", "body"])
def dripping(request: pytest.FixtureRequest) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=drip, args=(connection, request.param)).start()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def waits() -> set[threading.Thread]:
    return {one for one in threading.enumerate() if one.name == "request"}


def ended(threads: set[threading.Thread]) -> bool:
    for one in threads:
        one.join(5)
    return not any(one.is_alive() for one in threads)


def test_a_log_that_drips_its_headers_or_body_is_left_and_nothing_waits_for_it(
    dripping: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_source, "SECONDS_A_FILE", 0.4)
    start = time.monotonic()
    with HttpSource(dripping) as source:
        for _ in range(2):
            with pytest.raises(LogUnreachable, match="it took too long"):
                source.checkpoint()
        assert time.monotonic() - start < 5
        assert ended(waits())


def test_a_file_that_is_asked_for_while_connections_are_given_up_is_unreachable() -> None:
    with HttpSource("http://127.0.0.1:1") as source:
        source._client.close()
        with pytest.raises(LogUnreachable):
            source.checkpoint()


def test_a_ledger_that_drips_its_headers_or_body_is_left(dripping: str) -> None:
    start = time.monotonic()
    with LedgerClient(dripping, 0.4) as client:
        for _ in range(2):
            with pytest.raises(ServerUnreachable, match="it took too long"):
                client.document("/v1/ledger")
        assert time.monotonic() - start < 5
        assert ended(waits())


def test_what_goes_wrong_within_the_time_is_told_as_it_is() -> None:
    broken: list[None] = []

    def wrong() -> int:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        within(5, wrong, lambda: broken.append(None))
    assert within(5, lambda: 7, lambda: broken.append(None)) == 7
    assert broken == []
