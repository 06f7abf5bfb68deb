"""What a revocation list or an OCSP response says of one X.509 certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from evidence_ledger.core import der
from evidence_ledger.errors import FormatError


class Reason(IntEnum):
    """Why an X.509 certificate was revoked (RFC 5280, 5.3.1)."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


def read_reason(node: der.Node, what: str) -> Reason:
    """The reason in an ENUMERATED. Raises FormatError."""
    value = node.integer(what, der.ENUMERATED, longest=1)
    try:
        return Reason(value)
    except ValueError as error:
        raise FormatError(
            "revocation.reason", f"There is no reason {value}.", where=node.where(what)
        ) from error


@dataclass(frozen=True, slots=True)
class Revocation:
    """When a revocation took effect (aware UTC), and why; ``reason`` is None where none is given.

    ``invalid_since`` is when the key was, or may have been, in wrong hands (5.3.2), or None.
    """

    moment: datetime
    reason: Reason | None = None
    invalid_since: datetime | None = None

    @property
    def on_hold(self) -> bool:
        """Whether it may be taken back."""
        return self.reason is Reason.CERTIFICATE_HOLD

    @property
    def doubtful_since(self) -> datetime:
        """From when on the key may have been used by somebody else, as far as is known."""
        return min(self.moment, self.invalid_since or self.moment)


@dataclass(frozen=True, slots=True)
class RevocationStatus:
    """What one source, issued at ``issued`` and in force till ``until``, says.

    ``revoked`` is None where it does not say that the X.509 certificate is revoked; that means
    that it is not revoked only where ``complete``. Times are aware UTC.
    """

    issued: datetime
    until: datetime | None
    revoked: Revocation | None
    complete: bool = True

    def covers(self, moment: datetime) -> bool:
        """Whether silence counts for ``moment``: issued not before it, or in force at it."""
        fresh = self.issued >= moment or (self.until is not None and self.until >= moment)
        return self.complete and fresh
