"""Authorities over HTTP: whatever the other side does, one of two errors comes out."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from evidence_ledger.adapters.clock import SystemEntropy
from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.adapters.timestamping.http import LARGEST, HttpAuthority
from evidence_ledger.adapters.timestamping.local import LocalAuthority
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.errors import (
    AuthorityAnswerInvalid,
    AuthorityBusy,
    AuthorityError,
    AuthorityRefused,
    AuthorityUnreachable,
)
from tests.adapters.test_local_authority import Fixed
from tests.asked import asked
from tests.x509_factory import NOW, TIMESTAMPS, issue

DIGEST = hashlib.sha256(b"x").digest()
REPLY = {"Content-Type": "application/timestamp-reply"}
URL = "http://tsa.example/tsr"

Handler = Callable[[httpx.Request], httpx.Response]


def authority(handler: Handler, patience: float = 30.0) -> HttpAuthority:
    return HttpAuthority("Example", URL, transport=httpx.MockTransport(handler), patience=patience)


def test_the_request_reaches_the_authority_and_its_token_stands() -> None:
    root = issue("Root", authority=True)
    leaf = issue("Authority", root, purposes=TIMESTAMPS)
    local = LocalAuthority(SoftwareSigner(leaf.key, [leaf.der, root.der]), Fixed(), SystemEntropy())

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        assert str(request.url) == URL
        assert request.headers["Content-Type"] == "application/timestamp-query"
        return httpx.Response(200, headers=REPLY, content=local.answer(request.read()))

    remote = HttpAuthority("Example", URL, [root.der], transport=httpx.MockTransport(handler))
    answer = remote.ask(DIGEST, 5)
    at = Fixed().now()
    found = check_token(answer, *asked({"sha256": DIGEST}, roots=remote.roots, nonce=5, at=at))
    assert found.moment >= NOW
    assert (remote.name, remote.independent) == ("Example", True)


def replying(*arguments: object, **more: object) -> Handler:
    return lambda _: httpx.Response(*arguments, **more)  # type: ignore[arg-type]  # as given


def raising(error: Exception) -> Handler:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return handler


def endless() -> Iterator[bytes]:
    while True:
        yield bytes(1 << 16)


FAULTS: dict[str, tuple[Handler, type[AuthorityError], str]] = {
    "refused connection": (
        raising(httpx.ConnectError("connection refused")),
        AuthorityUnreachable,
        "connection refused",
    ),
    "time-out": (raising(httpx.ReadTimeout("")), AuthorityUnreachable, "it took too long"),
    "broken protocol": (
        raising(httpx.RemoteProtocolError("bad")),
        AuthorityUnreachable,
        "bad",
    ),
    "system error": (raising(OSError("no route")), AuthorityUnreachable, "no route"),
    "server error": (replying(503, headers=REPLY), AuthorityBusy, "503"),
    "no content": (replying(204, headers=REPLY), AuthorityAnswerInvalid, "204"),
    "redirection": (
        replying(301, headers={"Location": "http://other.example/"}),
        AuthorityAnswerInvalid,
        "other.example",
    ),
    "a page": (
        replying(200, headers={"Content-Type": "text/html; charset=utf-8"}, content=b"<p>"),
        AuthorityAnswerInvalid,
        "text/html",
    ),
    "no type": (replying(200, content=b"x"), AuthorityAnswerInvalid, "no type"),
    "too large": (
        replying(200, headers=REPLY, content=bytes(LARGEST + 1)),
        AuthorityAnswerInvalid,
        str(LARGEST),
    ),
    "endless": (
        replying(200, headers=REPLY, content=endless()),
        AuthorityAnswerInvalid,
        str(LARGEST),
    ),
    "compressed": (
        replying(
            200,
            headers={**REPLY, "Content-Encoding": "gzip"},
            content=gzip.compress(bytes(1 << 25)),
        ),
        AuthorityAnswerInvalid,
        "compressed",
    ),
    "forbidden": (replying(403), AuthorityRefused, "403"),
    "too many requests": (replying(429), AuthorityBusy, "429"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_becomes_an_error_of_ours(fault: str) -> None:
    handler, kind, words = FAULTS[fault]
    with pytest.raises(AuthorityError, match=words) as caught:
        authority(handler).ask(DIGEST, 5)
    assert type(caught.value) is kind
    assert caught.value.where == URL


def test_an_answer_that_drips_is_cut_off() -> None:
    slow = replying(200, headers=REPLY, content=iter([b"a", b"b"]))
    with pytest.raises(AuthorityUnreachable, match="took more than"):
        authority(slow, patience=0.0).ask(DIGEST, 5)


@pytest.mark.parametrize("url", ["", "tsa.example", "ftp://tsa.example/", "http://[", "http://\0/"])
def test_an_address_that_is_none_is_unreachable(url: str) -> None:
    with pytest.raises(AuthorityUnreachable):
        HttpAuthority("Example", url).ask(DIGEST, 5)


def test_an_answer_of_the_largest_size_is_taken() -> None:
    whole = replying(200, headers=REPLY, content=bytes(LARGEST))
    assert len(authority(whole).ask(DIGEST, 5)) == LARGEST
