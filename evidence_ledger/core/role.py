"""What those who are enrolled may hand in."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a signer is to the ledger."""

    AUDITOR = "auditor"
    COURT = "court"
    DEPOSITOR = "depositor"
    NOTARY = "notary"
    OPERATOR = "operator"


_ANY: Final = frozenset(Role)
_MAY: Final = {
    "deposit": frozenset({Role.DEPOSITOR, Role.NOTARY}),
    "attestation": frozenset({Role.NOTARY}),
    "order": frozenset({Role.COURT}),
    "handover": frozenset({Role.DEPOSITOR, Role.NOTARY, Role.COURT}),
    "erasure": frozenset({Role.DEPOSITOR, Role.NOTARY, Role.COURT, Role.OPERATOR}),
    "rotation": _ANY,
    "seal": frozenset({Role.OPERATOR}),
    "roll": frozenset({Role.OPERATOR}),
    "administration": _ANY,
    "grant": _ANY,
}


def may_hand_in(kind: str, roles: Collection[Role]) -> bool:
    """Whether one of these roles is enough for a statement of this kind.

    What an administration statement may do, and what a grant may give, is judged by itself.
    """
    return not _MAY.get(kind, frozenset()).isdisjoint(roles)
