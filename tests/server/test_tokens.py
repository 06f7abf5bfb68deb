"""API tokens over HTTP: for whom, for what and for how long."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.home import Home
from evidence_ledger.core.administration import EnrolIssuer, Revoke
from evidence_ledger.core.role import Role
from evidence_ledger_server.access.tokens import Scope, Tokens, tokens_in
from tests.server.acting import (
    CA,
    CLAIMS,
    FRIEND,
    STRANGER,
    act,
    bearer,
    code,
    fingerprint,
    shown,
)
from tests.server.running import Running, signed_fields


def token(home: Home, signer: bytes, *scopes: Scope, days: float = 1) -> str:
    now = SystemClock().now()
    until = now + timedelta(days=days)
    return Tokens(tokens_in(home.folder)).make(signer, scopes, "test", now, until, SystemEntropy())[
        1
    ]


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
