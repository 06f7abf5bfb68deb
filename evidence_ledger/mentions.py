"""What later entries say of an entry, as anybody may know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence_ledger.core import entry
from evidence_ledger.core.canonical import Json, time_text
from evidence_ledger.ports import Store
from evidence_ledger.registrar import entries_about

MOST = 100
"""So many are told of one entry: the first ones."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A later entry that names an earlier one; ``received`` is the ledger's clock.

    ``signer`` is the SHA-256 of its signer's X.509 certificate, ``signature`` its CMS signature;
    None where its documents are erased.
    """

    index: int
    kind: str
    received: datetime
    signer: bytes | None = None
    signature: bytes | None = None

    def to_json(self) -> dict[str, Json]:
        """``{"index": 7, "kind": "attestation", "received": "2026-…", "signer": "77ab…"}``"""
        return {
            "index": self.index,
            "kind": self.kind,
            "received": time_text(self.received, microseconds=True),
            "signer": None if self.signer is None else self.signer.hex(),
        }


def mentions_of(store: Store, index: int, most: int = MOST) -> Sequence[Mention]:
    """The first ``most`` later entries that name an entry, oldest first.

    Raises LedgerCorrupt, NoSuchEntry.
    """
    found = []
    for stored, said in entries_about(store, index, most):
        held = entry.parse(stored.entry)
        signer = None if said is None else said.signer
        found.append(Mention(stored.index, held.kind, held.received, signer, stored.signature))
    return found
