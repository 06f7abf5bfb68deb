"""Acts and grants: one form each, every other refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.administration import (
    Act,
    AddRevocationList,
    ChangeRoles,
    Enrol,
    EnrolIssuer,
    Revoke,
    RevokeIssuer,
    Rotate,
    Settings,
    act_json,
    parse_act,
)
from evidence_ledger.core.canonical import Json, base64url_text
from evidence_ledger.core.grant import Grant, parse_grant
from evidence_ledger.core.permitted_name import checked_permitted
from evidence_ledger.core.role import Role, may_hand_in
from evidence_ledger.core.statement import KINDS, parse
from evidence_ledger.errors import FormatError, NewerFormat
from tests.golden import vectors
from tests.revocation_factory import crl
from tests.workbench import CA

HASHES = st.binary(min_size=32, max_size=32)
ROLES = st.frozensets(st.sampled_from(Role), min_size=1)
LIST = crl(CA)
NAMES = st.lists(
    st.sampled_from(
        ["dir:O=B,C=DE", "dns:a.example", "ip:10.0.0.0/8", "mail:c@b.example", "uri:.a.example"]
    ),
    unique=True,
).map(sorted)
ACTS: st.SearchStrategy[Act] = st.one_of(
    st.builds(Enrol, HASHES, ROLES),
    st.builds(
        EnrolIssuer,
        st.just(CA.der),
        ROLES.map(lambda roles: (roles - {Role.OPERATOR}) or frozenset({Role.COURT})),
        NAMES.map(tuple),
        st.booleans(),
    ),
    st.builds(ChangeRoles, HASHES, ROLES),
    st.builds(Revoke, HASHES, st.booleans()),
    st.builds(RevokeIssuer, HASHES),
    st.just(AddRevocationList(LIST)),
    st.builds(Settings, st.booleans()),
    st.builds(Rotate, HASHES, st.binary(min_size=1, max_size=99)),
)
HEX = "ab" * 32


@given(ACTS)
def test_an_act_is_read_as_it_was_written(act: Act) -> None:
    assert parse_act(act_json(act)) == act


@given(st.builds(Grant, HASHES, st.none() | st.frozensets(st.integers(0, 2**53 - 1)).map(sorted)))
def test_a_grant_is_read_as_it_was_written(grant: Grant) -> None:
    found = parse_grant(grant.to_json())
    assert found.signer == grant.signer
    assert found.claims == (None if grant.claims is None else tuple(grant.claims))


ENROL: dict[str, Json] = {"act": "enrol", "roles": ["court"], "signer": HEX}
ISSUER = dict(act_json(EnrolIssuer(CA.der, frozenset({Role.NOTARY}), ("dns:a.example",), True)))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "administration.malformed"),
        ({"roles": ["court"], "signer": HEX}, "administration.malformed"),
        (ENROL | {"more": 1}, "administration.members"),
        (ENROL | {"roles": []}, "administration.roles"),
        (ENROL | {"roles": ["king"]}, "administration.roles"),
        (ENROL | {"roles": "court"}, "administration.list-order"),
        (ENROL | {"roles": ["notary", "court"]}, "administration.list-order"),
        (ENROL | {"roles": ["court", "court"]}, "administration.list-order"),
        (ENROL | {"signer": HEX.upper()}, "hex.malformed"),
        (ENROL | {"signer": HEX[2:]}, "hex.malformed"),
        (ISSUER | {"roles": ["operator"]}, "administration.operator"),
        (ISSUER | {"revocation": "perhaps"}, "administration.revocation"),
        (ISSUER | {"revocation": True}, "administration.revocation"),
        (ISSUER | {"permitted": ["ip:10.0.0.1"]}, "administration.permitted"),
        (ISSUER | {"permitted": ["mail:Firm.example"]}, "administration.permitted"),
        (ISSUER | {"permitted": ["dns:"]}, "administration.permitted"),
        (ISSUER | {"permitted": ["b", "a"]}, "administration.list-order"),
        (ISSUER | {"certificate": ""}, "administration.size"),
        (ISSUER | {"certificate": f"{ISSUER['certificate']}="}, "base64.not-canonical"),
        ({"act": "settings", "closed": 1}, "administration.settings"),
        ({"act": "revoke", "signer": 7}, "hex.malformed"),
        (
            {"act": "rotate", "proof": base64url_text(bytes(64 * 1024 + 1)), "signer": HEX},
            "administration.size",
        ),
    ],
)
def test_what_is_no_act_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_act(value)
    assert caught.value.reason == reason
    assert not isinstance(caught.value, NewerFormat)


def test_an_unknown_act_is_newer() -> None:
    with pytest.raises(NewerFormat):
        parse_act({"act": "crown", "signer": HEX})


def test_a_root_that_is_no_x509_certificate_is_refused() -> None:
    with pytest.raises(FormatError):
        parse_act(ISSUER | {"certificate": base64url_text(CA.der[:-1])})


def test_a_list_that_is_none_is_refused() -> None:
    with pytest.raises(FormatError):
        parse_act({"act": "revocation-list", "list": base64url_text(LIST + b"\0")})


@pytest.mark.parametrize(
    "claims",
    ["all", [1, 0], [0, 0], [-1], [True], [0.5], ["0"], list(range(4097)), {"0": 1}],
)
def test_positions_that_are_none_are_refused(claims: Any) -> None:
    with pytest.raises(FormatError) as caught:
        parse_grant({"claims": claims, "signer": HEX})
    assert caught.value.reason == "grant.claims"


def test_a_grant_has_one_reference() -> None:
    data = vectors.GRANT_STATEMENT.encode()
    start = data.index(b'"refs":[') + len(b'"refs":[')
    end = data.index(b"]", start)
    assert parse(data).grant == vectors.GRANT_STATEMENT.grant
    for refs in (b"", data[start:end] + b"," + data[start:end]):
        with pytest.raises(FormatError) as caught:
            parse(data[:start] + refs + data[end:])
        assert caught.value.reason == "grant.refs"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_for_some_role_and_the_auditor_writes_none(kind: str) -> None:
    assert any(may_hand_in(kind, {role}) for role in Role)
    assert not may_hand_in(kind, set())
    if kind not in ("administration", "grant", "rotation"):
        assert not may_hand_in(kind, {Role.AUDITOR})


def test_a_kind_that_is_not_known_is_for_nobody() -> None:
    assert not may_hand_in("coronation", set(Role))


def test_names_are_checked_as_typed() -> None:
    assert checked_permitted(["mail:a@firm.example"]) == ("mail:a@firm.example",)
    with pytest.raises(FormatError):
        checked_permitted(["firm.example"])


def test_revocations_of_both_times_have_names_of_their_own() -> None:
    """The older act keeps its meaning; programs that do not know the newer one say so."""
    assert act_json(Revoke(bytes(32))) == {"act": "exclude", "signer": "00" * 32}
    assert parse_act({"act": "revoke", "signer": HEX}) == Revoke(bytes.fromhex(HEX), always=False)
