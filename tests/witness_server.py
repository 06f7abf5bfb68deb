"""A witness on loopback, with the answers of C2SP tlog-witness."""

from __future__ import annotations

import http.server
import threading
from base64 import b64decode
from collections.abc import Sequence
from types import TracebackType

from evidence_ledger.errors import WitnessElsewhere, WitnessRefused
from evidence_ledger.ports import Clock
from tests.fake_witness import FakeWitness
from tests.small_log import TestKey


class WitnessServer:
    """Serves ``witness`` while it is entered; ``status`` overrides its answers."""

    def __init__(
        self, name: str, clock: Clock, logs: Sequence[str], keys: Sequence[TestKey] | None = None
    ) -> None:
        self.witness = FakeWitness(name, clock, logs=logs, keys=keys)
        self.status: int | None = None
        self.bodies: list[bytes] = []
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/"

    def __enter__(self) -> WitnessServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def answer(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        self.bodies.append(body)
        if self.status is not None:
            return self.status, "text/plain", b"no\n"
        head, _, note = body.partition(b"\n\n")
        first, *hashes = head.split(b"\n")
        old = int(first.removeprefix(b"old "))
        try:
            lines = self.witness.add_checkpoint(old, [b64decode(one) for one in hashes], note)
        except WitnessElsewhere as error:
            return 409, "text/x.tlog.size", f"{error.size}\n".encode()
        except WitnessRefused as error:
            return (422 if "422" in str(error) else 403), "text/plain", b"no\n"
        return 200, "text/plain", lines

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, kind, data = server.answer(body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
