"""``/check``, ``/find`` and ``/certificate``: pages for people. They store nothing and know nobody.

The check is that of ``POST /v1/verify``, under the same limits; the look-up is that of
``GET /v1/fingerprints``, as a form, so that no fingerprint gets into an address.
"""

from __future__ import annotations

import hashlib
import math
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request, Response
from python_multipart.multipart import parse_options_header

from evidence_ledger.core.counting import counted
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.errors import NotSealed
from evidence_ledger_server.pages.addresses import CERTIFICATE
from evidence_ledger_server.pages.assets import SCRIPT, STYLE, Asset
from evidence_ledger_server.pages.form_page import form_page
from evidence_ledger_server.pages.form_upload import FormParser
from evidence_ledger_server.pages.found_page import Looked, found_page
from evidence_ledger_server.pages.layout import answer
from evidence_ledger_server.pages.report_page import Checked, Judge, Subject, report_page
from evidence_ledger_server.problem import Problem
from evidence_ledger_server.routes.deposits import certificate_of
from evidence_ledger_server.routes.fingerprints import MOST, entries_of
from evidence_ledger_server.routes.log_files import FOR_EVER
from evidence_ledger_server.routes.verification import MOST_ALONE, limits, receive, report_on
from evidence_ledger_server.service import Service
from evidence_ledger_server.upload import Upload

READ = ["GET", "HEAD"]
NO_CACHE = "no-cache"
PIECE = 1 << 20
OWN_SITE = ("", "none", "same-origin")
"""What a browser says of where a form was (Sec-Fetch-Site); old ones say nothing."""

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=READ)
@router.api_route("/check", methods=READ)
@router.api_route("/find", methods=READ)
async def form(request: Request) -> Response:
    """The forms."""
    service: Service = request.app.state.service
    document = form_page(service.place.ledger.origin, service.trust.name)
    return answer(document, cache=NO_CACHE)


@router.api_route("/check.css", methods=READ)
async def style(request: Request) -> Response:
    """The style sheet."""
    return _asset(request, STYLE)


@router.api_route("/check.js", methods=READ)
async def script(request: Request) -> Response:
    """The script."""
    return _asset(request, SCRIPT)


def _asset(request: Request, asset: Asset) -> Response:
    cache = FOR_EVER if request.url.query == asset.tag else NO_CACHE
    return Response(asset.data, headers={"Cache-Control": cache}, media_type=asset.media_type)


@router.post("/check")
async def check(request: Request) -> Response:
    """The report of a check."""
    service: Service = request.app.state.service
    service.verifications.take(service.client(request.scope))
    parser = _parser(request, service)
    try:
        await receive(request, service, parser)
        request_id = request.state.request_id
        document, verdict = await service.verify(lambda: _checked(service, parser, request_id))
    finally:
        parser.close()
    service.metrics.verdicts.labels(verdict).inc()
    return answer(document)


@router.post("/find")
async def find(request: Request) -> Response:
    """The entries that hold some fingerprints."""
    service: Service = request.app.state.service
    service.verifications.take(service.client(request.scope))
    parser = _parser(request, service)
    try:
        await receive(request, service, parser)
        files = parser.finish().files
    finally:
        parser.close()
    if not files:
        raise Problem(400, "http.part", "There is nothing to look up: no file, no fingerprint.")
    if len(files) > MOST_ALONE:
        raise Problem(413, "http.parts", f"At most {MOST_ALONE} fingerprints are looked up.")
    service.lookups.take(service.client(request.scope), len(files))
    looked = [await _looked(service, file) for file in files]
    origin = service.place.ledger.origin
    now, request_id = service.clock.now(), request.state.request_id
    document = await service.aside(lambda: found_page(looked, origin, now, request_id, MOST))
    return answer(document)


@router.api_route(CERTIFICATE, methods=READ)
async def certificate(request: Request, entry: Annotated[int, Query(ge=0, lt=1 << 63)]) -> Response:
    """The certificate of an entry, as strangers get it: without claims."""
    service: Service = request.app.state.service
    service.lookups.take(service.client(request.scope))
    try:
        found = await certificate_of(service, entry, ())
    except NotSealed as error:
        seconds = counted(math.ceil(service.config.seal_every), "second")
        hint = (
            f"This server seals at the latest {seconds} after a deposit. Load this page again then."
        )
        raise Problem(
            409,
            "not-sealed",
            f"Entry {entry} is in the ledger and not sealed yet: there is no certificate of it.",
            hint if service.config.seal else "Load this page again later.",
        ) from error
    found.headers["Cache-Control"] = NO_CACHE
    return found


def _parser(request: Request, service: Service) -> FormParser:
    """Raises Problem for a form of another site: it could choose certificate and policy so that
    this address shows whatever verdict it likes."""
    if request.headers.get("sec-fetch-site", "") not in OWN_SITE:
        raise Problem(
            403,
            "http.other-site",
            "This form was sent by a page of another site.",
            hint="Open this server's own page, and choose the files there.",
        )
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(415, "http.media-type", "The form sends multipart/form-data.")
    return FormParser(options[b"boundary"], limits(service.config))


async def _looked(service: Service, file: PresentedFile) -> Looked:
    (name, digest), *_ = file.fingerprint.digests.items()
    store = service.place.ledger.store
    entries = await service.reading.read(lambda: entries_of(store, name, digest, 0))
    return Looked(file.name, f"{name.value}:{digest.hex()}", entries)


def _checked(service: Service, parser: FormParser, request_id: str) -> tuple[bytes, str]:
    """The document, and the verdict. Raises Problem, EvidenceError as the check does."""
    upload = parser.finish()
    judge = _judge(service, parser, upload)
    report = report_on(service, upload)
    piled = upload.certificates.certificates() if upload.certificates else ()
    checked = Checked(
        report,
        judge,
        _subject(parser.name, upload.certificate),
        files=upload.files,
        certificates=[one.name for one in piled],
        at=service.clock.now(),
        request_id=request_id,
        origin=service.place.ledger.origin,
    )
    return report_page(checked), report.verdict.value


def _judge(service: Service, parser: FormParser, upload: Upload) -> Judge:
    """By whose word it is judged: what the report names is what the check gets."""
    if parser.policy is not None and upload.policy is not None:
        digest = hashlib.sha256(parser.policy).hexdigest()
        return Judge(upload.policy.name, digest, keys=upload.vkeys)
    if upload.vkeys:
        return Judge(keys=upload.vkeys)
    upload.policy, text = service.trust_and_text
    return Judge(upload.policy.name, hashlib.sha256(text).hexdigest(), own=True)


def _subject(name: bytes, source: BinaryIO | None) -> Subject | None:
    if source is None:
        return None
    source.seek(0)
    state = hashlib.sha256()
    while piece := source.read(PIECE):
        state.update(piece)
    return Subject(name, source.tell(), state.hexdigest())
