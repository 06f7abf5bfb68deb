"""``POST /v1/verify``: the same check as on the command line. Nothing of it is stored."""

from __future__ import annotations

import json
from functools import partial
from typing import BinaryIO

from fastapi import APIRouter, Request, Response
from python_multipart.multipart import parse_options_header

from evidence_ledger.core.completeness import verify_completeness
from evidence_ledger.core.exhibit import Exhibit, accusation_report
from evidence_ledger.core.report import Report
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.errors import UsageError
from evidence_ledger_server.body import stream
from evidence_ledger_server.config import Config
from evidence_ledger_server.fingerprint_check import check_fingerprints
from evidence_ledger_server.openapi import REPORT, VERIFY
from evidence_ledger_server.problem import Problem, too_large
from evidence_ledger_server.routes.deposits import CERTIFICATE
from evidence_ledger_server.service import Service
from evidence_ledger_server.upload import Limits, Upload, UploadParser, spooled

BARE = (CERTIFICATE, "application/octet-stream")
"""What a body is called that is the file itself; its contents say of which kind it is."""
MOST_ALONE = 100
"""Fingerprints without a certificate: for each, one is made and checked."""

router = APIRouter()


@router.post("/v1/verify", openapi_extra=VERIFY, responses=REPORT)
async def verify(request: Request) -> Response:
    """Check a certificate, alone or with files or digests; a completeness certificate, alone or
    with the certificates of its entries; evidence against an operator; or digests alone.

    The contents of the file say of which kind it is. Judged by the policy of this server, or by the
    one that is sent along; evidence also by verifier keys alone. The report is that of
    ``evidence verify --json``.
    """
    service: Service = request.app.state.service
    service.verifications.take(service.client(request.scope))
    parser = _parser(request, service)
    try:
        await receive(request, service, parser)
        report = await service.verify(lambda: report_on(service, parser.finish()))
    finally:
        parser.close()
    service.metrics.verdicts.labels(report.verdict.value).inc()
    return Response(json.dumps(report.to_json()), media_type="application/json")


async def receive(request: Request, service: Service, parser: UploadParser | _Bare) -> None:
    """Give the body to ``parser`` as it comes. Raises Problem."""
    async for part in stream(request, service.config.read_timeout):
        if parser.is_heavy:
            await service.aside(partial(parser.feed, part))
        else:
            parser.feed(part)


class _Bare:
    """A body that is the certificate itself."""

    def __init__(self, largest: int) -> None:
        self._upload = Upload()
        self._file = self._upload.certificate = self._upload.held.enter_context(spooled())
        self._largest, self._size = largest, 0
        self.is_heavy = False

    def feed(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._largest:
            raise too_large(self._largest)
        self._file.write(data)

    def finish(self) -> Upload:
        return self._upload

    def close(self) -> None:
        self._upload.close()


def _parser(request: Request, service: Service) -> UploadParser | _Bare:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    config = service.config
    if kind.decode("latin-1") in BARE:
        return _Bare(config.largest_certificate)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(
            415,
            "http.media-type",
            f"Send multipart/form-data, or the file itself as {' or '.join(BARE)}.",
        )
    return UploadParser(options[b"boundary"], limits(config))


def limits(config: Config) -> Limits:
    """The most bytes of each part."""
    return Limits(config.largest_certificate, config.largest_file, config.largest_presented)


def report_on(service: Service, upload: Upload) -> Report:
    """The check that was asked for. Raises Problem, EvidenceError where it can't be taken."""
    if upload.certificate is not None:
        return _judged(service, upload, upload.certificate)
    Exhibit.CERTIFICATE.require_policy(upload.vkeys)
    if not upload.files:
        raise Problem(400, "http.part", "There is nothing to check: no certificate, no digest.")
    if len(upload.files) > MOST_ALONE:
        raise Problem(
            413,
            "http.parts",
            f"At most {MOST_ALONE} fingerprints are looked up without a certificate.",
        )
    place, policy = service.place, upload.policy or service.trust
    store, now = place.ledger.store, service.clock.now()
    return check_fingerprints(store, place.issuer, upload.files, policy, now)


def _judged(service: Service, upload: Upload, source: BinaryIO) -> Report:
    """The check that the file's own kind takes. Raises UsageError for what does not go with it."""
    kind, now = Exhibit.of(source), service.clock.now()
    kind.require_alone(beside=bool(upload.files))
    kind.require_policy(upload.vkeys)
    if kind is Exhibit.MISBEHAVIOUR:
        own = None if upload.vkeys else service.trust
        return accusation_report(source, upload.policy or own, upload.vkeys)
    policy = upload.policy or service.trust
    if kind is Exhibit.CERTIFICATE:
        files = sorted(upload.files, key=lambda one: one.name)
        return verify_certificate(source, files, policy, now)
    if upload.files:
        raise UsageError("A completeness certificate is checked with certificates, not digests.")
    pile = upload.certificates
    return verify_completeness(source, pile.certificates() if pile else (), policy, now)
