"""Signatures of HTTP requests (RFC 9421), as the ledger's servers take them.

    Signature-Input: sig=("@method" "@target-uri");created=1764320000;keyid="77ab…";nonce="…"
    Signature: sig=:MEUC…:
    Evidence-Certificate: :MIIB…:, :MIIB…:

``keyid`` is the SHA-256 of the signer's X.509 certificate in hex. ``Evidence-Certificate`` has that
X.509 certificate first and then those that lead from it to a root (DER). Covered must be
``@method``; ``@target-uri``, or ``@authority``, ``@path`` and ``@query``; and ``content-digest``
(RFC 9530, sha-256 or sha-512) where there is a body.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from evidence_ledger.core.http_request import HttpRequest
from evidence_ledger.core.request_algorithm import verifies
from evidence_ledger.core.structured_field import (
    Bare,
    InnerList,
    Item,
    parse_byte_list,
    parse_bytes,
    parse_lists,
)
from evidence_ledger.core.x509_certificate import X509Certificate, parse_certificate
from evidence_ledger.errors import FormatError, Refused

INPUT: Final = "signature-input"
SIGNATURE: Final = "signature"
CERTIFICATE: Final = "evidence-certificate"
DIGEST: Final = "content-digest"
LONGEST_NONCE: Final = 128
SHORTEST_NONCE: Final = 16
MOST_CERTIFICATES: Final = 10

_DIGESTS: Final[Mapping[str, str]] = {"sha-256": "sha256", "sha-512": "sha512"}
_TARGETS: Final = (
    frozenset({"@method", "@target-uri"}),
    frozenset({"@method", "@authority", "@path", "@query"}),
)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request whose signature is right. ``others`` are the further X.509 certificates (DER)."""

    certificate: X509Certificate
    others: tuple[bytes, ...]
    nonce: str
    created: datetime


def signature_base(covered: InnerList, value: Callable[[Item], str]) -> bytes:
    """What is signed (section 2.5). Raises Refused, and what ``value`` raises."""
    names = [(item.value, tuple(sorted(item.parameters.items()))) for item in covered.items]
    if len(set(names)) != len(names):
        raise Refused("http-signature.repeated", "A covered component is named twice.")
    lines = [f"{item.text}: {value(item)}" for item in covered.items]
    lines.append(f'"@signature-params": {covered.text}')
    if not all(line.isascii() and "\n" not in line and "\r" not in line for line in lines):
        raise Refused("http-signature.value", "A covered value is not one line of ASCII.")
    return "\n".join(lines).encode("ascii")


def check_request(
    request: HttpRequest, body: bytes, now: datetime, window: timedelta
) -> SignedRequest:
    """Who signed a request, not longer than ``window`` before or after ``now`` (aware UTC).

    Whether the nonce is fresh is for the caller. Raises Refused, FormatError, Undecided.
    """
    covered, signature = _signature(request)
    _require_covered(covered, has_body=bool(body))
    created = _require_time(covered.parameters, now, window)
    nonce = _nonce(covered.parameters)
    certificate, others = _certificates(request, covered.parameters)
    if body or request.has(DIGEST):
        check_digest(request.field(DIGEST), body)
    base = signature_base(covered, request.component)
    if not verifies(certificate.public_key, covered.parameters.get("alg"), signature, base):
        raise Refused("http-signature.wrong", "The request's signature is not right.")
    return SignedRequest(certificate, others, nonce, created)


def _signature(request: HttpRequest) -> tuple[InnerList, bytes]:
    inputs = parse_lists(request.field(INPUT), what="Signature-Input")
    signatures = parse_bytes(request.field(SIGNATURE), what="Signature")
    if inputs.keys() != signatures.keys() or len(inputs) != 1:
        raise Refused("http-signature.labels", "The request must have exactly one signature.")
    ((label, covered),) = inputs.items()
    return covered, signatures[label]


def _require_covered(covered: InnerList, *, has_body: bool) -> None:
    names = {item.value for item in covered.items if not item.parameters}
    if not any(wanted <= names for wanted in _TARGETS):
        raise Refused(
            "http-signature.covers",
            "The signature must cover @method and @target-uri, or @method, @authority, @path "
            "and @query.",
        )
    if has_body and DIGEST not in names:
        raise Refused("http-signature.body", "The signature must cover content-digest.")


def _require_time(parameters: Mapping[str, Bare], now: datetime, window: timedelta) -> datetime:
    created = _moment(parameters, "created")
    if created is None:
        raise Refused("http-signature.created", "The signature does not say when it was made.")
    expires = _moment(parameters, "expires")
    if abs(now - created) > window or (expires is not None and expires < now):
        raise Refused(
            "http-signature.stale",
            "The signature was not made just now, or has expired.",
            hint="Sign the request anew; set the clock of your machine.",
        )
    return created


def _moment(parameters: Mapping[str, Bare], name: str) -> datetime | None:
    value = parameters.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise FormatError("http-signature.time", f"{name} must be a whole number.")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise FormatError("http-signature.time", f"{name} is no time.") from error


def _nonce(parameters: Mapping[str, Bare]) -> str:
    nonce = parameters.get("nonce")
    if not isinstance(nonce, str) or not SHORTEST_NONCE <= len(nonce) <= LONGEST_NONCE:
        raise Refused(
            "http-signature.nonce",
            f"The signature must have a nonce of {SHORTEST_NONCE} to {LONGEST_NONCE} characters.",
        )
    return nonce


def _certificates(
    request: HttpRequest, parameters: Mapping[str, Bare]
) -> tuple[X509Certificate, tuple[bytes, ...]]:
    first, *others = parse_byte_list(request.field(CERTIFICATE), what="Evidence-Certificate")
    if len(others) >= MOST_CERTIFICATES:
        raise Refused(
            "http-signature.chain",
            f"A request has at most {MOST_CERTIFICATES} X.509 certificates.",
        )
    keyid = parameters.get("keyid")
    named = keyid if isinstance(keyid, str) else ""
    if not hmac.compare_digest(named.encode(), hashlib.sha256(first).hexdigest().encode()):
        raise Refused(
            "http-signature.keyid", "keyid is not the SHA-256 of the first X.509 certificate."
        )
    return parse_certificate(first), tuple(others)


def check_digest(field: str, body: bytes) -> None:
    """A content-digest is the body's (RFC 9530, section 2). Raises Refused, FormatError."""
    told = parse_bytes(field, what="Content-Digest")
    known = {name: value for name, value in told.items() if name in _DIGESTS}
    if not known:
        raise Refused("http-signature.digest", "Content-Digest must be sha-256 or sha-512.")
    for name, value in known.items():
        if not hmac.compare_digest(hashlib.new(_DIGESTS[name], body).digest(), value):
            raise Refused("http-signature.digest", "Content-Digest is not that of the body.")
