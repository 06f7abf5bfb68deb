"""Witnesses over HTTP: what is sent, and every answer that there can be."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx
import pytest

from evidence_ledger.adapters.witnesses.http import LARGEST, HttpWitness
from evidence_ledger.core.note import Note
from evidence_ledger.errors import (
    EvidenceError,
    UsageError,
    WitnessAnswerInvalid,
    WitnessElsewhere,
    WitnessRefused,
    WitnessUnreachable,
)
from tests.small_log import LOG, LOG_ML_DSA, SmallLog, make_key

SMALL = SmallLog([b"one", b"two", b"three"])
WITNESS = make_key("w.example")
VKEYS = [WITNESS.verifier.encode()]
NOTE = SMALL.note(make_key("other.example"), signers=(LOG, LOG_ML_DSA)).encode()
URL = "https://witness.example/prefix/"
SIZE = {"Content-Type": "text/x.tlog.size"}


def witness(
    answer: Callable[[httpx.Request], httpx.Response], *, ed25519_only: bool = False
) -> HttpWitness:
    transport = httpx.MockTransport(answer)
    return HttpWitness("W", URL, VKEYS, transport=transport, ed25519_only=ed25519_only)


def asked(answer: httpx.Response | Exception, proof: Sequence[bytes] = ()) -> bytes:
    def handle(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return witness(handle).add_checkpoint(0, proof, NOTE)


def sent(*, ed25519_only: bool = False) -> httpx.Request:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"lines")

    one = witness(handle, ed25519_only=ed25519_only)
    assert one.add_checkpoint(2, [b"a" * 32, b"b" * 32], NOTE) == b"lines"
    return seen[0]


def test_what_is_sent_is_the_specification_s_body() -> None:
    request = sent()
    assert (request.method, str(request.url)) == ("POST", f"{URL}add-checkpoint")
    head, _, note = request.content.partition(b"\n\n")
    assert head.split(b"\n") == [
        b"old 2",
        b"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=",
        b"YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=",
    ]
    assert Note.parse(note).text == SMALL.text


def test_foreign_cosignatures_are_stripped() -> None:
    note = Note.parse(sent().content.partition(b"\n\n")[2])
    assert [(one.name, len(one.signature)) for one in note.signatures] == [
        (LOG.name, 64),
        (LOG.name, 2428),
    ]


def test_only_the_short_line_is_sent_where_asked_for() -> None:
    request = sent(ed25519_only=True)
    note = Note.parse(request.content.partition(b"\n\n")[2])
    assert [len(one.signature) for one in note.signatures] == [64]
    assert len(request.content) < 1024


def test_a_proof_of_more_than_63_hashes_is_never_sent() -> None:
    with pytest.raises(UsageError):
        asked(httpx.Response(200), [bytes(32)] * 64)


@pytest.mark.parametrize("size", [0, 3, 2**64 - 1])
def test_a_conflict_names_the_size(size: int) -> None:
    with pytest.raises(WitnessElsewhere) as caught:
        asked(httpx.Response(409, headers=SIZE, content=f"{size}\n".encode()))
    assert caught.value.size == size


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(400), WitnessRefused),
        (httpx.Response(403), WitnessRefused),
        (httpx.Response(404), WitnessRefused),
        (httpx.Response(418), WitnessRefused),
        (httpx.Response(422), WitnessRefused),
        (httpx.Response(429), WitnessUnreachable),
        (httpx.Response(500), WitnessUnreachable),
        (httpx.Response(503), WitnessUnreachable),
        (httpx.Response(204), WitnessAnswerInvalid),
        (httpx.Response(301, headers={"Location": "http://x"}), WitnessAnswerInvalid),
        (httpx.Response(409, content=b"3\n"), WitnessAnswerInvalid),
        (
            httpx.Response(409, content=b"3\n", headers={"Content-Type": "text/plain"}),
            WitnessAnswerInvalid,
        ),
        (httpx.Response(409, headers=SIZE, content=b"3"), WitnessAnswerInvalid),
        (httpx.Response(409, headers=SIZE, content=b"03\n"), WitnessAnswerInvalid),
        (httpx.Response(409, headers=SIZE, content=b"-3\n"), WitnessAnswerInvalid),
        (httpx.Response(409, headers=SIZE, content=b"\n"), WitnessAnswerInvalid),
        (httpx.Response(409, headers=SIZE, content=b"9" * 5000 + b"\n"), WitnessAnswerInvalid),
        (httpx.Response(409, headers=SIZE, content=b"3\xff\n"), WitnessAnswerInvalid),
        (httpx.Response(200, content=b"x" * (LARGEST + 1)), WitnessAnswerInvalid),
        (httpx.Response(200, headers={"Content-Encoding": "br"}), WitnessAnswerInvalid),
        (httpx.ConnectError("no way"), WitnessUnreachable),
        (httpx.ReadTimeout("slow"), WitnessUnreachable),
        (httpx.RemoteProtocolError("garbled"), WitnessUnreachable),
    ],
    ids=lambda value: getattr(value, "__name__", None) or str(value)[:40],
)
def test_every_other_answer_is_an_error_of_the_tree(
    answer: httpx.Response | Exception, error: type[EvidenceError]
) -> None:
    with pytest.raises(error):
        asked(answer)


def test_an_address_that_is_none_is_unreachable() -> None:
    with pytest.raises(WitnessUnreachable):
        HttpWitness("W", "http://[", VKEYS).add_checkpoint(0, (), NOTE)


class _Server(http.server.ThreadingHTTPServer):
    connections = 0


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pause = 0.0

    def setup(self) -> None:
        super().setup()
        assert isinstance(self.server, _Server)
        self.server.connections += 1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        for sign in b"line":
            self.wfile.write(bytes([sign]))
            self.wfile.flush()
            time.sleep(self.pause)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(pause: float = 0.0) -> Iterator[tuple[_Server, str]]:
    handler = type("Slow", (_Handler,), {"pause": pause})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_connection_is_kept_and_closed_at_the_end() -> None:
    with serving() as (server, url):
        one = HttpWitness("W", url, VKEYS)
        assert [one.add_checkpoint(0, (), NOTE) for _ in range(3)] == [b"line"] * 3
        assert server.connections == 1
        one.close()
        assert one.add_checkpoint(0, (), NOTE) == b"line"
        assert server.connections == 2
        one.close()
        one.close()


def test_an_answer_that_trickles_in_is_given_up() -> None:
    with serving(0.1) as (_, url):
        one = HttpWitness("W", url, VKEYS, patience=0.15)
        with pytest.raises(WitnessUnreachable):
            one.add_checkpoint(0, (), NOTE)
        one.close()
