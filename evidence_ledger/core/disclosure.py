"""Claims that are shown, proved against the root in their statement (RFC 9162, section 2.1.3).

Where all claims of a statement are shown, their tree is rebuilt; where only some are, each comes
with its path.
"""

from __future__ import annotations

from collections.abc import Sequence

from evidence_ledger.core import claim, merkle
from evidence_ledger.core.certificate import DisclosedClaim
from evidence_ledger.core.claim import Claim
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.errors import FormatError, Refused


def disclose(
    claims: Sequence[bytes], positions: Sequence[int] | None = None
) -> list[DisclosedClaim]:
    """All claims, or those at ``positions`` with their paths."""
    if positions is None or len(set(positions)) == len(claims):
        return [DisclosedClaim(position, data) for position, data in enumerate(claims)]
    leaves = [merkle.leaf_hash(data) for data in claims]
    return [
        DisclosedClaim(position, claims[position], tuple(merkle.inclusion_proof(leaves, position)))
        for position in sorted(set(positions))
    ]


def proved(shown: Sequence[DisclosedClaim], point: TreePoint) -> list[tuple[int, Claim]]:
    """The shown claims by position, proved. Raises FormatError, Refused."""
    positions = [one.index for one in shown]
    if positions != sorted(set(positions)):
        raise FormatError("claims.positions", "The claims shown are not in ascending order.")
    if shown and all(one.path is None for one in shown):
        _check_all(shown, point)
    else:
        for one in shown:
            _check_one(one, point)
    found = [(one.index, claim.parse(one.data)) for one in shown]
    if len({one.path for _, one in found}) != len(found):
        raise Refused("claims.repeated", "Two of the claims shown have the same path.")
    return found


def _check_all(shown: Sequence[DisclosedClaim], point: TreePoint) -> None:
    if [one.index for one in shown] != list(range(point.size)):
        raise Refused(
            "claims.count",
            f"{len(shown)} claims are shown without paths; the statement names {point.size}.",
        )
    if merkle.root_hash([merkle.leaf_hash(one.data) for one in shown]) != point.root:
        raise Refused(
            "claims.root", "The claims shown were altered: the statement names another root."
        )


def _check_one(one: DisclosedClaim, point: TreePoint) -> None:
    try:
        leaf = merkle.leaf_hash(one.data)
        merkle.verify_inclusion(leaf, one.index, point.size, one.path or (), point.root)
    except Refused as error:
        raise Refused(
            "claims.path",
            f"The claim at position {one.index} was altered: it is not under the root "
            "that the statement names.",
        ) from error
