"""Who may do what over HTTP: the register, signed requests, tokens, and their limits."""

from __future__ import annotations

import hashlib
import io
import logging
import sqlite3
import threading
from collections.abc import Iterator, Mapping
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
from evidence_ledger.author import Author, Context
from evidence_ledger.core import certificate, disclosure, entry, statement
from evidence_ledger.core.administration import Act, Enrol, EnrolIssuer, Revoke, Settings
from evidence_ledger.core.certificate import DisclosedClaim
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.container import Container
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import Reference
from evidence_ledger.core.structured_field import bytes_text
from evidence_ledger.ports import Signer
from evidence_ledger_server.access import database
from evidence_ledger_server.access.nonces import FileNonces
from evidence_ledger_server.access.tokens import Scope, Tokens, tokens_in
from tests.fakes import NOON, FakeClock, signer_of
from tests.server.running import ORIGIN, Running, form, read, signed_fields
from tests.server.test_kill import free_port, started
from tests.workbench import fact
from tests.x509_factory import Holder, issue, key_of

LEASE = fact("lease.txt", b"the lease", sm3=False)
CA = issue("CA", authority=True)
FRIEND, STRANGER, COURT = issue("Friend", CA), issue("Stranger"), issue("Court")
ASICE = "application/vnd.etsi.asic-e+zip"


def fingerprint(holder: Holder) -> bytes:
    return hashlib.sha256(holder.der).digest()


def author(holder: Holder) -> Author:
    return Author(signer_of(holder), SystemClock(), SystemEntropy())


def act(server: Running, *acts: Act) -> None:
    """What the operator does with the command line, beside the server that runs."""
    place = open_ledger(server.home)
    try:
        context = Context(place.ledger.origin, place.ledger.point())
        for one in acts:
            place.ledger.deposit([place.operator.administration(one, context)])
    finally:
        place.close()


def handed_in(server: Running, by: Author | Holder, *files: FileFact) -> httpx.Response:
    whose = by if isinstance(by, Author) else author(by)
    fields = [("matter/case_number", "4 O 1/26")]
    return server.deposit(whose.deposit(files or [LEASE], fields, server.context()))


def about(server: Running, index: int) -> Context:
    told = server.client.get(f"/v1/deposits/{index}").raise_for_status().json()
    reference = Reference(index, bytes.fromhex(told["leaf_hash"]))
    context = server.context()
    return Context(context.ledger, context.after, (reference,))


def granted(server: Running, index: int, given: Grant) -> httpx.Response:
    return server.deposit(server.author.grant(given, about(server, index)))


def get(server: Running, path: str, signer: Signer | Holder, **more: Any) -> httpx.Response:
    whose = signer_of(signer, CA) if isinstance(signer, Holder) else signer
    return server.client.get(path, headers=signed_fields(server, path, whose), **more)


