"""OCSP responses (RFC 6960, section 4.2).

    OCSPResponse { successful, { id-pkix-ocsp-basic, BasicOCSPResponse } }
    BasicOCSPResponse { ResponseData { responder, producedAt, { CertID, status, thisUpdate,
                        nextUpdate }… }, algorithm, signature, certificates }

A whole response and the basic one in it are both taken: revocation values in signatures hold the
latter. Reading decides nothing; ``responder_of`` judges who answered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from evidence_ledger.core import der, oid, signed_value
from evidence_ledger.core.algorithm import (
    DIGESTS,
    WEAK_DIGESTS,
    AlgorithmIdentifier,
    parse_identifier,
    scheme_of,
)
from evidence_ledger.core.certificate_chain import validate_chain
from evidence_ledger.core.certificate_purpose import Purpose
from evidence_ledger.core.distinguished_name import same_name
from evidence_ledger.core.public_key import PublicKey
from evidence_ledger.core.revocation_status import Revocation, RevocationStatus, read_reason
from evidence_ledger.core.x509_certificate import (
    Extension,
    X509Certificate,
    parse_certificate,
    read_extensions,
)
from evidence_ledger.errors import EvidenceError, FormatError, NewerFormat, Undecided

LARGEST: Final = 1024 * 1024
"""Bytes of one response."""
MOST_ANSWERS: Final = 1024
MOST_CERTIFICATES: Final = 16

_WHAT: Final = "OCSP response"
_REVOKED: Final = der.context(1)
_GOOD: Final = der.context(0, constructed=False)
_UNKNOWN: Final = der.context(2, constructed=False)
_SUCCESSFUL: Final = 0
_REFUSALS: Final = {
    1: "the request is malformed",
    2: "the responder has an internal error",
    3: "try again later",
    5: "the request must be signed",
    6: "the request is not permitted",
}
# SHA-1 names an X.509 certificate here; it protects nothing.
_NAMING: Final = {one.oid: one for one in (WEAK_DIGESTS["sha1"], *DIGESTS.values())}


@dataclass(frozen=True, slots=True)
class CertificateName:
    """A CertID: a serial number, with digests of the issuer's name and key."""

    digest: AlgorithmIdentifier
    name_hash: bytes
    key_hash: bytes
    serial: int

    def names(self, certificate: X509Certificate, issuer: X509Certificate) -> bool:
        """Whether it names ``certificate``, which ``issuer`` has issued. Raises FormatError."""
        digest = _NAMING.get(self.digest.oid)
        return (
            digest is not None
            and self.serial == certificate.serial
            and self.name_hash == digest.of(certificate.issuer)
            and self.key_hash == digest.of(key_bits(issuer))
        )


def key_bits(certificate: X509Certificate) -> bytes:
    """The bits of the subject's key, which key hashes are over. Raises FormatError."""
    fields = der.parse(certificate.public_key_info, "public key").fields("public key")
    fields.next()
    return fields.next().bits("public key")


@dataclass(frozen=True, slots=True)
class Answer:
    """One SingleResponse: ``known`` is False where the responder does not know the X.509
    certificate. Times are aware UTC."""

    subject: CertificateName
    known: bool
    revoked: Revocation | None
    this_update: datetime
    next_update: datetime | None
    archive_cutoff: datetime | None

    def status_of(self, certificate: X509Certificate) -> RevocationStatus:
        """What it says of the X.509 certificate that it names.

        Silence about an expired one counts where the responder keeps it (section 4.4.4).
        """
        retains = self.this_update <= certificate.not_after or (
            self.archive_cutoff is not None and self.archive_cutoff <= certificate.not_after
        )
        complete = self.known and retains
        return RevocationStatus(self.this_update, self.next_update, self.revoked, complete)


