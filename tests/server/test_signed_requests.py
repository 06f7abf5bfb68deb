"""Signed requests over HTTP, each good for once, and the nonces that make them so."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.key_files import open_signer
from evidence_ledger.adapters.keys.request_signer import RequestSigner
from evidence_ledger.assembly import create_ledger, open_depositor, open_ledger
from evidence_ledger.author import Context
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.structured_field import bytes_text
from evidence_ledger_server.access import database
from evidence_ledger_server.access.nonces import FileNonces
from tests.fakes import NOON, FakeClock
from tests.server.acting import (
    CLAIMS,
    FRIEND,
    LEASE,
    code,
    fingerprint,
    get,
    granted,
    handed_in,
    shown,
)
from tests.server.running import ORIGIN, Running, signed_fields
from tests.server.test_kill import free_port, started
from tests.x509_factory import Holder, issue, key_of


def test_a_signed_request_is_good_for_once_in_all_processes(deposited: Running) -> None:
    fields = signed_fields(deposited, CLAIMS, deposited.depositor)
    assert deposited.client.get(CLAIMS, headers=fields).status_code == 200
    again = deposited.client.get(CLAIMS, headers=fields)
    assert code(again, 401) == "access.replayed"
    host = deposited.url.removeprefix("http://")
    with Running(deposited.home.folder, seal=False, public_url=f"http://{host}") as other:
        assert code(other.client.get(CLAIMS, headers=fields), 401) == "access.replayed"
        fresh = signed_fields(deposited, CLAIMS, deposited.depositor)
        assert other.client.get(CLAIMS, headers=fresh).status_code == 200
        assert code(get(other, CLAIMS, other.depositor), 401) == "http-signature.wrong"


def test_the_target_is_the_one_that_clients_know(tmp_path: Path) -> None:
    """A proxy ends TLS and takes a prefix away."""
    public = "https://ledger.example/firm/"
    with Running(tmp_path / "served", seal=False, public_url=public) as server:
        handed_in(server, server.author)
        maker = RequestSigner(server.depositor, SystemClock(), SystemEntropy())
        for url, status in (
            (f"https://ledger.example/firm{CLAIMS}", 200),
            (f"https://LEDGER.example:443/firm{CLAIMS}", 200),
            (f"https://user:secret@ledger.example/firm{CLAIMS}", 200),
            (f"http://ledger.example/firm{CLAIMS}", 401),
            (f"https://ledger.example{CLAIMS}", 401),
            (f"{server.url}{CLAIMS}", 401),
        ):
            answer = server.client.get(CLAIMS, headers=dict(maker.fields("GET", url)))
            assert answer.status_code == status, url


def test_a_refused_signature_uses_up_no_nonce(deposited: Running) -> None:
    fields = signed_fields(deposited, CLAIMS, deposited.depositor)
    elsewhere = deposited.client.get("/v1/deposits/1/claims", headers=fields)
    assert code(elsewhere, 401) == "http-signature.wrong"
    assert deposited.client.get(CLAIMS, headers=fields).status_code == 200


def test_of_a_request_sent_many_times_at_once_one_is_answered(tmp_path: Path) -> None:
    """By a server of two processes."""
    home, port = Home(tmp_path / "ledger"), free_port()
    create_ledger(home, origin=ORIGIN)
    place = open_ledger(home)
    whose = open_depositor(home)
    place.ledger.deposit([whose.deposit([LEASE], [], Context(ORIGIN))])
    place.close()
    process = started(home.folder, port, workers=2)
    try:
        url = f"http://127.0.0.1:{port}{CLAIMS}"
        for _ in range(5):
            maker = RequestSigner(open_signer(home.depositor), SystemClock(), SystemEntropy())
            fields = dict(maker.fields("GET", url))
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: httpx.get(url, headers=fields), range(8)))  # noqa: B023 - used before the next turn
            assert sorted(one.status_code for one in answers) == [200] + [401] * 7
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.parametrize("moved", [-301, 301])
def test_a_signature_of_another_time_is_refused(deposited: Running, moved: int) -> None:
    clock = FakeClock(SystemClock().now() + timedelta(seconds=moved))
    maker = RequestSigner(deposited.depositor, clock, SystemEntropy())
    fields = dict(maker.fields("GET", f"{deposited.url}{CLAIMS}"))
    answer = deposited.client.get(CLAIMS, headers=fields)
    assert code(answer, 401) == "http-signature.stale"
    assert "clock" in answer.json()["hint"]


def test_a_body_must_be_covered(deposited: Running) -> None:
    fields = signed_fields(deposited, CLAIMS, deposited.depositor)
    answer = deposited.client.request("GET", CLAIMS, headers=fields, content=b"x")
    assert code(answer, 401) == "http-signature.body"
    maker = RequestSigner(deposited.depositor, SystemClock(), SystemEntropy())
    fields = dict(maker.fields("GET", f"{deposited.url}{CLAIMS}", b"x"))
    assert deposited.client.request("GET", CLAIMS, headers=fields, content=b"x").status_code == 200
    fields = dict(maker.fields("GET", f"{deposited.url}{CLAIMS}", b"x"))
    answer = deposited.client.request("GET", CLAIMS, headers=fields, content=b"y")
    assert code(answer, 401) == "http-signature.digest"
    large = deposited.client.request("GET", CLAIMS, headers=fields, content=bytes(100_000))
    assert code(large, 413) == "http.too-large"


def test_a_query_is_covered(deposited: Running) -> None:
    path = f"{CLAIMS}?a=%41&b"
    assert get(deposited, path, deposited.depositor).status_code == 200
    fields = signed_fields(deposited, path, deposited.depositor)
    answer = deposited.client.get(f"{CLAIMS}?a=A&b", headers=fields)
    assert code(answer, 401) == "http-signature.wrong"


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, holder: Holder) -> None:
        self._key = holder.key

    def resolve_private_key(self, key_id: str) -> Any:
        del key_id
        return self._key

    def resolve_public_key(self, key_id: str) -> Any:
        raise AssertionError(f"whoever signs looks up no public key: {key_id}")


FOREIGN = {
    "p256": algorithms.ECDSA_P256_SHA256,
    "p384": algorithms.ECDSA_P384_SHA384,
    "ed25519": algorithms.ED25519,
    "rsa2048": algorithms.RSA_PSS_SHA512,
}


def foreign(url: str, holder: Holder, kind: str, covered: tuple[str, ...]) -> httpx.Request:
    """A request that another program has signed."""
    certificate = {"Evidence-Certificate": bytes_text(holder.der)}
    request = httpx.Request("GET", url, headers=certificate)
    maker = HTTPMessageSigner(signature_algorithm=FOREIGN[kind], key_resolver=_Keys(holder))
    maker.sign(
        request,
        key_id=fingerprint(holder).hex(),
        nonce=SystemEntropy().take(16).hex(),
        covered_component_ids=covered,
        label="their-label",
    )
    return request


@pytest.mark.parametrize("kind", list(FOREIGN))
@pytest.mark.parametrize(
    "covered",
    [
        ("@method", "@target-uri"),
        ("@method", "@authority", "@path", "@query", "evidence-certificate"),
    ],
)
def test_another_programs_signatures_are_taken(
    deposited: Running, kind: str, covered: tuple[str, ...]
) -> None:
    holder = issue(kind, key=key_of(kind, 9))
    granted(deposited, 0, Grant(fingerprint(holder)))
    request = foreign(f"{deposited.url}{CLAIMS}?x=%20y", holder, kind, covered)
    assert len(shown(deposited.client.send(request))) == 2
    assert code(deposited.client.send(request), 401) == "access.replayed"


def test_what_another_program_does_not_cover_is_refused(deposited: Running) -> None:
    request = foreign(f"{deposited.url}{CLAIMS}", FRIEND, "p256", ("@method", "@authority"))
    assert code(deposited.client.send(request), 401) == "http-signature.covers"


def test_nonces_are_taken_once_by_many_threads(tmp_path: Path) -> None:
    nonces, until = FileNonces(tmp_path / "nonces.sqlite"), NOON + timedelta(minutes=5)
    taken: list[bool] = []
    threads = [
        threading.Thread(target=lambda: taken.append(nonces.take(b"s", "n", NOON, until)))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(taken) == [False] * 7 + [True]
    assert nonces.take(b"t", "n", NOON, until)
    assert nonces.take(b"s", "m", NOON, until)
    assert not nonces.take(b"s", "n", until, until)
    later = until + timedelta(seconds=2)
    assert nonces.take(b"s", "n", later, later)
    with closing(sqlite3.connect(tmp_path / "nonces.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM nonces").fetchone() == (1,)


def test_a_damaged_memory_of_nonces_answers_nobody(deposited: Running) -> None:
    path = deposited.home.folder / "nonces.sqlite"
    path.write_bytes(b"This is no database. " * 500)
    answer = get(deposited, CLAIMS, deposited.depositor)
    assert code(answer, 500) == "ledger.corrupt"
    assert "nonces" not in answer.text
    assert deposited.client.get("/v1/deposits/0").status_code == 200
    path.unlink()
    assert get(deposited, CLAIMS, deposited.depositor).status_code == 200


def test_a_memory_of_nonces_that_somebody_holds_asks_to_come_again(
    deposited: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert get(deposited, CLAIMS, deposited.depositor).status_code == 200
    monkeypatch.setattr(database, "WAIT", 0.05)
    with closing(sqlite3.connect(deposited.home.folder / "nonces.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = get(deposited, CLAIMS, deposited.depositor)
        assert code(answer, 503) == "ledger.locked"
        assert answer.headers["retry-after"] == "1"
        other.rollback()
    assert get(deposited, CLAIMS, deposited.depositor).status_code == 200