def code(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()["code"]
    assert isinstance(told, str)
    return told


CLAIMS = "/v1/deposits/0/claims"


@pytest.fixture
def deposited(server: Running) -> Running:
    """A server with one deposit of two claims."""
    assert handed_in(server, server.author).status_code == 201
    return server


# Handing in


def test_a_closed_ledger_takes_from_the_enrolled(server: Running) -> None:
    act(server, Enrol(fingerprint(FRIEND), frozenset({Role.DEPOSITOR})), Settings(True))
    assert handed_in(server, FRIEND).status_code == 201
    refused = handed_in(server, STRANGER)
    assert code(refused, 403) == "register.not-enrolled"
    assert "evidence register enrol" in refused.json()["hint"]
    act(server, Revoke(fingerprint(FRIEND)))
    assert code(handed_in(server, FRIEND, fact("b", b"b")), 403) == "register.revoked"
    act(server, Settings(False))
    assert handed_in(server, STRANGER).status_code == 201


def test_of_a_batch_each_stands_for_itself(server: Running) -> None:
    act(server, Enrol(fingerprint(FRIEND), frozenset({Role.DEPOSITOR})), Settings(True))
    signed = [
        author(one).deposit([LEASE], [], server.context()) for one in (STRANGER, FRIEND, STRANGER)
    ]
    answer = server.client.post("/v1/deposits", json={"deposits": [form(one) for one in signed]})
    assert answer.status_code == 201
    told = [one.get("error", {}).get("code") for one in answer.json()["deposits"]]
    assert told == ["register.not-enrolled", None, "register.not-enrolled"]


def test_a_ca_vouches_over_http(server: Running) -> None:
    act(server, EnrolIssuer(CA.der, frozenset({Role.DEPOSITOR})), Settings(True))
    assert handed_in(server, FRIEND).status_code == 201
    assert code(handed_in(server, STRANGER), 403) == "register.not-enrolled"


def test_operators_act_over_http_and_others_do_not(server: Running) -> None:
    enrol = Enrol(fingerprint(FRIEND), frozenset({Role.DEPOSITOR}))
    false = author(STRANGER).administration(enrol, server.context())
    assert code(server.deposit(false), 403) == "register.not-operator"
    operator = Author(server.operator, SystemClock(), SystemEntropy())
    assert server.deposit(operator.administration(enrol, server.context())).status_code == 201


# Reading


def test_claims_are_not_for_everybody(deposited: Running) -> None:
    answer = deposited.client.get(CLAIMS)
    assert code(answer, 401) == "access.unsigned"
    assert answer.headers["www-authenticate"] == 'Bearer realm="evidence"'
    assert answer.headers["accept-signature"].startswith('sig=("@method" "@target-uri")')
    assert "lease" not in answer.text
    assert code(get(deposited, CLAIMS, STRANGER), 403) == "claims.not-granted"
    assert code(get(deposited, "/v1/deposits/9/claims", STRANGER), 404) == "ledger.no-such-entry"


def shown(answer: httpx.Response) -> list[DisclosedClaim]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    found = [
        DisclosedClaim(
            one["position"],
            one["claim"].encode(),
            tuple(map(bytes.fromhex, one["path"])) if "path" in one else None,
        )
        for one in told["claims"]
    ]
    said = told["statement"].encode()
    assert entry.parse(told["entry"].encode()).statement == hashlib.sha256(said).digest()
    disclosure.proved(found, statement.parse(said).claims)
    return found


def test_a_depositor_reads_and_can_prove_what_was_claimed(deposited: Running) -> None:
    found = shown(get(deposited, CLAIMS, deposited.depositor))
    assert [one.index for one in found] == [0, 1]
    assert b"lease.txt" in found[0].data


def test_whoever_was_granted_reads_what_was_granted(deposited: Running) -> None:
    assert granted(deposited, 0, Grant(fingerprint(FRIEND), (1,))).status_code == 201
    (one,) = shown(get(deposited, CLAIMS, FRIEND))
    assert (one.index, one.path is not None) == (1, True)
    assert b"lease" not in one.data
    granted(deposited, 0, Grant(fingerprint(FRIEND)))
    assert len(shown(get(deposited, CLAIMS, FRIEND))) == 2
    granted(deposited, 0, Grant(fingerprint(FRIEND), ()))
    assert code(get(deposited, CLAIMS, FRIEND), 403) == "claims.not-granted"


def test_nobody_grants_anothers_claims(deposited: Running) -> None:
    false = author(STRANGER).grant(Grant(fingerprint(STRANGER)), about(deposited, 0))
    assert code(deposited.deposit(false), 403) == "grant.not-depositor"
    assert code(get(deposited, CLAIMS, STRANGER), 403) == "claims.not-granted"


def test_a_court_reads_what_its_order_names(deposited: Running) -> None:
    order = author(COURT).order(about(deposited, 0))
    assert deposited.deposit(order).status_code == 201
    assert code(get(deposited, CLAIMS, COURT), 403) == "claims.not-granted"
    act(deposited, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    assert len(shown(get(deposited, CLAIMS, COURT))) == 2
    handed_in(deposited, deposited.author, fact("b", b"b"))
    assert code(get(deposited, "/v1/deposits/4/claims", COURT), 404) == "ledger.no-such-entry"
    assert code(get(deposited, "/v1/deposits/3/claims", COURT), 403) == "claims.not-granted"


def test_roles_alone_open_no_claims(deposited: Running) -> None:
    roles = frozenset(Role)
    act(deposited, Enrol(fingerprint(FRIEND), roles))
    assert code(get(deposited, CLAIMS, FRIEND), 403) == "claims.not-granted"
    assert code(get(deposited, CLAIMS, deposited.operator), 403) == "claims.not-granted"


def test_the_revoked_read_nothing(deposited: Running) -> None:
    granted(deposited, 0, Grant(fingerprint(FRIEND)))
    act(deposited, Revoke(fingerprint(FRIEND)), Revoke(deposited.author.fingerprint))
    for signer in (FRIEND, deposited.depositor):
        assert code(get(deposited, CLAIMS, signer), 403) == "register.revoked"


def test_a_rotated_key_reads_what_the_old_one_deposited(deposited: Running) -> None:
    rotation = deposited.author.rotation(author(FRIEND), deposited.context())
    assert deposited.deposit(rotation).status_code == 201
    assert len(shown(get(deposited, CLAIMS, FRIEND))) == 2
    assert code(get(deposited, CLAIMS, deposited.depositor), 403) == "register.revoked"


def test_a_certificate_has_the_claims_that_its_reader_may_read(server: Running) -> None:
    signed = server.signed(LEASE, case="4 O 1/26")
    server.deposit(signed, params={"wait": "seal"}).raise_for_status()
    granted(server, 0, Grant(fingerprint(FRIEND), (1,)))
    path = "/v1/deposits/0/certificate"
    positions = []
    for answer in (
        server.client.get(path),
        get(server, path, FRIEND),
        get(server, path, server.depositor),
    ):
        assert answer.status_code == 200, answer.text
        found = certificate.parse(Container(io.BytesIO(answer.content)))
        positions.append([one.index for one in found.claims])
    assert positions == [[], [1], [0, 1]]
    assert code(get(server, path, STRANGER), 403) == "claims.not-granted"
    for told in ("Basic YTpi", "Bearer of-a-proxy"):
        answer = server.client.get(path, headers={"Authorization": told})
        assert answer.status_code == 200
        assert not certificate.parse(Container(io.BytesIO(answer.content))).claims
    false = server.client.get(path, headers=bearer("evidence_x"))
    assert code(false, 401) == "access.token"


def test_what_was_erased_is_gone(deposited: Running) -> None:
    with closing(sqlite3.connect(deposited.home.database)) as connection, connection:
        connection.execute("UPDATE documents SET statement = NULL, signature = NULL")
        connection.execute("DELETE FROM claims")
    assert code(get(deposited, CLAIMS, deposited.depositor), 410) == "claims.erased"


def test_the_register_is_for_auditors_and_operators(server: Running) -> None:
    act(server, Enrol(fingerprint(FRIEND), frozenset({Role.AUDITOR})))
    told = read(server, "/v1/register", signer_of(FRIEND))
    assert told == read(server, "/v1/register", server.operator)
    signers = {one["signer"]: one["roles"] for one in told["signers"]}
    assert signers[fingerprint(FRIEND).hex()] == ["auditor"]
    assert code(get(server, "/v1/register", STRANGER), 403) == "register.not-enrolled"
    act(server, Enrol(fingerprint(COURT), frozenset({Role.COURT})))
    assert code(get(server, "/v1/register", COURT), 403) == "register.role"
    assert code(server.client.get("/v1/register"), 401) == "access.unsigned"


def test_an_auditor_whom_a_ca_vouches_for_shows_its_chain(server: Running) -> None:
    act(server, EnrolIssuer(CA.der, frozenset({Role.AUDITOR})))
    assert get(server, "/v1/register", FRIEND).status_code == 200


# Signed requests


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
        raise NotImplementedError(key_id)


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


# Tokens


def token(home: Home, signer: bytes, *scopes: Scope, days: float = 1) -> str:
    now = SystemClock().now()
    until = now + timedelta(days=days)
    return Tokens(tokens_in(home.folder)).make(signer, scopes, "test", now, until, SystemEntropy())[
        1
    ]


def bearer(text: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_a_token_reads_for_its_signer(deposited: Running) -> None:
    text = token(deposited.home, deposited.author.fingerprint, Scope.CLAIMS)
    assert len(shown(deposited.client.get(CLAIMS, headers=bearer(text)))) == 2
    assert len(shown(deposited.client.get(CLAIMS, headers=bearer(text)))) == 2
    foreign = token(deposited.home, fingerprint(STRANGER), Scope.CLAIMS)
    answer = deposited.client.get(CLAIMS, headers=bearer(foreign))
    assert code(answer, 403) == "claims.not-granted"


def test_a_token_is_for_its_scopes(deposited: Running) -> None:
    whose = deposited.author.fingerprint
    text = token(deposited.home, whose, Scope.REGISTER)
    assert code(deposited.client.get(CLAIMS, headers=bearer(text)), 403) == "access.scope"
    operator = hashlib.sha256(deposited.operator.chain[0]).digest()
    text = token(deposited.home, operator, Scope.CLAIMS)
    answer = deposited.client.get("/v1/register", headers=bearer(text))
    assert code(answer, 403) == "access.scope"
    text = token(deposited.home, operator, Scope.REGISTER)
    assert deposited.client.get("/v1/register", headers=bearer(text)).status_code == 200


def test_a_token_has_no_chain_for_a_ca_to_vouch_for(server: Running) -> None:
    act(server, EnrolIssuer(CA.der, frozenset({Role.AUDITOR})))
    text = token(server.home, fingerprint(FRIEND), Scope.REGISTER)
    answer = server.client.get("/v1/register", headers=bearer(text))
    assert code(answer, 403) == "register.not-enrolled"


def test_tokens_that_do_not_count(deposited: Running) -> None:
    whose = deposited.author.fingerprint
    good, old = (
        token(deposited.home, whose, Scope.CLAIMS),
        token(deposited.home, whose, Scope.CLAIMS, days=-1),
    )
    identifier = good.split("_")[1]
    wrong = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace(identifier, "0" * 16),
        old,
        "x",
        good + "A",
        good.upper(),
    ]
    for text in wrong:
        answer = deposited.client.get(CLAIMS, headers=bearer(text))
        assert code(answer, 401) == "access.token", text
        assert text == "x" or text not in answer.text
    for header in (f"Basic {good}", good, "Bearer", f"Bearer {good}, Bearer {good}"):
        answer = deposited.client.get(CLAIMS, headers={"Authorization": header})
        assert code(answer, 401) == "access.token"
    twice = [("Authorization", f"Bearer {good}")] * 2
    assert code(deposited.client.get(CLAIMS, headers=twice), 401) == "access.token"
    assert deposited.client.get(CLAIMS, headers=bearer(good)).status_code == 200
    Tokens(tokens_in(deposited.home.folder)).revoke(identifier, SystemClock().now())
    assert code(deposited.client.get(CLAIMS, headers=bearer(good)), 401) == "access.token"


def test_a_token_is_no_way_around_a_revocation(deposited: Running) -> None:
    text = token(deposited.home, deposited.author.fingerprint, Scope.CLAIMS)
    act(deposited, Revoke(deposited.author.fingerprint))
    assert code(deposited.client.get(CLAIMS, headers=bearer(text)), 403) == "register.revoked"


def test_no_secret_is_kept_or_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with Running(tmp_path / "served", seal_every=3600.0) as server, caplog.at_level(logging.DEBUG):
        object.__setattr__(server.config, "access_log", True)
        text = token(server.home, server.author.fingerprint, Scope.CLAIMS)
        secret = text.split("_", 2)[2]
        fields = signed_fields(server, CLAIMS, server.depositor)
        for headers in (bearer(text), bearer(text + "x"), fields, fields):
            server.client.get(CLAIMS, headers=headers)
    for path in server.home.folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    assert (tokens_in(server.home.folder).stat().st_mode & 0o777) == 0o600
    told = caplog.text + "".join(capfd.readouterr())
    for one in (secret, fields["signature"], fields["evidence-certificate"]):
        assert one not in told
    assert '"route": "/v1/deposits/{index}/claims"' in told


# Limits


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Running]:
    """A server that takes little of one signer."""
    limits = {"deposit_bytes_per_minute": 40_000, "reads_per_minute": 20}
    with Running(tmp_path / "served", seal_every=3600.0, **limits) as running:
        yield running


def test_the_volume_of_one_signer_is_bounded(limited: Running) -> None:
    fields = [("origin/note", "x" * 3000)]

    def handed(holder: Holder) -> httpx.Response:
        return limited.deposit(author(holder).deposit([LEASE], fields, limited.context()))

    answers = [handed(FRIEND) for _ in range(3)]
    assert answers[0].status_code == 201
    assert code(answers[-1], 429) == "http.too-many"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert handed(STRANGER).status_code == 201


def test_the_reads_of_one_signer_are_bounded(limited: Running) -> None:
    answers = [get(limited, CLAIMS, FRIEND) for _ in range(4)]
    assert answers[0].status_code == 404
    assert code(answers[-1], 429) == "http.too-many"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert get(limited, CLAIMS, STRANGER).status_code == 404
