"""How far the renewals of one token have come, and how many more a record of them can hold.

A record's chain takes so many timestamps, a record so many chains and bytes (``evidence_record``):
what is beyond that no verifier reads, so it must never be written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evidence_ledger.core import evidence_record

LARGEST_STAMP: Final = 256 * 1024 + 4096
"""Bytes that one more timestamp can take: an authority's largest answer, and its hash lists."""
LISTS: Final = 4096
"""Bytes that are enough for the hash lists of one timestamp."""


@dataclass(frozen=True, slots=True)
class RenewalHistory:
    """``renewal`` is the number of the newest, None where there is none.

    ``stamps`` are in the newest chain, ``chains`` in the record; ``size`` is in bytes, of all
    timestamps together or more.
    """

    renewal: int | None
    stamps: int
    chains: int
    size: int

    @classmethod
    def fresh(cls, token: bytes) -> RenewalHistory:
        """That of a token that was never renewed."""
        return cls(None, 1, 1, len(token) + LISTS)

    @property
    def room(self) -> int:
        """How many more timestamps the newest chain takes."""
        return 0 if self.full else max(0, evidence_record.MOST_STAMPS - self.stamps)

    @property
    def full(self) -> bool:
        """Whether the record takes no more timestamps at all."""
        return self.size + LARGEST_STAMP > evidence_record.LARGEST

    @property
    def chains_full(self) -> bool:
        """Whether the record takes no more chains: no more hash-tree renewals."""
        return self.full or self.chains >= evidence_record.MOST_CHAINS
