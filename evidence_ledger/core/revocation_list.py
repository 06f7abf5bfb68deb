"""X.509 certificate revocation lists (RFC 5280, section 5).

    CertificateList { TBSCertList { version, algorithm, issuer, thisUpdate, nextUpdate,
                      revokedCertificates { serial, date, extensions }, [0] extensions },
                      algorithm, signature }

Complete lists by the issuer itself are read. Delta lists, indirect lists and unknown critical
extensions are Undecided, as section 5.2 asks. ``status_of`` judges the scope; whether the
signature is right is for the caller, by ``is_signed_by``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from evidence_ledger.core import der, oid, signed_value
from evidence_ledger.core.algorithm import AlgorithmIdentifier, parse_identifier, scheme_of
from evidence_ledger.core.distinguished_name import same_name
from evidence_ledger.core.distribution_point import (
    IssuingPoint,
    point_names,
    read_issuing_point,
)
from evidence_ledger.core.public_key import PublicKey
from evidence_ledger.core.revocation_status import Revocation, RevocationStatus, read_reason
from evidence_ledger.core.x509_certificate import (
    Extension,
    KeyUsage,
    X509Certificate,
    read_extensions,
)
from evidence_ledger.errors import FormatError, NewerFormat, Undecided

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of one list."""

_WHAT: Final = "revocation list"
_ENTRY: Final = "revocation list entry"
_VERSION_2: Final = 1
_CRITICAL: Final = frozenset({oid.ISSUING_DISTRIBUTION_POINT, oid.AUTHORITY_KEY_IDENTIFIER})
_ENTRY_CRITICAL: Final = frozenset({oid.CRL_REASON, oid.INVALIDITY_DATE})


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One list: ``raw`` is all of it, ``signed`` the bytes that its issuer signed.

    ``issuer`` is a DER name, ``entries`` the DER of revokedCertificates or None where there are
    none. ``next_update`` is None where not stated. Times are aware UTC.
    """

    raw: bytes
    signed: bytes
    issuer: bytes
    this_update: datetime
    next_update: datetime | None
    entries: bytes | None
    extensions: Mapping[str, Extension]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether ``key`` made the signature on it. Raises Undecided, FormatError."""
        scheme = scheme_of(self.signature_algorithm, None, _WHAT)
        return key.verifies(scheme, self.signature, self.signed)

    def status_of(self, certificate: X509Certificate) -> RevocationStatus:
        """What the list says of an X.509 certificate, one of whose issuer it must be.

        Raises Undecided ``crl.other-issuer`` and ``crl.other-scope`` where the list is not about
        it; Undecided, FormatError for entries that can't be used.
        """
        if not same_name(self.issuer, certificate.issuer):
            raise Undecided("crl.other-issuer", "The revocation list is of another issuer.")
        point = self._issuing_point()
        _require_scope(point, certificate)
        revoked = find_entry(self.entries, certificate.serial) if self.entries else None
        complete = not point.only_some_reasons and self._retains(certificate)
        return RevocationStatus(self.this_update, self.next_update, revoked, complete)

    def _issuing_point(self) -> IssuingPoint:
        extension = self.extensions.get(oid.ISSUING_DISTRIBUTION_POINT)
        return read_issuing_point(extension.value) if extension else IssuingPoint()

    def _retains(self, certificate: X509Certificate) -> bool:
        """Whether the list still names it: expired ones are dropped (section 3.3) unless the
        list says since when it keeps them."""
        if self.this_update <= certificate.not_after:
            return True
        extension = self.extensions.get(oid.EXPIRED_ON_CRL)
        if extension is None:
            return False
        return der.parse(extension.value, _WHAT).time(_WHAT) <= certificate.not_after


def _require_scope(point: IssuingPoint, certificate: X509Certificate) -> None:
    """Section 6.3.3, (b)(2): the list is about X.509 certificates of this kind and place."""
    authority = certificate.basic_constraints.authority
    wrong_kind = point.only_attributes or (
        point.only_users if authority else point.only_authorities
    )
    elsewhere = point.named and not (point.names & point_names(certificate))
    if wrong_kind or elsewhere:
        raise Undecided(
            "crl.other-scope",
            f"The revocation list is not about the X.509 certificate of "
            f"{certificate.subject_text}.",
        )


