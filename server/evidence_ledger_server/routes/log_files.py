"""The log's own files (C2SP tlog-tiles): ``/checkpoint``, ``/tile/…``, ``/tile/entries/…``.

Nothing is served beyond the newest published checkpoint, and what is served never changes: so a
proof and its checkpoint are always of the same size, whatever is appended meanwhile.
"""

from __future__ import annotations

import gzip

from fastapi import APIRouter, Request, Response

from evidence_ledger.core.tile import TilePath
from evidence_ledger.errors import FormatError
from evidence_ledger.published import Published
from evidence_ledger_server.problem import Problem
from evidence_ledger_server.service import Service

FOR_EVER = "public, max-age=31536000, immutable"
BINARY = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"

router = APIRouter(include_in_schema=False)


@router.get("/checkpoint")
async def checkpoint(request: Request) -> Response:
    """The newest signed checkpoint."""
    service: Service = request.app.state.service
    data = await service.reading.read(Published(service.place.ledger.store).checkpoint)
    if data is None:
        raise Problem(404, "log.empty", "This ledger has no checkpoint yet.")
    return Response(data, media_type=TEXT, headers={"Cache-Control": "no-cache"})


@router.get("/tile/{path:path}")
async def tile(request: Request, path: str) -> Response:
    """A tile, or an entry bundle."""
    service: Service = request.app.state.service
    try:
        wanted = TilePath.parse(f"tile/{path}")
    except FormatError as error:
        raise Problem(404, error.reason, error.message) from error
    data = service.tiles.get(path)
    if data is None:
        data = await service.reading.read(lambda: _tile(service, wanted))
        if data is None:
            raise Problem(404, "log.no-tile", "The published tree has no such tile.")
        service.tiles.put(path, data)
    headers = {"Cache-Control": FOR_EVER}
    if wanted.level is None:
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(data, media_type=BINARY, headers=headers | {"Content-Encoding": "gzip"})
        data = gzip.decompress(data)
    return Response(data, media_type=BINARY, headers=headers)


def _tile(service: Service, wanted: TilePath) -> bytes | None:
    found = Published(service.place.ledger.store).file(wanted)
    # The same bytes each time: no name and no time in the compressed form.
    return gzip.compress(found, mtime=0) if found is not None and wanted.level is None else found
