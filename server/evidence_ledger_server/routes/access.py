"""What is not for everybody: the claims of a deposit, the register."""

from __future__ import annotations

import asyncio
import json

from fastapi import APIRouter, Request, Response

from evidence_ledger.core import disclosure
from evidence_ledger.core.certificate import DisclosedClaim
from evidence_ledger.core.register_view import register_document
from evidence_ledger.core.role import Role
from evidence_ledger.errors import NotAllowed
from evidence_ledger_server.access.caller import Caller
from evidence_ledger_server.access.reading import (
    known_caller,
    readable,
    register_now,
)
from evidence_ledger_server.access.tokens import Scope
from evidence_ledger_server.openapi import CLAIMS, KNOWN, REGISTER
from evidence_ledger_server.routes.parameters import Index
from evidence_ledger_server.service import Service

router = APIRouter()


@router.get("/v1/deposits/{index}/claims", openapi_extra=KNOWN, responses=CLAIMS)
async def claims(request: Request, index: Index) -> Response:
    """The claims of a deposit, for its depositor and those to whom it granted them."""
    service: Service = request.app.state.service
    caller = await known_caller(service, request)
    document = await asyncio.to_thread(_claims_document, service, caller, index)
    return _private(document)


@router.get("/v1/register", openapi_extra=KNOWN, responses=REGISTER)
async def register(request: Request) -> Response:
    """Who is enrolled, for auditors and operators."""
    service: Service = request.app.state.service
    caller = await known_caller(service, request)
    caller.require(Scope.REGISTER)
    document = await asyncio.to_thread(_register_document, service, caller)
    return _private(document)


def _private(document: dict[str, object]) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(json.dumps(document), media_type="application/json", headers=headers)


def _register_document(service: Service, caller: Caller) -> dict[str, object]:
    found = register_now(service)
    roles = caller.roles(found, service.clock.now())
    if roles.isdisjoint({Role.AUDITOR, Role.OPERATOR}):
        raise NotAllowed("register.role", "The register is for auditors and operators.")
    return register_document(found)


def _claims_document(service: Service, caller: Caller, index: int) -> dict[str, object]:
    chosen = readable(service, caller, index)
    store = service.place.ledger.store
    stored = store.entry(index)
    held = [data for _, data in store.claims(index)]
    return {
        "index": index,
        "entry": stored.entry.decode(),
        "statement": (stored.statement or b"").decode(),
        "claims": [_claim(one) for one in disclosure.disclose(held, chosen)],
    }


def _claim(one: DisclosedClaim) -> dict[str, object]:
    shown: dict[str, object] = {"position": one.index, "claim": one.data.decode()}
    return shown if one.path is None else shown | {"path": [step.hex() for step in one.path]}
