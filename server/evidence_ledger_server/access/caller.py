"""Somebody who has said who they are, and proved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evidence_ledger.core.identity import Identity
from evidence_ledger.core.register import Register, Roles
from evidence_ledger.errors import NotAllowed
from evidence_ledger_server.access.tokens import Scope
from evidence_ledger_server.problem import Problem


@dataclass(frozen=True, slots=True)
class Caller:
    """``signer`` is the SHA-256 of an X.509 certificate. ``identity`` has that, where it came with
    the request; ``scopes`` are those of a token, or None for a request that was signed."""

    signer: bytes
    identity: Identity | None = None
    scopes: frozenset[Scope] | None = None

    def require(self, scope: Scope) -> None:
        """Raises Problem (403) where a token is not for this."""
        if self.scopes is not None and scope not in self.scopes:
            raise Problem(403, "access.scope", f"This token is not for {scope.value}.")

    def roles(self, register: Register, at: datetime) -> Roles:
        """The caller's roles. Raises NotAllowed."""
        return register.roles_of(self.signer, self._vouchable, at)

    def _vouchable(self) -> Identity:
        if self.identity is None:
            raise NotAllowed(
                "register.not-enrolled",
                "A token has the roles of a signer who is enrolled one by one.",
            )
        return self.identity
