"""Bad input and bad days over HTTP: each a clear problem document, nothing lost, nothing leaked."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import open_ledger
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.errors import LedgerCorrupt, LedgerFull, LedgerLocked
from evidence_ledger_server import bounded_http
from evidence_ledger_server.bounded_http import LARGEST_HEAD
from tests.server.running import Running, form
from tests.workbench import Workbench, fact

Body = Callable[[Running], bytes]


def _form(server: Running, **members: object) -> bytes:
    return json.dumps(form(server.signed(fact("a", b"a"))) | members).encode()


MALFORMED: dict[str, tuple[Body, int, str]] = {
    "no JSON": (lambda _: b"{", 400, "http.json"),
    "not UTF-8": (lambda _: b'{"statement":"\xff"}', 400, "http.json"),
    "NaN": (lambda _: b'{"statement":NaN}', 400, "http.json"),
    "nested without end": (lambda _: b"[" * 100_000, 400, "http.json-parts"),
    "a list": (lambda _: b"[]", 400, "http.member"),
    "nothing in it": (lambda _: b"{}", 400, "http.member"),
    "no deposits": (lambda _: b'{"deposits":[]}', 400, "http.member"),
    "deposits that are none": (lambda _: b'{"deposits":[1]}', 400, "http.member"),
    "a strange member": (lambda s: _form(s, more=1), 400, "http.member"),
    "a signature that is no base64": (lambda s: _form(s, signature="é"), 400, "http.member"),
    "base64 with a line break": (lambda s: _form(s, signature="AA==\n"), 400, "http.member"),
    "base64 with stray bits": (lambda s: _form(s, signature="AB=="), 400, "http.member"),
    "half a character": (lambda s: _form(s, claims=["\ud800"]), 400, "http.member"),
    "claims that are no texts": (lambda s: _form(s, claims=[1]), 400, "http.member"),
    "no CMS": (lambda s: _form(s, signature="AAAA"), 400, "der.trailing-bytes"),
    "another's claims": (lambda s: _form(s, claims=["{}"]), 422, "claims.root"),
    "a statement that is not canonical": (
        lambda s: _form(s, statement=" {}"),
        400,
        "json.not-canonical",
    ),
}


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One server for all that is refused."""
    with Running(tmp_path_factory.mktemp("refusals") / "ledger", seal_every=3600.0) as running:
        yield running


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_deposit_is_refused_with_its_reason(looked_at: Running, name: str) -> None:
    make, status, code = MALFORMED[name]
    answer = looked_at.client.post("/v1/deposits", content=make(looked_at))
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), told
    assert told["status"] == status
    assert told["instance"] == "urn:uuid:" + answer.headers["x-request-id"]
    assert not open_head(looked_at.home)


def open_head(home: Home) -> int:
    place = open_ledger(home, read_only=True)
    try:
        return place.ledger.store.head().size
    finally:
        place.close()


def test_a_deposit_for_another_ledger_is_refused(looked_at: Running, tmp_path: Path) -> None:
    signed = Workbench(tmp_path).signed()
    assert looked_at.deposit(signed).json()["code"] == "admission.other-ledger"


def test_a_checkpoint_that_never_was_is_refused(looked_at: Running) -> None:
    context = looked_at.context()
    false = replace(context, after=context.after._replace(size=7))
    signed = looked_at.author.deposit([fact("a", b"a")], [], false)
    answer = looked_at.deposit(signed)
    assert (answer.status_code, answer.json()["code"]) == (422, "statement.after")


def test_nobody_but_the_ledger_hands_in_seals(looked_at: Running) -> None:
    signed = looked_at.signed(fact("a", b"a"))
    forged = signed.statement.replace(b'"kind":"deposit"', b'"kind":"seal"')
    body = form(SignedStatement(forged, signed.signature, signed.claims))
    assert looked_at.client.post("/v1/deposits", json=body).status_code in (400, 422)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/deposits/99", 404),
        ("/v1/deposits/-1", 400),
        ("/v1/deposits/x", 400),
        ("/v1/deposits/99999999999999999999999", 400),
        ("/v1/fingerprints/sha256/zz", 400),
        ("/v1/fingerprints/sha256/..%2f..%2fetc", 404),
        ("/tile/0/000", 404),
        ("/tile/0/000.p/256", 404),
        ("/tile/../checkpoint", 404),
        ("/tile/entries/x001/..%2f..", 404),
        ("/checkpoint", 404),
        ("/nothing", 404),
        ("/v1/deposits?wait=for-ever", 405),
    ],
)
def test_an_address_that_leads_nowhere(looked_at: Running, path: str, status: int) -> None:
    answer = looked_at.client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in answer.text


