"""Erasing entries of a ledger that is served elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evidence_ledger.core.erasure import ERASURE, REASON

if TYPE_CHECKING:
    from evidence_ledger.ports import Signer


def erase_served(
    server: str, own: Signer, indexes: Sequence[int], reason: str
) -> tuple[int | None, list[int]]:
    """Hand in an erasure of these entries; the index of its entry, which the server has carried
    out, and those that were erased already. None where all were.

    Raises UsageError, and what LedgerClient raises.
    """
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.author import Author, Context
    from evidence_ledger.core.statement import Reference

    with LedgerClient(server) as client:
        served = client.about()
        before = [index for index in indexes if client.is_erased(index)]
        left = [index for index in indexes if index not in before]
        if not left:
            return None, before
        refs = tuple(Reference(index, client.entry(index)[1]) for index in left)
        context = Context(served.origin, served.after, refs)
        author = Author(own, SystemClock(), SystemEntropy())
        return client.hand_in(author.about(ERASURE, [(REASON, reason)], context)), before
