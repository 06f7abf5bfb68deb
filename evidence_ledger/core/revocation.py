"""Whether the X.509 certificates of a chain were revoked, and what that means for a signature.

A source counts for an X.509 certificate when its issuer, or an OCSP responder that the issuer has
named, signed it (RFC 5280, 6.3; RFC 6960, 4.2.2.2). Let ``moment`` be the signature's time, and
``existed`` a moment by which it is proved to have existed:

1. revoked not later than ``moment``: refused
2. on hold: undecided while the newest source says so (RFC 5280, 5.3.1), but for 4
3. revoked later, the key not compromised (unspecified, affiliationChanged, superseded,
   cessationOfOperation): the signature stands (RFC 3161, section 4, 1)
4. revoked later for a compromise, for another reason or for none given: the signature stands only
   where it is proved to be older than that (RFC 3161, section 4; ETSI EN 319 102-1, 5.6.2.4)
5. not revoked: a source must be about ``moment``: issued not before it, or in force at it, and
   not have dropped the X.509 certificate after its expiry (RFC 5280, 3.3; RFC 6960, 4.4.4)

A source that says "revoked" counts however old it is. Without any source for 5, the chain is
undecided where revocation data is demanded, and stands where it is not. The root is trusted by
choice, so nothing is asked about it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from itertools import pairwise
from typing import Final

from evidence_ledger.core import ocsp_response, revocation_list
from evidence_ledger.core.certificate_chain import Chain
from evidence_ledger.core.revocation_status import Reason, Revocation, RevocationStatus
from evidence_ledger.core.revocation_values import RevocationData
from evidence_ledger.core.x509_certificate import X509Certificate, parse_certificate
from evidence_ledger.errors import EvidenceError, Refused, Undecided

_HARMLESS: Final = frozenset(
    {
        Reason.UNSPECIFIED,
        Reason.AFFILIATION_CHANGED,
        Reason.SUPERSEDED,
        Reason.CESSATION_OF_OPERATION,
    }
)


_ABOUT_OTHERS: Final = frozenset({"crl.other-issuer", "crl.other-scope"})


@dataclass(frozen=True, slots=True)
class Revocations:
    """Of how many X.509 certificates of a chain it is known that they were not revoked.

    ``asked`` leaves out the root. ``later`` says that one of them was revoked, but later. Where
    the signature stands only if it is older than some moment, that is ``doubtful_since``.
    """

    asked: int
    known: int
    later: bool = False
    doubtful_since: datetime | None = None

    def to_json(self) -> dict[str, object]:
        """The facts of a report."""
        return {"asked": self.asked, "known": self.known, "revoked_later": self.later}

    @property
    def says(self) -> str:
        """One sentence for a report."""
        if self.later:
            return "An X.509 certificate was revoked, but later, and that does not matter here."
        return f"{self.known} of {self.asked} X.509 certificates are known not to be revoked."


def check_revocation(
    chain: Chain,
    data: RevocationData,
    moment: datetime,
    *,
    existed: datetime,
    demanded: bool,
) -> Revocations:
    """What ``data`` says of a signature of ``moment`` that existed by ``existed`` (aware UTC).

    Raises Refused ``revocation.revoked``; Undecided ``revocation.on-hold``,
    ``revocation.compromised``, ``revocation.no-reason`` and, with ``demanded``,
    ``revocation.missing``.
    """
    known, later, doubtful = 0, False, list[datetime]()
    for certificate, issuer in pairwise(chain.certificates):
        told = _told(certificate, issuer, data)
        found = _revocation(told.statuses, moment)
        if found is not None:
            _require_harmless(certificate, found, moment, existed)
            later = True
            doubtful += [] if found.reason in _HARMLESS else [found.doubtful_since]
        elif any(one.covers(moment) for one in told.statuses):
            known += 1
        elif demanded:
            raise _missing(certificate, told.errors)
    asked = len(chain.certificates) - 1
    return Revocations(asked, known, later, min(doubtful, default=None))


def _revocation(statuses: list[RevocationStatus], moment: datetime) -> Revocation | None:
    """The revocation that counts: the newest final one, or a hold that nothing newer has lifted."""
    newest_first = sorted(statuses, key=lambda one: one.issued, reverse=True)
    revoked = (one.revoked for one in newest_first if one.revoked)
    final = next((one for one in revoked if not one.on_hold), None)
    if final is not None:
        return final
    telling = (one for one in newest_first if one.revoked or one.covers(moment))
    newest = next(telling, None)
    return newest.revoked if newest else None


def _require_harmless(
    certificate: X509Certificate, found: Revocation, moment: datetime, existed: datetime
) -> None:
    whose = certificate.subject_text
    when = f"{found.moment:%Y-%m-%d %H:%M:%S} UTC"
    if found.moment <= moment and not found.on_hold:
        raise Refused(
            "revocation.revoked", f"The X.509 certificate of {whose} had been revoked on {when}."
        )
    if found.reason in _HARMLESS or existed < found.doubtful_since:
        return
    if found.on_hold:
        raise Undecided(
            "revocation.on-hold",
            f"The X.509 certificate of {whose} is on hold since {when}.",
            hint="Check again when its issuer has decided, with newer revocation data.",
        )
    if found.reason is None:
        raise Undecided(
            "revocation.no-reason",
            f"The X.509 certificate of {whose} was revoked on {when}, and no reason is given.",
            hint="An evidence record made before that would prove that the signature is older.",
        )
    raise Undecided(
        "revocation.compromised",
        f"The X.509 certificate of {whose} was revoked on {when}, "
        f"because its key may be in wrong hands ({found.reason.name.lower().replace('_', ' ')}).",
        hint="An evidence record made before that would prove that the signature is older.",
    )


def _missing(certificate: X509Certificate, errors: list[EvidenceError]) -> Undecided:
    why = f" {errors[0].message}" if errors else ""
    return Undecided(
        "revocation.missing",
        f"Whether the X.509 certificate of {certificate.subject_text} was revoked by then "
        f"is not known.{why}",
        hint="Give a revocation list or an OCSP response of its issuer, not older than that.",
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What all sources say of one X.509 certificate, and why others could not be used."""

    statuses: list[RevocationStatus] = field(default_factory=list)
    errors: list[EvidenceError] = field(default_factory=list)

    def take(self, read: Callable[[], Sequence[RevocationStatus]]) -> None:
        try:
            self.statuses.extend(read())
        except EvidenceError as error:
            if error.reason not in _ABOUT_OTHERS:
                self.errors.append(error)


