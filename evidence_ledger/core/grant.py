"""What a statement of kind ``grant`` gives: its member ``grant``.

    {"claims":null,"signer":"77ab…"}            all claims
    {"claims":[0,2],"signer":"77ab…"}           those two
    {"claims":[],"signer":"77ab…"}              none any more

The statement's one reference is the entry whose claims they are; only their depositor gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evidence_ledger.core import canonical
from evidence_ledger.core.canonical import Json
from evidence_ledger.errors import FormatError

MOST: Final = 4096
"""Positions in one grant."""
_WHERE: Final = "statement.grant"


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may read which claims: positions in ascending order, or None for all of them."""

    signer: bytes
    claims: tuple[int, ...] | None = None

    def to_json(self) -> dict[str, Json]:
        """The member of the statement."""
        claims = None if self.claims is None else list[Json](self.claims)
        return {"claims": claims, "signer": self.signer.hex()}


def parse_grant(value: Json) -> Grant:
    """The grant in a statement's member. Raises FormatError."""
    if not isinstance(value, dict) or set(value) != {"claims", "signer"}:
        raise FormatError("grant.members", "A grant has exactly the members claims and signer.")
    signer = canonical.hex_bytes(value["signer"], 32, where=_WHERE)
    return Grant(signer, _positions(value["claims"]))


def _positions(value: Json) -> tuple[int, ...] | None:
    if value is None:
        return None
    items = value if isinstance(value, list) else [None]
    found = [item for item in items if isinstance(item, int) and not isinstance(item, bool)]
    sound = len(found) == len(items) <= MOST and found == sorted(set(found))
    if not sound or (found and found[0] < 0):
        raise FormatError(
            "grant.claims",
            f"Must be null, or at most {MOST} positions in ascending order.",
            where=_WHERE,
        )
    return tuple(found)
