"""A real HTTP timestamp authority on loopback, with a knob for each fault.

with AuthorityServer(clock) as server:
    server.script = [status(503), right]       # for the first request, and for all that follow
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType

from evidence_ledger.core import timestamp_issuance as issuance
from evidence_ledger.core.timestamp_request import TimestampRequest, parse_request
from evidence_ledger.ports import Clock
from tests.fakes import INDEPENDENT_POLICY, signer_of
from tests.x509_factory import TIMESTAMPS, issue

TYPE = "application/timestamp-reply"


@dataclass(frozen=True)
class Reply:
    """What goes back: ``body`` None means the right token. ``delay`` is in seconds."""

    status: int = 200
    body: bytes | None = None
    kind: str = TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: bool = False


right = Reply()
garbage = Reply(body=b"\x30\x82\xff\xff garbage")
page = Reply(body=b"<html>Please log in</html>", kind="text/html")
oversized = Reply(body=bytes(300 * 1024))
truncated = Reply(body=b"\x30\x82\x10\x00")
rejection = Reply(body=issuance.reject(issuance.Failure.TIME_NOT_AVAILABLE, "The clock is ill."))
hang = Reply(delay=3600.0)
dripping = Reply(drip=True)


def status(code: int, retry_after: str | None = None) -> Reply:
    """Only a status."""
    more = {} if retry_after is None else {"Retry-After": retry_after}
    return Reply(status=code, body=b"", headers=more)


class AuthorityServer:
    """Answers on a port of its own until the block is left.

    ``script`` is worked off request by request; its last reply is for all further ones. ``replay``
    answers every request with the first token given.
    """

    def __init__(self, clock: Clock, name: str = "Loopback", policy: str | None = None) -> None:
        self.script: Sequence[Reply] = [right]
        self.replay = False
        self.requests: list[TimestampRequest] = []
        self.offset = timedelta(0)
        self._policy = policy or INDEPENDENT_POLICY
        self._clock = clock
        self._first: bytes | None = None
        self._stopped = Event()
        self._root = issue(f"Root of {name}", authority=True)
        self._signer = signer_of(issue(name, self._root, purposes=TIMESTAMPS))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._answer, self._stopped))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/tsr"

    @property
    def roots(self) -> tuple[bytes, ...]:
        return (self._root.der,)

    @property
    def pem(self) -> bytes:
        return self._root.pem

    def __enter__(self) -> AuthorityServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: bytes) -> tuple[Reply, bytes]:
        parsed = parse_request(request)
        self.requests.append(parsed)
        reply = self.script[min(len(self.requests), len(self.script)) - 1]
        if reply.body is not None:
            return reply, reply.body
        token = self._first if self.replay and self._first else self._token(parsed)
        self._first = self._first or token
        return reply, token

    def _token(self, wanted: TimestampRequest) -> bytes:
        moment = self._clock.now() + self.offset
        policy = self._policy if wanted.policy is None else wanted.policy
        terms = issuance.Terms(policy, len(self.requests), moment, timedelta(milliseconds=500))
        signer = self._signer
        made = issuance.prepare(wanted, terms, certificate=signer.chain[0], scheme=signer.scheme)
        return issuance.grant(made, signer.sign(made.attributes), signer.chain)


def _handler(
    answer: Callable[[bytes], tuple[Reply, bytes]], stopped: Event
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            reply, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            if stopped.wait(reply.delay):
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self._send(body, drip=reply.drip)

        def _send(self, body: bytes, *, drip: bool) -> None:
            pieces = [body[at : at + 1] for at in range(len(body))] if drip else [body]
            try:
                for piece in pieces:
                    self.wfile.write(piece)
                    if drip and stopped.wait(0.05):
                        return
            except OSError:
                return  # whoever asked has gone

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's
            """Nothing: tests have their own output."""

    return Handler