def _told(certificate: X509Certificate, issuer: X509Certificate, data: RevocationData) -> _Told:
    told = _Told()
    for one in data.lists:
        told.take(partial(_from_list, one, certificate, issuer, data))
    for one in data.responses:
        told.take(partial(_from_response, one, certificate, issuer, data))
    return told


def _from_list(
    one: bytes, certificate: X509Certificate, issuer: X509Certificate, data: RevocationData
) -> list[RevocationStatus]:
    key = (b"list", one, certificate.raw, issuer.raw)
    return data.once(key, partial(_list_status, one, certificate, issuer))


def _list_status(
    one: bytes, certificate: X509Certificate, issuer: X509Certificate
) -> list[RevocationStatus]:
    status = revocation_list.parse_list(one).status_of(certificate)
    _require_list_signer(one, issuer.raw)
    return [status]


@lru_cache(maxsize=64)
def _require_list_signer(data: bytes, issuer: bytes) -> None:
    revocation_list.require_signer(revocation_list.parse_list(data), parse_certificate(issuer))


def _from_response(
    one: bytes, certificate: X509Certificate, issuer: X509Certificate, data: RevocationData
) -> list[RevocationStatus]:
    key = (b"response", one, certificate.raw, issuer.raw)
    found = data.once(key, partial(_answered, one, certificate, issuer))
    if found is None:
        return []
    responder, statuses = found
    if responder.raw != issuer.raw:
        _require_unrevoked(responder, issuer, data)
    return statuses


def _answered(
    one: bytes, certificate: X509Certificate, issuer: X509Certificate
) -> tuple[X509Certificate, list[RevocationStatus]] | None:
    response = ocsp_response.parse_response(one)
    answers = ocsp_response.matching_answers(response, certificate, issuer)
    if not answers:
        return None
    responder = ocsp_response.responder_of(response, issuer)
    return responder, [answer.status_of(certificate) for answer in answers]


def _require_unrevoked(
    responder: X509Certificate, issuer: X509Certificate, data: RevocationData
) -> None:
    """No list at hand names the responder (RFC 6960, 4.2.2.2.1). Raises Undecided."""
    told = _told(responder, issuer, replace(data, responses=()))
    if any(one.revoked for one in told.statuses):
        raise Undecided("ocsp.responder-revoked", "The OCSP responder was revoked itself.")
