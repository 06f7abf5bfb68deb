"""Who may do what over HTTP: who hands in, and who reads what."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.author import Author
from evidence_ledger.core import certificate
from evidence_ledger.core.administration import Enrol, EnrolIssuer, Revoke, Settings
from evidence_ledger.core.container import Container
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.role import Role
from tests.fakes import signer_of
from tests.fence import take_down
from tests.server.acting import (
    CA,
    CLAIMS,
    COURT,
    FRIEND,
    LEASE,
    STRANGER,
    about,
    act,
    author,
    bearer,
    code,
    fingerprint,
    get,
    granted,
    handed_in,
    shown,
)
from tests.server.running import Running, form, read
from tests.workbench import fact

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
        take_down(connection)
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
