"""What travels with signatures to judge them by: X.509 certificates and revocation data.

Nothing of it is trusted; all of it is judged from the roots that the person who checks has chosen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from evidence_ledger.core.revocation_values import RevocationData, sorted_data


@dataclass(frozen=True, slots=True)
class Supplement:
    """DER X.509 certificates, which may help to find a chain, and revocation data."""

    certificates: tuple[bytes, ...] = ()
    revocation: RevocationData = field(default_factory=RevocationData)

    @classmethod
    def of(cls, certificates: Iterable[bytes], revocation: Iterable[bytes]) -> Supplement:
        """From the members of a certificate; revocation data is told apart by its form."""
        return cls(tuple(certificates), sorted_data(revocation))


NOTHING = Supplement()
