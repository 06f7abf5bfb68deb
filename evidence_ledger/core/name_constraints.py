"""Name constraints of an issuer (RFC 5280, 4.2.1.10).

Directory names, DNS names, mail addresses, URIs by their hosts and IP addresses are compared. A
constraint on another kind of name is Undecided where a name of that kind stands below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from evidence_ledger.core import der, oid
from evidence_ledger.core.der_writer import sequence
from evidence_ledger.core.distinguished_name import same_name
from evidence_ledger.core.x509_certificate import X509Certificate
from evidence_ledger.errors import Refused, Undecided

_WHAT: Final = "nameConstraints"
MAIL: Final = 1
DNS: Final = 2
DIRECTORY: Final = 4
URI: Final = 6
ADDRESS: Final = 7
_MOST: Final = 256
_LABEL: Final = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# The last label is no number: a host that is an IP address is no name of a domain.
_DOMAIN: Final = rf"(?:{_LABEL}\.)*(?![0-9]+(?:[^a-z0-9_.-]|$)){_LABEL}"
_URI_HOST: Final = re.compile(
    rf"[a-z][a-z0-9+.-]*://(?:[a-z0-9._~!$&'()*+,;=:%-]*@)?({_DOMAIN})(?::[0-9]*)?(?:[/?#].*)?",
    re.ASCII | re.DOTALL,
)
_URI_BASE: Final = re.compile(rf"\.?{_DOMAIN}", re.ASCII)


@dataclass(frozen=True, slots=True)
class GeneralName:
    """A name's kind (its tag number in GeneralName) and its content: a DER Name for kind 4."""

    kind: int
    content: bytes


def require_permitted(issuer: X509Certificate, below: Sequence[X509Certificate]) -> None:
    """Raises Refused where a name below ``issuer`` is outside its constraints; Undecided;
    FormatError.

    ``below`` is the chain under it, the leaf first. Self-issued intermediates are exempt.
    """
    extension = issuer.extensions.get(oid.NAME_CONSTRAINTS)
    if extension is None:
        return
    permitted, excluded = _subtrees(extension.value)
    for position, certificate in enumerate(below):
        if position == 0 or certificate.subject != certificate.issuer:
            for name in names_of(certificate):
                _require(name, permitted, excluded)


def names_of(certificate: X509Certificate) -> list[GeneralName]:
    """The subject and all subject alternative names. Raises FormatError."""
    subject = der.parse(certificate.subject, "subject").elements("subject", most=64)
    names = [GeneralName(DIRECTORY, certificate.subject)] if subject else []
    extension = certificate.extensions.get(oid.SUBJECT_ALTERNATIVE_NAME)
    if extension is not None:
        what = "subjectAltName"
        names += map(_general_name, der.parse(extension.value, what).elements(what, most=_MOST))
    return names


def _subtrees(value: bytes) -> tuple[list[GeneralName], list[GeneralName]]:
    fields = der.parse(value, _WHAT).fields(_WHAT)
    nodes = fields.optional(der.context(0)), fields.optional(der.context(1))
    fields.done()
    permitted, excluded = (_bases(node) if node else [] for node in nodes)
    return permitted, excluded


def _bases(node: der.Node) -> list[GeneralName]:
    found = []
    for subtree in node.elements(_WHAT, node.tag, most=_MOST):
        fields = subtree.fields(_WHAT)
        found.append(_general_name(fields.next()))
        if fields.more:
            raise Undecided("chain.name-constraints", "A name constraint has a distance.")
    return found


def _general_name(node: der.Node) -> GeneralName:
    kind = node.tag & 0x1F
    content = node.only(_WHAT, node.tag).raw if kind == DIRECTORY else node.content
    return GeneralName(kind, content)


def _require(
    name: GeneralName, permitted: Iterable[GeneralName], excluded: Iterable[GeneralName]
) -> None:
    same_kind = [base for base in permitted if base.kind == name.kind]
    forbidden = any(is_within(name, base) for base in excluded if base.kind == name.kind)
    if forbidden or (same_kind and not any(is_within(name, base) for base in same_kind)):
        raise Refused("chain.name-constraints", "An issuer vouched for a name that it may not.")


def is_within(name: GeneralName, base: GeneralName) -> bool:
    """Whether a name is below the base of a constraint of its kind.

    Raises Refused, Undecided, FormatError.
    """
    if name.kind == DIRECTORY:
        return _directory_within(name.content, base.content)
    if name.kind == DNS:
        return _domain_within(_ascii(name.content), _ascii(base.content))
    if name.kind == MAIL:
        return _mail_within(_ascii(name.content), _ascii(base.content))
    if name.kind == URI:
        return _uri_within(_ascii(name.content), _ascii(base.content))
    if name.kind == ADDRESS:
        return _address_within(name.content, base.content)
    raise Undecided(
        "chain.name-constraints", "An issuer's constraint is on a kind of name not known here."
    )


def _uri_within(name: str, base: str) -> bool:
    """By the host. Raises Refused for a URI without the name of one, as the RFC asks."""
    if not _URI_BASE.fullmatch(base):
        raise Undecided(
            "chain.name-constraints", "An issuer's constraint on URIs is no host and no domain."
        )
    found = _URI_HOST.fullmatch(name)
    if found is None:
        raise Refused(
            "chain.name-constraints",
            "An issuer's constraint is on URIs, and one names no host.",
        )
    host = found[1]
    return host.endswith(base) and host != base if base.startswith(".") else host == base


def _address_within(name: bytes, base: bytes) -> bool:
    """Whether an address (4 or 16 bytes) is in a block: an address and a mask."""
    size = len(base) // 2
    mask = int.from_bytes(base[size:])
    is_block = size in (4, 16) and len(base) == 2 * size
    ones = (1 << 8 * size) - 1
    if not is_block or (ones ^ mask) & ((ones ^ mask) + 1):
        raise Undecided(
            "chain.name-constraints", "An issuer's constraint on IP addresses is no block of them."
        )
    wanted = int.from_bytes(base[:size]) & mask
    return len(name) == size and int.from_bytes(name) & mask == wanted


def _ascii(content: bytes) -> str:
    return content.decode("latin-1").lower()


def _directory_within(name: bytes, base: bytes) -> bool:
    parts = der.parse(name, _WHAT).elements(_WHAT, most=64)
    wanted = der.parse(base, _WHAT).elements(_WHAT, most=64)
    return len(parts) >= len(wanted) and all(
        same_name(_alone(part), _alone(want)) for part, want in zip(parts, wanted, strict=False)
    )


def _alone(relative: der.Node) -> bytes:
    return sequence(relative.raw)


def _domain_within(name: str, base: str) -> bool:
    return not base or name == base or name.endswith("." + base.removeprefix("."))


def _mail_within(name: str, base: str) -> bool:
    if "@" in base:
        return name == base
    host = name.rpartition("@")[2]
    return host.endswith(base) if base.startswith(".") else host == base
