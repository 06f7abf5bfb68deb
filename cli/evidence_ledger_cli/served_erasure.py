"""Erasing entries of a ledger that is served elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evidence_ledger.core.erasure import ERASURE, REASON

if TYPE_CHECKING:
    from evidence_ledger.ports import Signer


def erase_served(server: str, own: Signer, indexes: Sequence[int], reason: str) -> int:
    """Hand in an erasure of these entries; the index of its entry. The server has carried it out.

    Raises UsageError, and what LedgerClient raises.
    """
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.author import Author, Context
    from evidence_ledger.core.statement import Reference

    with LedgerClient(server) as client:
        served = client.about()
        refs = tuple(Reference(index, client.entry(index)[1]) for index in indexes)
        context = Context(served.origin, served.after, refs)
        author = Author(own, SystemClock(), SystemEntropy())
        return client.hand_in(author.about(ERASURE, [(REASON, reason)], context))
