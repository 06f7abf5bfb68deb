"""What a caller may read."""

from __future__ import annotations

from starlette.requests import Request

from evidence_ledger.core import statement
from evidence_ledger.core.claim_access import readable_claims
from evidence_ledger.core.register import Register
from evidence_ledger.core.statement import Statement
from evidence_ledger.registrar import statements_about
from evidence_ledger_server.access.caller import Caller
from evidence_ledger_server.access.tokens import Scope
from evidence_ledger_server.problem import Problem
from evidence_ledger_server.service import Service


async def known_caller(service: Service, request: Request) -> Caller:
    """Who asks, counted. Raises Problem (401, 429)."""
    service.lookups.take(service.client(request.scope))
    caller = await service.access.caller(request)
    service.reads.take(caller.signer.hex())
    return caller


def register_now(service: Service) -> Register:
    """The register after the newest entry."""
    ledger = service.place.ledger
    return ledger.registrar.at(ledger.store.head().size)


def readable(service: Service, caller: Caller, index: int) -> list[int] | None:
    """The claims of an entry that are here and that a caller may read; None for all of them.

    Raises NotAllowed, NoSuchEntry, Problem (403, 410).
    """
    caller.require(Scope.CLAIMS)
    store, found, now = service.place.ledger.store, register_now(service), service.clock.now()
    deposit = deposit_of(service, index)
    said = statements_about(store, index)
    positions = readable_claims(
        found, deposit, caller.signer, lambda: caller.roles(found, now), said
    )
    if positions is None:
        return None
    return [position for position, _ in store.claims(index) if position in positions]


def deposit_of(service: Service, index: int) -> Statement:
    """The statement of an entry. Raises NoSuchEntry, Problem (410)."""
    stored = service.place.ledger.store.entry(index)
    if stored.statement is None:
        raise Problem(
            410,
            "claims.erased",
            f"The documents of entry {index} were erased.",
            f"GET /v1/deposits/{index} says which entry erased them (named_by). Certificates that "
            "were handed out before stay valid: ask whoever has one.",
        )
    return statement.parse(stored.statement)
