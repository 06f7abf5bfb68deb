"""A real server on a loopback port, in a thread of the test."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.key_files import open_signer
from evidence_ledger.adapters.keys.request_signer import RequestSigner
from evidence_ledger.assembly import open_depositor
from evidence_ledger.author import Author, Context
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.ports import Signer
from evidence_ledger_server.application import make_application
from evidence_ledger_server.bounded_http import BoundedHttp
from evidence_ledger_server.config import Config
from tests.blank_ledger import blank_home

ORIGIN = "ledger.example/served"


class Running:
    """A server over a fresh ledger, or over the one in ``home``. Use as a context."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.home = Home(home)
        if not self.home.settings.exists():
            blank_home(self.home, ORIGIN)
        settings = {"access_log": False, "check_processes": 0} | settings
        self.config = Config(home=home, **settings)
        self.author: Author = open_depositor(self.home)
        self.depositor: Signer = open_signer(self.home.depositor)
        self.operator: Signer = open_signer(self.home.operator)

    def __enter__(self) -> Running:
        self.socket = socket.create_server(("127.0.0.1", 0))
        # As uvloop has it: without, each answer of two writes waits 40 ms for an acknowledgement.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.app = make_application(self.config)
        settings = uvicorn.Config(
            self.app, log_config=None, lifespan="on", server_header=False, http=BoundedHttp
        )
        self.server = uvicorn.Server(settings)
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        self.client = httpx.Client(base_url=self.url, timeout=60)
        while not self.server.started and self.thread.is_alive():
            self.thread.join(0.01)
        return self

    def _serve(self) -> None:
        asyncio.run(self.server.serve([self.socket]))

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.server.should_exit = True
        self.thread.join(60)
        self.socket.close()
        assert not self.thread.is_alive()

    def context(self) -> Context:
        """What a depositor learns before signing."""
        told = self.client.get("/v1/ledger").raise_for_status().json()
        after = TreePoint(told["after"]["size"], bytes.fromhex(told["after"]["root"]))
        return Context(told["origin"], after)

    def signed(self, *files: FileFact, case: str | None = None) -> SignedStatement:
        """A deposit that is signed and not handed in."""
        fields = [] if case is None else [("matter/case_number", case)]
        return self.author.deposit(files, fields, self.context())

    def deposit(self, signed: SignedStatement, **keywords: Any) -> httpx.Response:
        """Hand it in."""
        return self.client.post("/v1/deposits", json=form(signed), **keywords)


def read(server: Running, path: str, signer: Signer) -> dict[str, Any]:
    """What somebody reads who signs the request."""
    answer = server.client.get(path, headers=signed_fields(server, path, signer))
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def signed_fields(
    server: Running, path: str, signer: Signer, method: str = "GET"
) -> dict[str, str]:
    """The header fields of a signed request without a body."""
    maker = RequestSigner(signer, SystemClock(), SystemEntropy())
    return dict(maker.fields(method, f"{server.url}{path}"))


def form(signed: SignedStatement) -> dict[str, Any]:
    """The body that ``POST /v1/deposits`` takes."""
    from base64 import b64encode

    claims: Sequence[bytes] = signed.claims
    body: dict[str, Any] = {
        "statement": signed.statement.decode(),
        "signature": b64encode(signed.signature).decode(),
    }
    return body | ({"claims": [one.decode() for one in claims]} if claims else {})
