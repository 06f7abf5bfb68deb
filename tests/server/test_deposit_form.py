"""A body is not built where it has more parts than deposits have, however they are nested."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from evidence_ledger_server.deposit_form import MOST_DEPOSITS, parse_form
from evidence_ledger_server.json_parts import has_more
from evidence_ledger_server.problem import Problem

MIB = 1 << 20
HOSTILE = {
    "empty lists": b"[" + b"[]," * MIB + b"[]]",
    "lists in a list": b"[" * 3 * MIB,
    "empty texts": b'["' + b'","' * MIB + b'"]',
    "short texts": b'["' + b'xy","' * MIB + b'"]',
    "objects": b"[" + b'{"a":{}},' * (MIB // 2) + b"{}]",
    "numbers": b"[" + b"1234," * MIB + b"0]",
    "behind a quote that is none": b'{"claims":["\\\\",' + b"[]," * MIB + b"[]]}",
    "in a member of a deposit": b'{"statement":"","signature":"","claims":['
    + b"{}," * MIB
    + b"{}]}",
}


def refusal(body: bytes) -> str:
    with pytest.raises(Problem) as caught:
        parse_form(body)
    return caught.value.code


@pytest.mark.parametrize("name", HOSTILE)
def test_millions_of_parts_are_refused_before_they_are_built(name: str) -> None:
    body = HOSTILE[name]
    tracemalloc.start()
    try:
        assert refusal(body) == "http.json-parts"
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024
    finally:
        tracemalloc.stop()


def test_parts_inside_texts_are_none() -> None:
    body = json.dumps({"statement": '[{,\\"' * MIB, "signature": "", "claims": []}).encode()
    assert len(parse_form(body).deposits) == 1


def test_the_largest_body_that_may_be_has_no_more() -> None:
    """Every claim as short as one can be, and so many deposits as there may be."""
    claim = '{"path":"x","salt":"%s","value":0}' % ("A" * 43)
    each = {"statement": "{}", "signature": "", "claims": [claim] * 100}
    body = json.dumps({"deposits": [each] * MOST_DEPOSITS}, separators=(",", ":")).encode()
    assert len(parse_form(body).deposits) == MOST_DEPOSITS


def test_a_body_in_another_encoding_hides_no_parts() -> None:
    """U+2200 has a byte in UTF-16 that is a quotation mark in UTF-8."""
    assert refusal('["\u2200",[]]'.encode("utf-16-le")) == "http.json"


def test_parts_are_counted_nearly() -> None:
    assert not has_more(b"[" * 10_000, 10_000)
    assert has_more(b"[" * 20_000, 10_000)
    assert not has_more(b'"' + b"[" * 20_000, 10_000), "a text that does not end"
