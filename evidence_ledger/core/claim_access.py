"""Who may read the claims of an entry (pure).

1. its depositor, by whatever key it holds now
2. whoever it granted them to: the newest grant counts, and those that it names
3. a court whose investigation order names the entry
4. nobody else; nobody who was revoked, by an operator or by a CA
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from evidence_ledger.core.register import Register, Roles
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import Statement
from evidence_ledger.errors import NotAllowed


def readable_claims(
    register: Register,
    deposit: Statement,
    reader: bytes,
    roles: Callable[[], Roles],
    said: Iterable[Statement],
) -> frozenset[int] | None:
    """The positions that ``reader`` (SHA-256 of an X.509 certificate) may read; None for all.

    ``roles`` gives the reader's, or raises NotAllowed; ``said`` are later statements about the
    entry, oldest first. Raises NotAllowed.
    """
    register.require_unrevoked(reader)
    held = _unrevoked(roles)
    if register.same_holder(reader, deposit.signer):
        return None
    granted: frozenset[int] | None = frozenset()
    is_ordered = False
    for one in said:
        if one.grant is not None and register.same_holder(one.signer, deposit.signer):
            if register.same_holder(reader, one.grant.signer):
                granted = None if one.grant.claims is None else frozenset(one.grant.claims)
        elif one.kind == "order":
            is_ordered = is_ordered or register.same_holder(one.signer, reader)
    if is_ordered and Role.COURT in held:
        return None
    if granted is not None and not granted:
        raise NotAllowed(
            "claims.not-granted",
            "The claims of this entry are for its depositor and those to whom it granted them.",
            hint="The depositor grants them with: evidence register grant",
        )
    return granted


def _unrevoked(roles: Callable[[], Roles]) -> Roles:
    """The reader's roles; none is enough for what is its own. Raises NotAllowed for the revoked."""
    try:
        return roles()
    except NotAllowed as error:
        if error.reason == "register.revoked":
            raise
        return frozenset()
