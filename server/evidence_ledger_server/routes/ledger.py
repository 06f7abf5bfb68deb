"""``/v1/ledger``, ``/v1/policy``, ``/v1/health`` and ``/metrics``: the server about itself."""

from __future__ import annotations

import asyncio
import json

from fastapi import APIRouter, Request, Response

from evidence_ledger.errors import EvidenceError, NotAllowed
from evidence_ledger_server.access.reading import register_now
from evidence_ledger_server.metrics import MEDIA_TYPE
from evidence_ledger_server.openapi import HEALTH, LEDGER, POLICY
from evidence_ledger_server.sealing_place import require_operator
from evidence_ledger_server.service import Service

router = APIRouter()

WRONG_KEY = (
    "Nothing is sealed here: the operator's key has no place in the register any more. "
    "Where it was rotated on another host: run evidence register rotate with the same key on this "
    "one too. No restart is needed."
)
NO_SEAL = "The last seal failed ({}): the log says why."


@router.get("/v1/ledger", responses=LEDGER)
async def about(request: Request) -> Response:
    """What a depositor needs to sign: the ledger's origin, its digests, its newest checkpoint."""
    service: Service = request.app.state.service
    return Response(
        json.dumps(await service.reading.read(lambda: _about(service))),
        media_type="application/json",
    )


def _about(service: Service) -> dict[str, object]:
    place = service.place
    point = place.ledger.point()
    return {
        "origin": place.ledger.origin,
        "digests": [one.value for one in place.settings.digests],
        "after": {"size": point.size, "root": point.root.hex()},
        "keeps_files": service.files is not None,
    }


@router.get("/v1/policy", responses=POLICY)
async def policy(request: Request) -> Response:
    """The trust policy that this server checks against. Whom to trust is still yours to choose."""
    service: Service = request.app.state.service
    return Response(service.trust_text, media_type="application/toml")


@router.get("/v1/health", responses=HEALTH)
async def health(request: Request) -> Response:
    """Whether this server can do its work, by trying; ``warnings`` are for its operator."""
    service: Service = request.app.state.service
    checks = await asyncio.to_thread(_checks, service)
    warnings = await asyncio.to_thread(_warnings, service)
    sound = all(says == "ok" for says in checks.values())
    status = "ok" if sound else "failing"
    body = {"status": status, "checks": checks, "warnings": warnings}
    return Response(json.dumps(body), 200 if sound else 503, media_type="application/json")


def _checks(service: Service) -> dict[str, str]:
    ledger = service.place.ledger
    return {
        "database": _tried(lambda: ledger.store.head()),
        "history": _tried(ledger.check_continues),
        "checking": "ok" if service.checking.works else "ended",
        "queue": "ok" if service.commit.waiting < service.config.most_waiting else "full",
    }


def _warnings(service: Service) -> list[str]:
    """What keeps this server from no deposit, and is to be mended all the same."""
    place = service.sealed_place
    if place is None:
        return []
    try:
        require_operator(register_now(service), place.operator)
    except NotAllowed:
        return [WRONG_KEY]
    except EvidenceError:
        pass  # the database is asked among the checks
    trouble = service.sealing.trouble if service.sealing else None
    return [NO_SEAL.format(trouble)] if trouble else []


def _tried(check: object) -> str:
    assert callable(check)  # noqa: S101 both callers pass one
    try:
        check()
    except EvidenceError as error:
        return error.reason
    return "ok"


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    service: Service = request.app.state.service
    return Response(service.metrics.text(), media_type=MEDIA_TYPE)
