"""A closed ledger over HTTP: who may hand nothing in costs the check of a signature, no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from evidence_ledger.assembly import open_ledger
from evidence_ledger.author import Context
from evidence_ledger.core.administration import Act, Enrol, EnrolIssuer, Revoke, Settings
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.role import Role
from tests.server.acting import CA, FRIEND, STRANGER, act, author, code, fingerprint, handed_in
from tests.server.running import Running, form
from tests.workbench import fact
from tests.x509_factory import Holder

DEPOSITORS = frozenset({Role.DEPOSITOR})
ENROLLED = Enrol(fingerprint(FRIEND), DEPOSITORS)


def with_bad_claims(server: Running, by: Holder) -> SignedStatement:
    signed = author(by).deposit([fact("a", b"a")], [], server.context())
    return replace(signed, claims=[b"{}" for _ in signed.claims])


def in_one_body(server: Running, *signed: SignedStatement) -> list[Any]:
    answer = server.client.post("/v1/deposits", json={"deposits": [form(one) for one in signed]})
    return [
        one.get("error", {}).get("code") for one in answer.raise_for_status().json()["deposits"]
    ]


@pytest.fixture(params=[0, 1], ids=["here", "in a process"])
def closed(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A server over a ledger that takes from FRIEND, checking here or in another process."""
    settings = {"seal_every": 3600.0, "check_processes": request.param}
    with Running(tmp_path / "closed", **settings) as server:
        act(server, ENROLLED, Settings(True))
        # Whoever came first after the act brought the register up to date.
        assert handed_in(server, FRIEND).status_code == 201
        yield server


def test_claims_of_a_stranger_are_not_looked_at(closed: Running) -> None:
    """Before, bodies of any size were checked to the end and refused then."""
    assert code(closed.deposit(with_bad_claims(closed, STRANGER)), 403) == "register.not-enrolled"
    assert code(closed.deposit(with_bad_claims(closed, FRIEND)), 422) == "claims.root"


def test_the_register_says_nothing_to_who_does_not_sign(closed: Running) -> None:
    """Nobody learns who is enrolled by naming them."""
    for whose in (FRIEND, STRANGER):
        signed = with_bad_claims(closed, whose)
        other = author(whose).deposit([fact("b", b"b")], [], closed.context())
        answer = closed.deposit(replace(signed, signature=other.signature))
        assert not code(answer, 422).startswith("register")


def test_who_is_enrolled_meanwhile_hands_in_at_once(closed: Running) -> None:
    assert code(handed_in(closed, STRANGER), 403) == "register.not-enrolled"
    act(closed, Enrol(fingerprint(STRANGER), DEPOSITORS))
    assert handed_in(closed, STRANGER).status_code == 201
    act(closed, Revoke(fingerprint(STRANGER)))
    assert code(handed_in(closed, STRANGER, fact("b", b"b")), 403) == "register.revoked"


def test_whom_a_ca_vouches_for_is_let_in(closed: Running) -> None:
    act(closed, Revoke(fingerprint(FRIEND)), ENROLLED, EnrolIssuer(CA.der, DEPOSITORS))
    assert handed_in(closed, FRIEND, fact("c", b"c")).status_code == 201
    assert code(closed.deposit(with_bad_claims(closed, STRANGER)), 403) == "register.not-enrolled"


def test_what_is_there_already_is_answered_as_before(closed: Running) -> None:
    """The same bytes again give the same answer, whoever was revoked meanwhile."""
    signed = author(FRIEND).deposit([fact("d", b"d")], [], closed.context())
    first = closed.deposit(signed).json()
    act(closed, Revoke(fingerprint(FRIEND)))
    stranger = with_bad_claims(closed, STRANGER)
    assert in_one_body(closed, stranger, signed) == ["register.not-enrolled", None]
    again = closed.deposit(signed)
    assert (again.status_code, again.json()) == (200, first | {"repeated": True})


def enrolling(closed: Running, one: Act) -> SignedStatement:
    place = open_ledger(closed.home)
    try:
        return place.operator.administration(one, Context(place.ledger.origin))
    finally:
        place.close()


def test_an_act_counts_for_what_comes_after_it_in_the_same_body(closed: Running) -> None:
    enrol = enrolling(closed, Enrol(fingerprint(STRANGER), DEPOSITORS))
    signed = author(STRANGER).deposit([fact("e", b"e")], [], closed.context())
    assert in_one_body(closed, signed, enrol) == ["register.not-enrolled", None]
    revoke = enrolling(closed, Revoke(fingerprint(STRANGER)))
    enrol = enrolling(closed, Enrol(fingerprint(STRANGER), DEPOSITORS))
    assert in_one_body(closed, revoke, enrol, signed) == [None, None, None]


def test_an_act_of_a_stranger_opens_nothing(closed: Running) -> None:
    signed = author(STRANGER).administration(
        Enrol(fingerprint(STRANGER), DEPOSITORS), closed.context()
    )
    answer: httpx.Response = closed.client.post(
        "/v1/deposits",
        json={"deposits": [form(signed), form(with_bad_claims(closed, STRANGER))]},
    )
    told = [one["error"]["code"] for one in answer.json()["deposits"]]
    assert told == ["register.not-enrolled", "register.not-enrolled"]


def test_an_open_ledger_takes_nothing_from_the_revoked(server: Running) -> None:
    assert handed_in(server, FRIEND).status_code == 201
    act(server, Revoke(fingerprint(FRIEND)))
    assert code(handed_in(server, FRIEND, fact("b", b"b")), 403) == "register.revoked"
    assert code(server.deposit(with_bad_claims(server, FRIEND)), 403) == "register.revoked"
    assert handed_in(server, STRANGER).status_code == 201
