"""Signed requests: header fields of any bytes, one a line."""

from __future__ import annotations

from datetime import timedelta

from evidence_ledger.core.http_request import HttpRequest
from evidence_ledger.core.http_signature import check_request
from evidence_ledger.core.request_signing import prepare
from evidence_ledger.core.structured_field import parse_byte_list, parse_bytes, parse_lists
from tests.fakes import signer_of
from tests.fuzz.target import Target, each
from tests.workbench import CA, DEPOSITOR
from tests.x509_factory import NOW

GET = HttpRequest("GET", "https", "ledger.example", "/v1/deposits/7/claims")


def _signed() -> bytes:
    signer = signer_of(DEPOSITOR, CA)
    made = prepare(GET, signer.chain, signer.scheme, NOW, bytes(16))
    fields = made.fields(signer.sign(made.base))
    return "\n".join(f"{name}: {value}" for name, value in fields).encode("latin-1")


def _request(data: bytes) -> None:
    text = data.decode("latin-1")
    each(
        lambda: parse_lists(text, what="fuzz"),
        lambda: parse_bytes(text, what="fuzz"),
        lambda: parse_byte_list(text, what="fuzz"),
    )
    lines = [line.partition(": ") for line in text.split("\n")]
    fields = tuple((name, value) for name, _, value in lines)
    request = HttpRequest(GET.method, GET.scheme, GET.host, GET.path, fields=fields)
    found = check_request(request, b"", NOW, timedelta(minutes=5))
    assert found.certificate.raw == DEPOSITOR.der, "somebody else's signature was taken"
    assert found.nonce == "A" * 22, "the nonce was changed"


def targets() -> tuple[Target, ...]:
    """All of this file."""
    return (
        Target("http-signature", _request, (_signed(), b'sig=("@method");created=1', b"a=:AA==:")),
    )
