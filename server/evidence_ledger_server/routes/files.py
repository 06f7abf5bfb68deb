"""``/v1/deposits/{index}/files/{number}``: a deposited file itself, if its depositor uploads it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse

from evidence_ledger.core import claim
from evidence_ledger.errors import NotAllowed
from evidence_ledger_server.access.caller import Caller
from evidence_ledger_server.access.reading import (
    deposit_of,
    known_caller,
    readable,
    register_now,
)
from evidence_ledger_server.body import stream
from evidence_ledger_server.kept_files import KeptFiles
from evidence_ledger_server.openapi import FILE, KEPT, KNOWN, UPLOADED
from evidence_ledger_server.problem import Problem
from evidence_ledger_server.routes.parameters import Index
from evidence_ledger_server.service import Service

Number = Annotated[int, Path(ge=0, le=1_000_000)]

router = APIRouter()


@router.put(
    "/v1/deposits/{index}/files/{number}",
    openapi_extra=FILE,
    responses=UPLOADED,
    status_code=201,
)
async def upload(request: Request, index: Index, number: Number) -> Response:
    """Keep a file of a deposit. For its depositor; the bytes must be those that were deposited."""
    service: Service = request.app.state.service
    kept = _kept(service)
    service.lookups.take(service.client(request.scope))
    caller = await service.access.uploader(request)
    digest = await asyncio.to_thread(_own_digest, service, caller, index, number)
    size = await kept.keep(index, digest, stream(request, service.config.read_timeout))
    try:
        await asyncio.to_thread(_digest, service, index, number)
    except Problem:  # erased while it was on its way
        kept.remove(index)
        raise
    told = {"index": index, "file": number, "sha256": digest.hex(), "size": size}
    return Response(json.dumps(told), 201, media_type="application/json")


@router.get(
    "/v1/deposits/{index}/files/{number}", openapi_extra=KNOWN, responses=KEPT, response_model=None
)
async def download(request: Request, index: Index, number: Number) -> Response:
    """A file that was uploaded, for those who may read its claim."""
    service: Service = request.app.state.service
    kept = _kept(service)
    caller = await known_caller(service, request)
    found = await asyncio.to_thread(_readable_file, service, kept, caller, index, number)
    return FileResponse(
        found,
        media_type="application/octet-stream",
        filename=f"deposit-{index}-file-{number}",
        headers={"Cache-Control": "no-store"},
    )


def _kept(service: Service) -> KeptFiles:
    if service.files is None:
        raise Problem(404, "files.not-kept", "This server keeps no files.")
    return service.files


def _own_digest(service: Service, caller: Caller, index: int, number: int) -> bytes:
    deposit, register = deposit_of(service, index), register_now(service)
    if caller.signer in register.revoked:
        raise NotAllowed("register.revoked", "This signer was revoked.")
    if not register.same_holder(deposit.signer, caller.signer):
        raise NotAllowed("files.not-depositor", "Only its depositor uploads files of an entry.")
    return _digest(service, index, number)


def _digest(service: Service, index: int, number: int) -> bytes:
    """The SHA-256 of ``file/N`` of an entry. Raises Problem (404): of a private deposit, none."""
    for _, data in service.place.ledger.store.claims(index):
        one = claim.parse(data)
        if one.path == f"file/{number}":
            return claim.file_fact(one).fingerprint.sha256
    raise Problem(404, "files.no-claim", f"Entry {index} has no claim file/{number} here.")


def _readable_file(
    service: Service, kept: KeptFiles, caller: Caller, index: int, number: int
) -> FilePath:
    positions = readable(service, caller, index)
    if positions is not None and number not in positions:
        raise NotAllowed("files.not-granted", "This file was not granted to whoever asks.")
    found = kept.find(index, _digest(service, index, number))
    if found is None:
        raise Problem(404, "files.not-there", "This file was not uploaded.")
    return found
