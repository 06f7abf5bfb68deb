"""What ``POST /v1/deposits`` takes: one deposit, or a batch of them.

    {"statement": "{\\"after\\":…}", "signature": "MIIG…", "claims": ["{\\"path\\":…}", …]}
    {"deposits": [{…}, {…}]}

``statement`` and ``claims`` are the canonical texts themselves; ``signature`` is the DER of the
CAdES signature in base64. Without ``claims`` the ledger learns only their root.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from evidence_ledger.core.admission import SignedStatement
from evidence_ledger_server.json_parts import has_more
from evidence_ledger_server.problem import Problem

MOST_DEPOSITS = 1000

_PARTS_A_DEPOSIT = 16
_SHORTEST_CLAIM = 64
"""Bytes, in a body: less than a salt with its path takes."""


@dataclass(frozen=True, slots=True)
class DepositForm:
    """The deposits of one request; ``is_batch`` says how the answer is written."""

    deposits: tuple[SignedStatement, ...]
    is_batch: bool


def parse_form(body: bytes) -> DepositForm:
    """The deposits in a body. Raises Problem (400).

    Nothing is built of a body with more parts than deposits of its length can have.
    """
    if has_more(body, MOST_DEPOSITS * _PARTS_A_DEPOSIT + 2 * len(body) // _SHORTEST_CLAIM):
        raise Problem(400, "http.json-parts", "The body has more parts than deposits have.")
    try:
        members = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "http.json", "The body is no JSON text in UTF-8.") from error
    if not isinstance(members, dict):
        raise _malformed("the body", "an object")
    if "deposits" not in members:
        return DepositForm((_deposit(members, ""),), is_batch=False)
    many = members["deposits"]
    if set(members) != {"deposits"} or not isinstance(many, list):
        raise _malformed("deposits", "a list, alone in the body")
    if not 1 <= len(many) <= MOST_DEPOSITS:
        raise _malformed("deposits", f"a list of 1 to {MOST_DEPOSITS}")
    parsed = tuple(_deposit(one, f"deposits[{at}].") for at, one in enumerate(many))
    return DepositForm(parsed, is_batch=True)


def _deposit(members: object, where: str) -> SignedStatement:
    if not isinstance(members, dict) or not {"statement", "signature"} <= set(members):
        raise _malformed(f"{where}statement, {where}signature", "given")
    strange = sorted(set(members) - {"statement", "signature", "claims"})
    if strange:
        raise Problem(400, "http.member", f"{where}{strange[0][:40]} is no member of a deposit.")
    claims = members.get("claims", [])
    if not isinstance(claims, list):
        raise _malformed(f"{where}claims", "a list of texts")
    return SignedStatement(
        _text(members["statement"], f"{where}statement"),
        _base64(members["signature"], f"{where}signature"),
        [_text(one, f"{where}claims[{at}]") for at, one in enumerate(claims)],
    )


def _text(value: object, where: str) -> bytes:
    if not isinstance(value, str):
        raise _malformed(where, "a text")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _malformed(where, "a text without half characters") from error


def _base64(value: object, where: str) -> bytes:
    if not isinstance(value, str):
        raise _malformed(where, "base64")
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _malformed(where, "base64") from error
    if base64.b64encode(data).decode() != value:
        raise _malformed(where, "base64 in its one form, without line breaks")
    return data


def _malformed(where: str, what: str) -> Problem:
    return Problem(400, "http.member", f"{where} must be {what}.")


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
