"""Claims that are shown: any of them, each proved, nothing told of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import merkle
from evidence_ledger.core.certificate import DisclosedClaim
from evidence_ledger.core.claim import Claim, parse
from evidence_ledger.core.disclosure import disclose, proved
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.errors import FormatError, Refused


def claims_of(count: int) -> list[bytes]:
    return [Claim(f"matter/c{at}", bytes([at]) * 32, at).encode() for at in range(count)]


def point_of(claims: list[bytes]) -> TreePoint:
    return TreePoint(len(claims), merkle.root_hash([merkle.leaf_hash(one) for one in claims]))


COUNTS = st.integers(1, 20)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[bytes], list[int]]:
    claims = claims_of(draw(COUNTS))
    positions = st.lists(st.integers(0, len(claims) - 1), min_size=1, unique=True)
    return claims, draw(positions)


@given(cases())
def test_any_claims_are_proved_and_only_they_are_shown(case: tuple[list[bytes], list[int]]) -> None:
    claims, positions = case
    shown = disclose(claims, positions)
    assert [one.index for one in shown] == sorted(positions)
    assert [one.data for one in shown] == [claims[at] for at in sorted(positions)]
    found = proved(shown, point_of(claims))
    assert found == [(at, parse(claims[at])) for at in sorted(positions)]


@given(cases(), st.data())
def test_a_claim_proves_nothing_in_another_place(
    case: tuple[list[bytes], list[int]], data: st.DataObject
) -> None:
    claims, positions = case
    one = disclose(claims, positions)[0]
    other = data.draw(st.integers(0, 30).filter(lambda at: at != one.index))
    with pytest.raises(Refused):
        proved([replace(one, index=other, path=one.path or ())], point_of(claims))


def refusal(shown: list[DisclosedClaim], claims: list[bytes]) -> str:
    with pytest.raises((Refused, FormatError)) as caught:
        proved(shown, point_of(claims))
    return caught.value.reason


def test_other_claims_are_refused() -> None:
    claims = claims_of(5)
    whole, some = disclose(claims), disclose(claims, [1, 3])
    changed = claims[1].replace(b'"value":1', b'"value":2')
    assert refusal(whole[:4], claims) == "claims.count"
    assert refusal([*whole, DisclosedClaim(5, claims[0])], claims) == "claims.count"
    assert refusal([replace(whole[0], data=changed), *whole[1:]], claims) == "claims.root"
    assert refusal([replace(some[0], data=changed)], claims) == "claims.path"
    assert refusal([replace(some[0], path=None), some[1]], claims) == "claims.path"
    assert refusal([some[1], some[0]], claims) == "claims.positions"
    assert refusal([some[0], some[0]], claims) == "claims.positions"


def test_a_claim_that_the_statement_repeats_is_refused() -> None:
    """A report can show one value of a path only."""
    claims = [Claim("matter/a", bytes(32), value).encode() for value in (1, 2)]
    assert refusal(disclose(claims), claims) == "claims.repeated"
    assert len(proved(disclose(claims, [1]), point_of(claims))) == 1


def test_a_node_of_the_tree_is_no_claim() -> None:
    """A hash pair that stands where a leaf stands would be hashed with another prefix."""
    claims = claims_of(4)
    leaves = [merkle.leaf_hash(one) for one in claims]
    pair = DisclosedClaim(0, leaves[0] + leaves[1], (merkle.node_hash(leaves[2], leaves[3]),))
    with pytest.raises(Refused):
        proved([pair], TreePoint(2, point_of(claims).root))


def test_nothing_shown_is_nothing_proved() -> None:
    assert proved([], point_of(claims_of(3))) == []
