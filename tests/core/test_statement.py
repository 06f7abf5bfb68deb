"""Statements: one form, every other refused."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.statement import (
    KINDS,
    LONGER,
    MARKABLE,
    MOST_REFS,
    Reference,
    SealFact,
    Statement,
    TreePoint,
    parse,
)
from evidence_ledger.errors import FormatError, NewerFormat
from tests.golden import vectors

HASHES = st.binary(min_size=32, max_size=32)
SIZES = st.integers(0, 2**53 - 1)
POINTS = st.builds(TreePoint, SIZES, HASHES)
STATEMENTS = st.builds(
    Statement,
    kind=st.sampled_from(sorted(KINDS - LONGER)),
    ledger=st.from_regex(r"[\x21-\x2a\x2c-\x7e]{1,40}", fullmatch=True),
    claims=POINTS,
    signer=HASHES,
    made=st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001  # the zone is added by the strategy
        lambda moment: moment.replace(microsecond=0)
    ),
    after=POINTS,
    nonce=st.binary(min_size=16, max_size=16),
    refs=st.lists(st.builds(Reference, SIZES, HASHES), max_size=3).map(tuple),
)
SEALS = st.builds(
    SealFact,
    checkpoint=HASHES,
    size=SIZES,
    root=HASHES,
    tokens=st.lists(HASHES, max_size=3).map(tuple),
    cosignatures=st.lists(HASHES, max_size=3).map(tuple),
)


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("statement.json", vectors.STATEMENT),
        ("seal-statement.json", vectors.SEAL_STATEMENT),
        ("marked-statement.json", vectors.MARKED_STATEMENT),
        ("roll-statement.json", vectors.ROLL_STATEMENT),
        ("administration-statement.json", vectors.ADMINISTRATION_STATEMENT),
        ("grant-statement.json", vectors.GRANT_STATEMENT),
    ],
)
def test_the_golden_statements(name: str, statement: Statement) -> None:
    assert statement.encode() == vectors.read(name)
    assert parse(vectors.read(name)) == statement


@given(STATEMENTS, st.sampled_from(sorted(MARKABLE)), HASHES)
def test_a_marked_statement_has_one_encoding(one: Statement, kind: str, opening: bytes) -> None:
    whole = replace(one, kind=kind, opening=opening)
    data = whole.encode()
    assert parse(data) == whole
    assert parse(data).mark == hashlib.sha256(opening).digest()
    assert rfc8785.dumps(json.loads(data)) == data


@given(STATEMENTS, HASHES)
def test_a_roll_has_one_encoding(one: Statement, root: bytes) -> None:
    whole = replace(one, kind="roll", roll=root)
    data = whole.encode()
    assert parse(data) == whole
    assert parse(data).mark == root
    assert rfc8785.dumps(json.loads(data)) == data


@given(STATEMENTS, st.one_of(st.none(), SEALS))
def test_a_statement_has_one_encoding(one: Statement, seal: SealFact | None) -> None:
    kind = "seal" if seal else one.kind
    whole = Statement(
        kind, one.ledger, one.claims, one.signer, one.made, one.after, one.nonce, one.refs, seal
    )
    data = whole.encode()
    assert parse(data) == whole
    assert rfc8785.dumps(json.loads(data)) == data


def changed(change: Callable[[dict[str, Any]], object], golden: str = "statement.json") -> bytes:
    members = json.loads(vectors.read(golden))
    change(members)
    return rfc8785.dumps(members)


HEX = "00" * 32
CASES: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("statement.members", lambda m: m.pop("after")),
    ("statement.members", lambda m: m.update(x=1)),
    ("statement.members", lambda m: m.update(seal={})),
    ("statement.members", lambda m: m.update(kind="seal")),
    ("statement.version", lambda m: m.update(v=0)),
    ("statement.version", lambda m: m.update(v=True)),
    ("statement.version", lambda m: m.update(v="1")),
    ("statement.version", lambda m: m.pop("v")),
    ("statement.newer", lambda m: m.update(v=2)),
    ("statement.newer", lambda m: m.update(v=2, kind=7, other=1)),
    ("statement.kind", lambda m: m.update(kind=1)),
    ("statement.kind-newer", lambda m: m.update(kind="Deposit")),
    ("statement.ledger", lambda m: m.update(ledger="")),
    ("statement.ledger", lambda m: m.update(ledger="a b")),
    ("statement.ledger", lambda m: m.update(ledger="a+b")),
    ("statement.ledger", lambda m: m.update(ledger="ä")),
    ("statement.ledger", lambda m: m.update(ledger="x" * 256)),
    ("statement.ledger", lambda m: m.update(ledger="x\n")),
    ("statement.member", lambda m: m.update(claims=[])),
    ("statement.member", lambda m: m["claims"].update(x=1)),
    ("statement.member", lambda m: m["after"].update(count=1)),
    ("statement.member", lambda m: m.update(refs=[[]])),
    ("statement.count", lambda m: m["claims"].update(count=-1)),
    ("statement.count", lambda m: m["claims"].update(count=True)),
    ("statement.count", lambda m: m["claims"].update(count="1")),
    ("statement.count", lambda m: m.update(refs=[{"index": -1, "leaf": HEX}])),
    ("hex.malformed", lambda m: m["claims"].update(root=HEX[1:])),
    ("hex.malformed", lambda m: m.update(signer="AB" * 32)),
    ("hex.malformed", lambda m: m.update(refs=[{"index": 1, "leaf": None}])),
    ("time.malformed", lambda m: m.update(made="2026-11-22T10:00:00.000000Z")),
    ("time.malformed", lambda m: m.update(made=0)),
    ("statement.nonce", lambda m: m.update(nonce="AAAA")),
    ("base64.malformed", lambda m: m.update(nonce=1)),
    ("base64.not-canonical", lambda m: m.update(nonce=base64.b64encode(b"\xff" * 15).decode())),
    ("statement.members", lambda m: m.update(kind="roll")),
    ("statement.members", lambda m: m.update(kind="rotation", opening=HEX)),
    ("statement.members", lambda m: m.update(roll=HEX)),
    ("statement.members", lambda m: m.update(kind="roll", roll=HEX, opening=HEX)),
    ("hex.malformed", lambda m: m.update(kind="roll", roll=1)),
    ("hex.malformed", lambda m: m.update(opening=None)),
    ("hex.malformed", lambda m: m.update(opening=HEX[2:])),
    ("statement.list", lambda m: m.update(refs={})),
    ("statement.list", lambda m: m.update(refs=[{"index": 0, "leaf": HEX}] * (MOST_REFS + 1))),
]


@pytest.mark.parametrize(("reason", "change"), CASES)
def test_every_other_statement_is_refused(
    reason: str, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(FormatError) as caught:
        parse(changed(change))
    assert caught.value.reason == reason
    assert isinstance(caught.value, NewerFormat) is reason.endswith("newer")


SEAL_CASES: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("statement.members", lambda m: m.pop("seal")),
    ("statement.members", lambda m: m.update(kind="deposit")),
    ("statement.members", lambda m: m.update(opening=HEX)),
    ("statement.member", lambda m: m["seal"].update(x=1)),
    ("statement.member", lambda m: m.update(seal=None)),
    ("statement.list", lambda m: m["seal"].update(tokens={})),
    ("hex.malformed", lambda m: m["seal"].update(tokens=["00"])),
    ("hex.malformed", lambda m: m["seal"].update(cosignatures=[1])),
    ("statement.count", lambda m: m["seal"].update(size=-1)),
]


@pytest.mark.parametrize(("reason", "change"), SEAL_CASES)
def test_every_other_seal_is_refused(
    reason: str, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(FormatError) as caught:
        parse(changed(change, "seal-statement.json"))
    assert caught.value.reason == reason


@pytest.mark.parametrize("data", [b"[]", b"1", b"null"])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        parse(data)
    assert caught.value.reason == "statement.malformed"