@dataclass(frozen=True, slots=True)
class OcspResponse:
    """One response: ``signed`` are the bytes that the responder signed.

    The responder is named by ``responder_name`` (DER) or ``responder_key`` (SHA-1 of its key).
    ``certificates`` are DER, embedded, and trusted for nothing.
    """

    raw: bytes
    signed: bytes
    responder_name: bytes | None
    responder_key: bytes | None
    produced_at: datetime
    answers: tuple[Answer, ...]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    certificates: tuple[bytes, ...]

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether ``key`` made the signature on it. Raises Undecided, FormatError."""
        scheme = scheme_of(self.signature_algorithm, None, _WHAT)
        return key.verifies(scheme, self.signature, self.signed)

    def is_by(self, certificate: X509Certificate) -> bool:
        """Whether the responder's name or key is that of ``certificate``. Raises FormatError."""
        if self.responder_key is not None:
            digest = hashlib.sha1(key_bits(certificate), usedforsecurity=False).digest()
            return digest == self.responder_key
        name = self.responder_name
        return name is not None and same_name(name, certificate.subject)


def responder_of(response: OcspResponse, issuer: X509Certificate) -> X509Certificate:
    """Who signed: ``issuer`` itself, or a responder that it has named (section 4.2.2.2).

    Raises Undecided where the response is by nobody who may speak for ``issuer``.
    """
    embedded = (_readable(one) for one in response.certificates)
    for candidate in (issuer, *(one for one in embedded if one is not None)):
        if response.is_by(candidate) and response.is_signed_by(candidate.public_key):
            if candidate.raw != issuer.raw:
                _require_delegate(candidate, issuer, response.produced_at)
            return candidate
    raise Undecided("ocsp.responder", "The OCSP response is by nobody who speaks for the issuer.")


def _readable(data: bytes) -> X509Certificate | None:
    try:
        return parse_certificate(data)
    except FormatError:
        return None


def _require_delegate(responder: X509Certificate, issuer: X509Certificate, at: datetime) -> None:
    if oid.OCSP_SIGNING not in (responder.extended_key_usage or ()):
        raise Undecided(
            "ocsp.not-delegated",
            f"{responder.subject_text} may not answer for {issuer.subject_text}.",
        )
    try:
        validate_chain(responder.raw, (), (issuer.raw,), at, purpose=Purpose.SIGNATURE)
    except EvidenceError as error:
        raise Undecided(
            "ocsp.responder-chain", f"The OCSP responder was not in order: {error.message}"
        ) from error


@lru_cache(maxsize=64)
def parse_response(data: bytes) -> OcspResponse:
    """The response, or the basic one, that is all of ``data``.

    Raises FormatError, NewerFormat; Undecided ``ocsp.no-answer`` where the responder gave none and
    ``ocsp.critical-extension``.
    """
    node = der.parse(data, _WHAT, largest=LARGEST)
    first = node.fields(_WHAT).next()
    return _basic(data if first.tag == der.SEQUENCE else _wrapped(node))


def _wrapped(node: der.Node) -> bytes:
    fields = node.fields(_WHAT)
    status = fields.next().integer(_WHAT, der.ENUMERATED, longest=1)
    if status != _SUCCESSFUL:
        words = _REFUSALS.get(status, f"status {status}")
        raise Undecided("ocsp.no-answer", f"The OCSP responder gave no answer: {words}.")
    inner = fields.next().only(_WHAT, der.context(0)).fields(_WHAT)
    fields.done()
    kind = inner.next().oid(_WHAT)
    content = inner.next().octets(_WHAT)
    inner.done()
    if kind != oid.OCSP_BASIC:
        raise NewerFormat("ocsp.newer", f"OCSP responses of the kind {kind} are not known.")
    return content


