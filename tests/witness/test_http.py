"""The HTTP interface, as an ASGI application and as the real program."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from evidence_ledger.adapters.witness import http
from evidence_ledger.adapters.witness.http import WitnessApp
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_note
from evidence_ledger.core.witness_request import LARGEST_REQUEST
from tests.crash.test_witness_kill import running
from tests.small_log import LOG
from tests.witness.bench import WitnessBench, request, root

HASH = hashlib.sha256(LOG.name.encode()).hexdigest()


@pytest.fixture
def bench(tmp_path: Path) -> WitnessBench:
    return WitnessBench(tmp_path)


def asked(
    bench: WitnessBench, method: str, path: str, body: bytes = b"", *, told: list[Any] | None = None
) -> httpx.Response:
    """One request to the application itself."""
    app = WitnessApp(bench.open.service, (told if told is not None else []).append)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://w") as client:
            return await client.request(method, path, content=body)

    return asyncio.run(ask())


def test_add_checkpoint(bench: WitnessBench) -> None:
    told: list[Any] = []
    answer = asked(bench, "POST", "/add-checkpoint", request(0, 5), told=told)
    assert answer.status_code == 200
    assert answer.content.startswith("— witness.example/office ".encode())
    assert [(one.origin, one.reason) for one in told] == [(LOG.name, None)]


def test_a_conflict_has_the_size_and_its_type(bench: WitnessBench) -> None:
    bench.add(0, 5)
    answer = asked(bench, "POST", "/add-checkpoint", request(0, 6))
    assert (answer.status_code, answer.content) == (409, b"5\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"


def test_monitors_get_the_latest_checkpoint(bench: WitnessBench) -> None:
    assert asked(bench, "GET", f"/{HASH}/checkpoint").status_code == 404
    cosignatures = asked(bench, "POST", "/add-checkpoint", request(0, 5)).content
    answer = asked(bench, "GET", f"/{HASH}/checkpoint")
    assert answer.status_code == 200
    note = Note.parse(answer.content)
    assert len(verify_note(note, [LOG.verifier, *bench.vkeys])) == 3
    assert Checkpoint.parse(note.text) == Checkpoint(LOG.name, 5, root(5))
    assert answer.content.endswith(cosignatures)
    head = asked(bench, "HEAD", f"/{HASH}/checkpoint")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(answer.content)))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/add-checkpoint", 405),
        ("PUT", "/add-checkpoint", 405),
        ("POST", "/health", 405),
        ("POST", f"/{HASH}/checkpoint", 405),
        ("GET", "/", 404),
        ("GET", "/checkpoint", 404),
        ("GET", f"/{HASH.upper()}/checkpoint", 404),
        ("GET", f"/{HASH}/checkpoint/", 404),
        ("GET", f"/{HASH[:-1]}/checkpoint", 404),
        ("GET", f"/{'0' * 64}/checkpoint", 404),
        ("POST", "/add-checkpoint/", 404),
        ("POST", "/sign-subtree", 404),
    ],
)
def test_paths_and_methods(bench: WitnessBench, method: str, path: str, status: int) -> None:
    answer = asked(bench, method, path)
    assert answer.status_code == status
    assert (answer.headers.get("allow") is not None) is (status == 405)


def test_the_largest_body_and_one_byte_more(bench: WitnessBench) -> None:
    assert asked(bench, "POST", "/add-checkpoint", bytes(LARGEST_REQUEST)).status_code == 400
    answer = asked(bench, "POST", "/add-checkpoint", bytes(LARGEST_REQUEST + 1))
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")


def messages(*parts: bytes, then: str = "") -> Any:
    """A ``receive`` that gives parts of a body and then waits, or says that the client is gone."""
    left = [{"type": "http.request", "body": part, "more_body": True} for part in parts]

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop(0)
        if then:
            return {"type": then}
        await asyncio.sleep(60)
        raise AssertionError

    return receive


def sent(bench: WitnessBench, receive: Any, headers: list[tuple[bytes, bytes]]) -> int:
    """The status of a request whose body comes in parts."""
    told: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": "/add-checkpoint", "headers": headers}
    app = WitnessApp(bench.open.service, lambda _: None)
    asyncio.run(app(scope, receive, send))
    return int(told[0]["status"])


def test_a_body_without_a_length_is_bounded_too(bench: WitnessBench) -> None:
    parts = [bytes(1000)] * 100
    assert sent(bench, messages(*parts), []) == 413


def test_a_length_too_large_is_refused_before_the_body(bench: WitnessBench) -> None:
    for length in (b"65537", b"9" * 40):
        assert sent(bench, messages(), [(b"content-length", length)]) == 413


def test_a_body_that_does_not_arrive(bench: WitnessBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "REQUEST_TIME", 0.01)
    assert sent(bench, messages(b"old 5\n"), []) == 408


def test_a_client_that_goes_away_changes_nothing(bench: WitnessBench) -> None:
    before = bench.state()
    assert sent(bench, messages(request(0, 5), then="http.disconnect"), []) == 400
    assert bench.state() == before


def test_health_says_when_the_database_is_gone(bench: WitnessBench) -> None:
    bench.open.close()
    assert asked(bench, "GET", "/health").status_code == 503
    assert asked(bench, "POST", "/add-checkpoint", request(0, 5)).status_code == 503


def test_many_at_once_are_all_answered(bench: WitnessBench) -> None:
    """One of each size is cosigned, in some order that only grows; the others are conflicts."""
    app = WitnessApp(bench.open.service, lambda _: None)

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://w") as client:
            bodies = [request(0, size) for size in range(1, 41)]
            posts = [client.post("/add-checkpoint", content=body) for body in bodies]
            return await asyncio.gather(*posts)

    answers = asyncio.run(ask())
    assert sorted(one.status_code for one in answers) == [200] + [409] * 39


@pytest.fixture
def address(bench: WitnessBench) -> Iterator[tuple[subprocess.Popen[str], str]]:
    bench.open.close()
    with running(bench.home) as found:
        yield found


def test_the_real_program_keeps_connections_and_stops_calmly(
    address: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = address
    with httpx.Client(base_url=url) as client:
        assert client.get("/health").content == b"ok\n"
        first = client.post("/add-checkpoint", content=request(0, 5))
        second = client.post("/add-checkpoint", content=request(5, 7))
        assert (first.status_code, second.status_code) == (200, 200)
        stream = first.extensions["network_stream"], second.extensions["network_stream"]
        assert stream[0] is stream[1]
        assert "server" not in first.headers
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert process.stderr is not None
    said = process.stderr.read()
    assert f"200 {LOG.name} cosigned" in said
    assert "PRIVATE" not in said


def test_bytes_that_are_no_http_leave_it_running(
    address: tuple[subprocess.Popen[str], str],
) -> None:
    _, url = address
    port = int(url.rpartition(":")[2])
    for data in (b"\0\xff" * 5000, b"POST /add-checkpoint HTTP/1.1\r\ncontent-length: -1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                pass
    assert httpx.get(f"{url}/health").status_code == 200


def test_answers_go_on_where_nobody_reads_what_is_told(
    address: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = address
    assert process.stderr is not None
    process.stderr.close()
    answers = [
        httpx.post(f"{url}/add-checkpoint", content=request(old, old + 1)) for old in range(3)
    ]
    assert [one.status_code for one in answers] == [200, 200, 200]
