"""Where revocation data lies: cRLDistributionPoints, issuingDistributionPoint, authorityInfoAccess
(RFC 5280, 4.2.1.13, 5.2.5 and 4.2.2.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from evidence_ledger.core import der, oid
from evidence_ledger.core.x509_certificate import X509Certificate
from evidence_ledger.errors import FormatError

MOST_POINTS: Final = 32

_ADDRESS: Final = der.context(6, constructed=False)
_POINTS: Final = "cRLDistributionPoints"
_ISSUING: Final = "issuingDistributionPoint"
_ACCESS: Final = "authorityInfoAccess"


@dataclass(frozen=True, slots=True)
class IssuingPoint:
    """The scope of a revocation list. ``names`` are DER GeneralNames of the place it is for.

    ``named`` says whether it is for one place at all; ``names`` is empty where that is told in a
    way that is not read here.
    """

    named: bool = False
    names: frozenset[bytes] = frozenset()
    only_users: bool = False
    only_authorities: bool = False
    only_some_reasons: bool = False
    indirect: bool = False
    only_attributes: bool = False


def read_issuing_point(value: bytes) -> IssuingPoint:
    """The scope in an issuingDistributionPoint. Raises FormatError."""
    fields = der.parse(value, _ISSUING).fields(_ISSUING)
    point = fields.optional(der.context(0))
    users = _flag(fields, 1)
    authorities = _flag(fields, 2)
    reasons = fields.optional(der.context(3, constructed=False))
    indirect = _flag(fields, 4)
    attributes = _flag(fields, 5)
    fields.done()
    return IssuingPoint(
        named=point is not None,
        names=frozenset(_names(point, _ISSUING)) if point else frozenset(),
        only_users=users,
        only_authorities=authorities,
        only_some_reasons=reasons is not None,
        indirect=indirect,
        only_attributes=attributes,
    )


def _flag(fields: der.Fields, number: int) -> bool:
    tag = der.context(number, constructed=False)
    node = fields.optional(tag)
    return node is not None and node.boolean(_ISSUING, tag)


def _names(point: der.Node, what: str) -> Iterator[bytes]:
    """The names in a DistributionPointName's fullName; none in its other form."""
    name = point.fields(what, point.tag).next()
    if name.tag == der.context(0):
        yield from (one.raw for one in name.elements(what, name.tag, most=MOST_POINTS))


def point_names(certificate: X509Certificate) -> frozenset[bytes]:
    """The DER GeneralNames of all places that an X.509 certificate names for its own list.

    Places with lists by others, or for some reasons alone, are left out. Raises FormatError.
    """
    extension = certificate.extensions.get(oid.CRL_DISTRIBUTION_POINTS)
    if extension is None:
        return frozenset()
    found: set[bytes] = set()
    for node in der.parse(extension.value, _POINTS).elements(_POINTS, most=MOST_POINTS):
        fields = node.fields(_POINTS)
        point = fields.optional(der.context(0))
        if point is not None and not fields.more:
            found |= set(_names(point, _POINTS))
    return frozenset(found)


def list_addresses(certificate: X509Certificate) -> tuple[str, ...]:
    """The web addresses of an X.509 certificate's revocation list; none where unreadable."""
    try:
        return tuple(sorted(_web_addresses(point_names(certificate))))
    except FormatError:
        return ()


def ocsp_addresses(certificate: X509Certificate) -> tuple[str, ...]:
    """The web addresses that answer OCSP for an X.509 certificate; none where unreadable."""
    extension = certificate.extensions.get(oid.AUTHORITY_INFORMATION_ACCESS)
    if extension is None:
        return ()
    try:
        return tuple(_web_addresses(_ocsp_names(extension.value)))
    except FormatError:
        return ()


def _ocsp_names(value: bytes) -> Iterator[bytes]:
    for node in der.parse(value, _ACCESS).elements(_ACCESS, most=MOST_POINTS):
        fields = node.fields(_ACCESS)
        if fields.next().oid(_ACCESS) == oid.OCSP:
            yield fields.next().raw


def _web_addresses(names: Iterator[bytes] | frozenset[bytes]) -> Iterator[str]:
    for raw in names:
        name = der.parse(raw, "name")
        address = name.content.decode("ascii", "replace") if name.tag == _ADDRESS else ""
        if address.startswith(("http://", "https://")) and address.isprintable():
            yield address
