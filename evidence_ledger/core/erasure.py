"""Whose word is enough to have the documents of an entry erased (pure).

1. where a court's order names the entry, or the entry is one: such a court that is enrolled, by
   whatever key it holds now, and nobody else
2. where no such court is enrolled any more: any court that is, and nobody else
3. otherwise whoever signed its statement, by whatever key it holds now, or an operator

What the ledger itself, its register and its readers' rights stand on is never erased: seals, rolls,
rotations, acts of administration, grants, and erasures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evidence_ledger.core.register import Register, Roles
from evidence_ledger.core.role import Role
from evidence_ledger.errors import NotAllowed, Refused

ERASURE: Final = "erasure"
ERASABLE: Final = frozenset({"deposit", "attestation", "order", "handover"})
"""Kinds whose statements, signatures and claims may go."""
REASON: Final = "erasure/reason"
"""The path of the claim that says why."""
MOST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Target:
    """An entry that is to be erased: its kind, who signed its statement, and the courts whose
    orders name it: ``courts`` are enrolled, ``former`` were when they ordered (SHA-256s of X.509
    certificates).

    ``author`` is None where the statement is gone already.
    """

    index: int
    kind: str
    author: bytes | None
    courts: frozenset[bytes] = frozenset()
    former: frozenset[bytes] = frozenset()

    @property
    def is_held(self) -> bool:
        """Whether a court alone may have it erased."""
        return bool(self.courts or self.former)


def check_kind(target: Target) -> None:
    """The entry is of a kind that may be erased. Raises Refused."""
    if target.kind not in ERASABLE:
        raise Refused(
            "erasure.kind",
            f"Entry {target.index} is of kind {target.kind}, which is never erased.",
            hint=f"These can be: {', '.join(sorted(ERASABLE))}.",
        )


def check_there(target: Target) -> None:
    """The entry is not erased yet. Raises Refused."""
    if target.author is None:
        raise Refused("erasure.erased", f"Entry {target.index} is erased already.")


def check_right(register: Register, signer: bytes, roles: Roles, target: Target) -> None:
    """``signer``, with these roles, may have an entry erased that is there. Raises NotAllowed."""
    if target.is_held:
        _check_court(register, signer, roles, target)
        return
    is_own = target.author is not None and _is_one_of(register, signer, [target.author])
    if Role.OPERATOR not in roles and not is_own:
        raise NotAllowed(
            "erasure.not-yours",
            f"Entry {target.index} is erased by who signed it, by an operator, or by a court whose "
            "order names it.",
            hint="Sign with the key that signed the entry, or ask the ledger's operator.",
        )


def _check_court(register: Register, signer: bytes, roles: Roles, target: Target) -> None:
    is_court = Role.COURT in roles
    held = f"Entry {target.index} is a court's order, or one names it"
    if target.courts and not (is_court and _is_one_of(register, signer, list(target.courts))):
        raise NotAllowed(
            "erasure.ordered",
            f"{held}: only that court has it erased.",
            hint="Ask the court to sign the erasure.",
        )
    if not is_court:
        raise NotAllowed(
            "erasure.ordered",
            f"{held}, and that court is enrolled no more: only a court that is has it erased.",
            hint="Ask another court to sign it, or that court with a key that is enrolled.",
        )


def _is_one_of(register: Register, signer: bytes, others: Sequence[bytes]) -> bool:
    return any(register.same_holder(signer, one) for one in others)
