"""``/v1/fingerprints/{alg}/{hex}``: is this file in the ledger? Anybody who has it may ask."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response

from evidence_ledger.core import canonical, entry
from evidence_ledger.core.digest import Algorithm, parse_digest
from evidence_ledger.ports import Store
from evidence_ledger_server.openapi import FOUND, FROM
from evidence_ledger_server.problem import Problem
from evidence_ledger_server.service import Service
from evidence_ledger_server.start_index import start_index

MOST = 1000
"""Entries in one answer, the oldest first."""

router = APIRouter()


@router.get("/v1/fingerprints/{algorithm}/{digest}", openapi_extra=FROM, responses=FOUND)
async def find(request: Request, algorithm: str, digest: str) -> Response:
    """The entries that hold a file's fingerprint, with the time when each was received.

    ``?from=INDEX`` leaves out those before that entry.
    """
    service: Service = request.app.state.service
    service.lookups.take(service.client(request.scope))
    name, value = parse_digest(f"{algorithm}:{digest}")
    start = start_index(request)
    store = service.place.ledger.store
    entries = await service.reading.read(lambda: entries_of(store, name, value, start))
    if not entries:
        raise Problem(404, "fingerprint.unknown", "No entry of this ledger holds this fingerprint.")
    told = {"digest": f"{name.value}:{value.hex()}", "entries": entries}
    return Response(json.dumps(told), media_type="application/json")


def entries_of(
    store: Store, algorithm: Algorithm, digest: bytes, start: int
) -> list[dict[str, object]]:
    """The entries from ``start`` on that hold a digest, as JSON values."""
    found = store.find(digest, algorithm.value)
    indexes = dict.fromkeys(one.index for one in found if one.index >= start)
    return [_entry(store, index) for index in list(indexes)[:MOST]]


def _entry(store: Store, index: int) -> dict[str, object]:
    parsed = entry.parse(store.entry(index).entry)
    return {
        "index": index,
        "received": canonical.time_text(parsed.received, microseconds=True),
        "certificate": f"/v1/deposits/{index}/certificate",
    }
