"""``/v1/signers``: by what someone who holds an X.509 certificate finds what it signed."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response

from evidence_ledger.core import statement
from evidence_ledger.core.signer_tag import MOST, signer_tag
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredEntry
from evidence_ledger_server.openapi import FROM, SIGNERS
from evidence_ledger_server.service import Service
from evidence_ledger_server.start_index import start_index

router = APIRouter()


@router.get("/v1/signers", openapi_extra=FROM, responses=SIGNERS)
async def signers(request: Request) -> Response:
    """The signer tags of up to 1,000 entries from ``?from=INDEX`` on; null where a statement is
    erased. Whom one looks for is not asked.
    """
    service: Service = request.app.state.service
    service.lookups.take(service.client(request.scope))
    start = start_index(request)
    ledger = service.place.ledger
    tags = await service.reading.read(lambda: _tags(ledger.store, ledger.origin, start))
    return Response(json.dumps({"from": start, "tags": tags}), media_type="application/json")


def _tags(store: Store, origin: str, start: int) -> list[str | None]:
    return [_tag(origin, one) for one in store.entries(start, start + MOST)]


def _tag(origin: str, stored: StoredEntry) -> str | None:
    if stored.statement is None:
        return None
    return signer_tag(origin, stored.index, statement.parse(stored.statement).signer).hex()
