"""``POST /v1/verify``: the same check as on the command line. Nothing of it is stored."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response
from python_multipart.multipart import parse_options_header

from evidence_ledger.core.report import Report
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger_server.body import stream
from evidence_ledger_server.fingerprint_check import check_fingerprints
from evidence_ledger_server.openapi import REPORT, VERIFY
from evidence_ledger_server.problem import Problem, too_large
from evidence_ledger_server.routes.deposits import CERTIFICATE
from evidence_ledger_server.service import Service
from evidence_ledger_server.upload import Upload, UploadParser, spooled

MOST_ALONE = 100
"""Fingerprints without a certificate: for each, one is made and checked."""

router = APIRouter()


@router.post("/v1/verify", openapi_extra=VERIFY, responses=REPORT)
async def verify(request: Request) -> Response:
    """Check a certificate, a certificate with files or digests, or digests alone.

    Judged by the policy of this server, or by the one that is sent along.
    """
    service: Service = request.app.state.service
    service.verifications.take(service.client(request.scope))
    parser = _parser(request, service)
    try:
        async for part in stream(request, service.config.read_timeout):
            parser.feed(part)
        report = await service.verify(lambda: _report(service, parser.finish()))
    finally:
        parser.close()
    service.metrics.verdicts.labels(report.verdict.value).inc()
    return Response(json.dumps(report.to_json()), media_type="application/json")


class _Bare:
    """A body that is the certificate itself."""

    def __init__(self, largest: int) -> None:
        self._file = spooled()
        self._largest, self._size = largest, 0

    def feed(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._largest:
            raise too_large(self._largest)
        self._file.write(data)

    def finish(self) -> Upload:
        return Upload(certificate=self._file)

    def close(self) -> None:
        self._file.close()


def _parser(request: Request, service: Service) -> UploadParser | _Bare:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    config = service.config
    if kind == CERTIFICATE.encode():
        return _Bare(config.largest_certificate)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(
            415, "http.media-type", f"Send multipart/form-data, or a certificate as {CERTIFICATE}."
        )
    return UploadParser(options[b"boundary"], config.largest_certificate, config.largest_file)


def _report(service: Service, upload: Upload) -> Report:
    policy, now = upload.policy or service.trust, service.clock.now()
    if upload.certificate is not None:
        upload.certificate.seek(0)
        return verify_certificate(upload.certificate, upload.files, policy, now)
    if not upload.files:
        raise Problem(400, "http.part", "There is nothing to check: no certificate, no digest.")
    if len(upload.files) > MOST_ALONE:
        raise Problem(
            413,
            "http.parts",
            f"At most {MOST_ALONE} fingerprints are looked up without a certificate.",
        )
    place = service.place
    return check_fingerprints(place.ledger.store, place.issuer, upload.files, policy, now)
