"""Granting claims of a deposit in a ledger that is served elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from evidence_ledger.core.grant import Grant
from evidence_ledger.errors import UsageError

if TYPE_CHECKING:
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.ports import Signer


def grant_served(
    server: str, own: Signer, index: int, signer: bytes, paths: Sequence[str] | None
) -> tuple[Grant, int]:
    """Hand in a grant of the claims with these paths: none for all of them, None for no claim.

    What was granted, and the index of the entry. Raises UsageError, and what LedgerClient raises.
    """
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.author import Author, Context
    from evidence_ledger.core.statement import Reference

    with LedgerClient(server) as client:
        claims = _positions(client, own, index, paths)
        served, (_, leaf) = client.about(), client.entry(index)
        context = Context(served.origin, served.after, (Reference(index, leaf),))
        given = Grant(signer, claims)
        signed = Author(own, SystemClock(), SystemEntropy()).grant(given, context)
        return given, client.hand_in(signed)


def _positions(
    client: LedgerClient, own: Signer, index: int, paths: Sequence[str] | None
) -> tuple[int, ...] | None:
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.keys.request_signer import RequestSigner

    if not paths:
        return None if paths is not None else ()
    found = client.claims(index, RequestSigner(own, SystemClock(), SystemEntropy()))
    return positions_of(paths, {one.path: at for at, one in found.claims}, index)


def positions_of(paths: Sequence[str], held: Mapping[str, int], index: int) -> tuple[int, ...]:
    """The positions of the claims with these paths. Raises UsageError where one is not there."""
    strange = [path for path in paths if path not in held]
    if strange:
        raise UsageError(
            f"Entry {index} has no claim {strange[0][:80]!r} here.",
            hint=f"See its claims with: evidence show {index}",
        )
    return tuple(sorted({held[path] for path in paths}))