@lru_cache(maxsize=8)
def parse_list(data: bytes) -> RevocationList:
    """The list that is all of ``data``.

    Raises FormatError, NewerFormat; Undecided ``crl.delta``, ``crl.indirect``,
    ``crl.critical-extension`` for what can't be used.
    """
    outer = signed_value.parse_whole(data, _WHAT, largest=LARGEST)
    inner = outer.signed.fields(_WHAT)
    version = inner.optional(der.INTEGER)
    _require_version(version)
    if parse_identifier(inner.next().raw, _WHAT) != outer.algorithm:
        raise FormatError("crl.two-algorithms", "The two signature algorithms differ.", where=_WHAT)
    issuer = inner.next().expect(der.SEQUENCE, _WHAT)
    this_update = inner.next().time(_WHAT)
    next_update = inner.optional(der.UTC_TIME) or inner.optional(der.GENERALIZED_TIME)
    entries = inner.optional(der.SEQUENCE)
    wrapped = inner.optional(der.context(0)) if version else None
    inner.done()
    extensions = read_extensions(wrapped.only(_WHAT, wrapped.tag), _WHAT) if wrapped else {}
    _require_usable(extensions)
    return RevocationList(
        raw=data,
        signed=outer.signed.raw,
        issuer=issuer.raw,
        this_update=this_update,
        next_update=next_update.time(_WHAT) if next_update else None,
        entries=entries.raw if entries else None,
        extensions=extensions,
        signature_algorithm=outer.algorithm,
        signature=outer.signature,
    )


def _require_version(node: der.Node | None) -> None:
    version = node.integer(_WHAT, longest=4) if node else _VERSION_2
    if version > _VERSION_2:
        raise NewerFormat("crl.newer", f"Version {version + 1} of revocation lists is not known.")
    if version != _VERSION_2:
        raise FormatError("crl.version", "Version 1 is not written down in DER.", where=_WHAT)


def _require_usable(extensions: Mapping[str, Extension]) -> None:
    if oid.DELTA_CRL_INDICATOR in extensions:
        raise Undecided("crl.delta", "Revocation lists that only tell changes are not supported.")
    point = extensions.get(oid.ISSUING_DISTRIBUTION_POINT)
    if point is not None and read_issuing_point(point.value).indirect:
        raise Undecided("crl.indirect", "Revocation lists for other issuers are not supported.")
    _refuse_critical(extensions, _CRITICAL)


def _refuse_critical(extensions: Mapping[str, Extension], known: frozenset[str]) -> None:
    for name, extension in extensions.items():
        if extension.critical and name not in known:
            raise Undecided(
                "crl.critical-extension",
                f"A revocation list has a critical extension that is not known: {name}.",
            )


@lru_cache(maxsize=64)
def find_entry(entries: bytes, serial: int) -> Revocation | None:
    """The entry of a serial number in revokedCertificates, or None.

    All entries are read, for one with a critical extension that is not known spoils the list
    (section 5.3). Raises FormatError, Undecided.
    """
    members = der.parse(entries, _WHAT).fields(_WHAT)
    found: Revocation | None = None
    while members.more:
        fields = members.next().fields(_ENTRY)
        number = fields.next().integer(_ENTRY, longest=64)
        moment = fields.next().time(_ENTRY)
        extensions = read_extensions(fields.next(), _ENTRY) if fields.more else {}
        fields.done()
        _refuse_critical(extensions, _ENTRY_CRITICAL)
        if number != serial:
            continue
        if found is not None:
            raise FormatError("crl.serial-twice", "A serial number is listed twice.", where=_WHAT)
        found = _revocation(moment, extensions)
    return found


def _revocation(moment: datetime, extensions: Mapping[str, Extension]) -> Revocation:
    reason = extensions.get(oid.CRL_REASON)
    since = extensions.get(oid.INVALIDITY_DATE)
    return Revocation(
        moment,
        read_reason(der.parse(reason.value, _ENTRY), _ENTRY) if reason else None,
        der.parse(since.value, _ENTRY).time(_ENTRY) if since else None,
    )


def require_signer(parsed: RevocationList, issuer: X509Certificate) -> None:
    """``issuer`` may sign lists, was valid then, and signed this one.

    Raises Undecided, FormatError.
    """
    usage = issuer.key_usage
    if usage is not None and KeyUsage.CRL_SIGN not in usage:
        raise Undecided(
            "crl.key-usage", f"The key of {issuer.subject_text} is not for revocation lists."
        )
    if not issuer.not_before <= parsed.this_update <= issuer.not_after:
        raise Undecided(
            "crl.issuer-not-valid",
            f"The X.509 certificate of {issuer.subject_text} was not valid when it issued the "
            "revocation list.",
        )
    if not parsed.is_signed_by(issuer.public_key):
        raise Undecided("crl.signature", "The revocation list is not signed by the issuer's key.")