def _basic(data: bytes) -> OcspResponse:
    outer = signed_value.parse(data, _WHAT, largest=LARGEST)
    embedded = outer.rest.optional(der.context(0))
    outer.rest.done()
    inner = outer.signed.fields(_WHAT)
    version = inner.optional(der.context(0))
    if version is not None and version.only(_WHAT, version.tag).integer(_WHAT, longest=4) != 0:
        raise NewerFormat("ocsp.newer", "This version of OCSP responses is not known.")
    name = inner.optional(der.context(1))
    key = None if name else inner.next()
    produced = inner.next().expect(der.GENERALIZED_TIME, _WHAT).time(_WHAT)
    answers = inner.next().elements(_WHAT, most=MOST_ANSWERS)
    _extensions(inner)
    inner.done()
    return OcspResponse(
        raw=data,
        signed=outer.signed.raw,
        responder_name=name.only(_WHAT, name.tag).raw if name else None,
        responder_key=key.only(_WHAT, der.context(2)).octets(_WHAT) if key else None,
        produced_at=produced,
        answers=tuple(map(_answer, answers)),
        signature_algorithm=outer.algorithm,
        signature=outer.signature,
        certificates=_certificates(embedded),
    )


def _certificates(node: der.Node | None) -> tuple[bytes, ...]:
    if node is None:
        return ()
    nodes = node.only(_WHAT, node.tag).elements(_WHAT, most=MOST_CERTIFICATES)
    return tuple(one.raw for one in nodes)


def _answer(node: der.Node) -> Answer:
    fields = node.fields(_WHAT)
    subject = _subject(fields.next())
    status = fields.next()
    this_update = fields.next().expect(der.GENERALIZED_TIME, _WHAT).time(_WHAT)
    wrapped = fields.optional(der.context(0))
    extensions = _extensions(fields)
    fields.done()
    cutoff = extensions.get(oid.OCSP_ARCHIVE_CUTOFF)
    since = extensions.get(oid.INVALIDITY_DATE)
    return Answer(
        subject=subject,
        known=_known(status),
        revoked=_revocation(status, _time(since)) if status.tag == _REVOKED else None,
        this_update=this_update,
        next_update=wrapped.only(_WHAT, wrapped.tag).time(_WHAT) if wrapped else None,
        archive_cutoff=_time(cutoff),
    )


def _subject(node: der.Node) -> CertificateName:
    fields = node.fields(_WHAT)
    digest = parse_identifier(fields.next().raw, _WHAT)
    name_hash, key_hash = fields.next().octets(_WHAT), fields.next().octets(_WHAT)
    serial = fields.next().integer(_WHAT, longest=64)
    fields.done()
    return CertificateName(digest, name_hash, key_hash, serial)


def _known(status: der.Node) -> bool:
    if status.tag == _REVOKED:
        return True
    if status.tag not in (_GOOD, _UNKNOWN) or status.content:
        raise FormatError("ocsp.status", "There is no such status.", where=status.where(_WHAT))
    return status.tag == _GOOD


def _revocation(status: der.Node, since: datetime | None) -> Revocation:
    fields = status.fields(_WHAT, _REVOKED)
    moment = fields.next().expect(der.GENERALIZED_TIME, _WHAT).time(_WHAT)
    wrapped = fields.optional(der.context(0))
    fields.done()
    reason = read_reason(wrapped.only(_WHAT, wrapped.tag), _WHAT) if wrapped else None
    return Revocation(moment, reason, since)


def _time(extension: Extension | None) -> datetime | None:
    return der.parse(extension.value, _WHAT).time(_WHAT) if extension else None


def _extensions(fields: der.Fields) -> Mapping[str, Extension]:
    wrapped = fields.optional(der.context(1))
    if wrapped is None:
        return {}
    extensions = read_extensions(wrapped.only(_WHAT, wrapped.tag), _WHAT)
    for name, extension in extensions.items():
        if extension.critical and name not in _CRITICAL:
            raise Undecided(
                "ocsp.critical-extension",
                f"An OCSP response has a critical extension that is not known: {name}.",
            )
    return extensions


_CRITICAL: Final = frozenset(
    {oid.OCSP_NONCE, oid.OCSP_ARCHIVE_CUTOFF, oid.CRL_REASON, oid.INVALIDITY_DATE}
)


def matching_answers(
    response: OcspResponse, certificate: X509Certificate, issuer: X509Certificate
) -> Sequence[Answer]:
    """The answers about ``certificate``, which ``issuer`` has issued. Raises FormatError."""
    return [one for one in response.answers if one.subject.names(certificate, issuer)]