def test_too_large_is_said_before_it_is_read(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", largest_deposit=1000, seal_every=3600.0) as server:
        answer = server.client.post("/v1/deposits", content=b"x" * 1001)
        assert (answer.status_code, answer.json()["code"]) == (413, "http.too-large")
        streamed = server.client.post("/v1/deposits", content=iter([b"x" * 600] * 2))
        assert streamed.status_code == 413


def test_a_slow_client_is_not_waited_for(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", read_timeout=0.2, seal_every=3600.0) as server:
        address = server.socket.getsockname()
        with socket.create_connection(address, timeout=30) as slow:
            slow.sendall(b"POST /v1/deposits HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
            assert slow.recv(64).startswith(b"HTTP/1.1 408")


def test_a_client_that_drips_is_not_waited_for(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", read_timeout=0.5, seal_every=3600.0) as server:
        address = server.socket.getsockname()
        with socket.create_connection(address, timeout=30) as slow:
            slow.sendall(b"POST /v1/deposits HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
            started = time.monotonic()
            while not select.select([slow], [], [], 0.1)[0]:
                assert time.monotonic() - started < 30
                slow.sendall(b"{")
            assert slow.recv(64).startswith(b"HTTP/1.1 408")


def test_a_body_that_falls_silent_is_not_waited_for_however_much_has_come(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", read_timeout=0.5, seal_every=3600.0) as server:
        address = server.socket.getsockname()
        with socket.create_connection(address, timeout=30) as slow:
            head = b"POST /v1/deposits HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n"
            slow.sendall(head + b"x" * 8_000_000)
            assert slow.recv(64).startswith(b"HTTP/1.1 408")


def test_a_head_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its size, long before its time is up."""
    monkeypatch.setattr(bounded_http, "SECONDS", 3600.0)
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        address = server.socket.getsockname()
        for line in (b"a: b\r\n" * 10, b"x" * 60):
            with socket.create_connection(address, timeout=30) as endless:
                endless.sendall(b"GET /v1/ledger HTTP/1.1\r\nHost: x\r\na: ")
                with suppress(ConnectionError):
                    for _ in range(2 * LARGEST_HEAD // len(line)):
                        endless.sendall(line)
                    assert endless.recv(64).startswith(b"HTTP/1.1 400")
        assert server.client.get("/v1/ledger").status_code == 200


def test_a_slow_head_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_http, "SECONDS", 0.3)
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        address = server.socket.getsockname()
        with socket.create_connection(address, timeout=30) as slow:
            slow.sendall(b"GET /v1/ledger HTTP/1.1\r\n")
            assert slow.recv(64).startswith(b"HTTP/1.1 400")


def test_many_digests_without_a_certificate_are_refused(looked_at: Running) -> None:
    digests = [("digest", (None, f"sha256:{number:064x}")) for number in range(101)]
    answer = looked_at.client.post("/v1/verify", files=digests)
    assert (answer.status_code, answer.json()["code"]) == (413, "http.parts")


def test_repeating_a_public_statement_uses_up_nothing_of_its_author(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", deposits_per_minute=100, seal_every=3600.0) as server:
        signed = form(server.signed(fact("a.txt", b"a")))
        for _ in range(5):
            body = {"deposits": [signed] * 9}
            assert server.client.post("/v1/deposits", json=body).status_code in (200, 201)
        assert server.deposit(server.signed(fact("b.txt", b"b"))).status_code == 201


def test_bodies_are_held_in_bounded_memory(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", most_body_bytes=1000, seal_every=3600.0) as server:
        for _ in range(2):
            large = server.client.post("/v1/deposits", content=b"x" * 1001)
            assert (large.status_code, large.json()["code"]) == (503, "http.busy")
            assert server.client.post("/v1/deposits", content=b"x" * 900).status_code == 400


def test_an_aborted_upload_leaves_nothing(looked_at: Running) -> None:
    before = open_head(looked_at.home)
    with socket.create_connection(looked_at.socket.getsockname(), timeout=30) as gone:
        gone.sendall(b"POST /v1/deposits HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
    assert looked_at.client.get("/v1/health").status_code == 200
    assert open_head(looked_at.home) == before


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", lookups_per_minute=10, seal_every=3600.0) as server:
        answers = [server.client.get("/v1/deposits/0") for _ in range(3)]
        assert [one.status_code for one in answers][1:] == [429, 429]
        assert int(answers[1].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("error", "status"), [(LedgerFull("No space."), 507), (LedgerLocked("Busy."), 503)]
)
def test_a_bad_day_of_the_storage_refuses_deposits_and_keeps_reading(
    server: Running, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    from evidence_ledger.adapters.sql.store import SqlStore

    assert server.deposit(server.signed(fact("a", b"a"))).status_code == 201
    signed = server.signed(fact("b", b"b"))

    def broken(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(SqlStore, "append", broken)
        answer = server.deposit(signed)
        assert answer.status_code == status
        assert int(answer.headers["retry-after"]) >= 1
        assert server.client.get("/v1/deposits/0").status_code == 200
    assert server.deposit(signed).json()["index"] == 1


def test_every_answer_has_the_headers_of_safety(looked_at: Running) -> None:
    for path in ("/v1/health", "/nothing", "/v1/policy"):
        headers = looked_at.client.get(path, headers={"Origin": "https://evil.example"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


UPLOADS: dict[str, tuple[list[tuple[str, Any]], str]] = {
    "a part with another name": ([("other", "x")], "http.part"),
    "a file before the certificate": ([("file", ("a", b"a")), ("certificate", b"x")], "http.part"),
    "two certificates": ([("certificate", b"x"), ("certificate", b"y")], "http.part"),
    "a digest that is none": ([("digest", (None, "md5:00"))], "http.digest"),
    "a policy that is none": ([("policy", (None, "v = 2"))], "policy.newer"),
    "a policy and nothing to check": ([("policy", (None, 'v = 1\nname = "x"\n'))], "http.part"),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_that_makes_no_sense_is_refused(looked_at: Running, name: str) -> None:
    parts, code = UPLOADS[name]
    answer = looked_at.client.post("/v1/verify", files=parts)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["code"] == code, answer.text


def test_garbage_as_a_certificate_is_a_report_and_no_error(looked_at: Running) -> None:
    answer = looked_at.client.post("/v1/verify", files=[("certificate", b"garbage")])
    assert answer.status_code == 200
    assert answer.json()["verdict"] != "PASSED"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    cut = looked_at.client.post("/v1/verify", content=b"--x\r\nConte", headers=kind)
    assert (cut.status_code, cut.json()["code"]) == (400, "http.multipart")
    kind = {"Content-Type": "multipart/form-data; boundary=" + "x" * 5000}
    long = looked_at.client.post("/v1/verify", content=b"--x", headers=kind)
    assert (long.status_code, long.json()["code"]) == (400, "http.multipart")
    text = looked_at.client.post("/v1/verify", content=b"x", headers={"Content-Type": "text/plain"})
    assert text.status_code == 415


@pytest.mark.parametrize("path", ["/v1/ledger", "/v1/fingerprints/sha256/" + "ab" * 32])
def test_a_damaged_ledger_is_told_to_its_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    async def damaged(_: object) -> None:
        raise LedgerCorrupt("Entry 7 is missing or damaged.", where="/var/lib/evidence")

    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        monkeypatch.setattr(server.app.api.state.service.reading, "read", damaged)
        answer = server.client.get(path)
        monkeypatch.undo()
    assert (answer.status_code, answer.json()["code"]) == (500, "ledger.corrupt")
    assert "/var/lib" not in answer.text
    (told,) = [one.told for one in caplog.records if one.getMessage() == "not answered"]  # type: ignore[attr-defined]  # given as extra
    assert "Entry 7" in told["why"]
    assert f"urn:uuid:{told['request']}" == answer.json()["instance"]


@pytest.mark.parametrize("path", ["/v1/ledger", "/v1/fingerprints/sha256/" + "ab" * 32])
def test_a_mistake_of_ours_is_told_without_its_details(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        service = server.app.api.state.service
        monkeypatch.setattr(service.reading, "read", lambda _: 1 // 0)
        answer = server.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Zero" not in answer.text
        monkeypatch.undo()
        assert server.client.get("/v1/ledger").status_code == 200


@pytest.mark.parametrize("index", [2**53, 2**63 - 1, 2**63, 10**30])
def test_an_entry_that_no_ledger_can_have(looked_at: Running, index: int) -> None:
    for path in (f"/v1/deposits/{index}", f"/v1/deposits/{index}/certificate"):
        assert looked_at.client.get(path).status_code in (400, 404)


def test_a_method_that_is_not_taken_is_told_those_that_are(looked_at: Running) -> None:
    answer = looked_at.client.delete("/v1/ledger")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_all_methods_of_an_address_are_told(looked_at: Running) -> None:
    answer = looked_at.client.request("OPTIONS", "/v1/deposits/0/files/0")
    assert (answer.status_code, answer.headers.get_list("allow")) == (405, ["GET, PUT"])
