"""X.509 chains as of a moment (RFC 5280, section 6; a small and strict part of it).

Issuers are looked for among ``roots``, which the person who checks trusts, and ``intermediates``,
which prove nothing by themselves: only those that a root leads to are asked. A path is found by
names and signatures. Then each X.509 certificate on it needs: validity at the moment, no critical
extension that this program does not know; and each issuer: basicConstraints, path length, keyUsage,
name constraints. The search is bounded, as cross-signed authorities make loops.

Policy processing is not done, so whatever demands it (a critical policy constraint) is Undecided.
Revocation is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Final

from evidence_ledger.core import oid
from evidence_ledger.core.certificate_purpose import (
    Purpose,
    require_issuer_purpose,
    require_purpose,
)
from evidence_ledger.core.distinguished_name import same_name
from evidence_ledger.core.name_constraints import require_permitted
from evidence_ledger.core.x509_certificate import KeyUsage, X509Certificate, parse_certificate
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided

LONGEST: Final = 10
"""X.509 certificates in a chain, leaf and root included."""
MOST_LINKS: Final = 128
"""Signatures of issuers tried before the search gives up."""

_KNOWN: Final = frozenset(
    {
        oid.SUBJECT_KEY_IDENTIFIER,
        oid.AUTHORITY_KEY_IDENTIFIER,
        oid.KEY_USAGE,
        oid.EXTENDED_KEY_USAGE,
        oid.BASIC_CONSTRAINTS,
        oid.NAME_CONSTRAINTS,
        oid.SUBJECT_ALTERNATIVE_NAME,
        oid.ISSUER_ALTERNATIVE_NAME,
        oid.CERTIFICATE_POLICIES,
        oid.CRL_DISTRIBUTION_POINTS,
        oid.PRIVATE_KEY_USAGE_PERIOD,
        oid.QC_STATEMENTS,
    }
)

Path = tuple[X509Certificate, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain that holds: the leaf first, the trusted root last.

    It has one member where the leaf itself is trusted.
    """

    certificates: Path

    @property
    def leaf(self) -> X509Certificate:
        """The signer's own."""
        return self.certificates[0]

    @property
    def root(self) -> X509Certificate:
        """The trusted one."""
        return self.certificates[-1]

    @property
    def not_after(self) -> datetime:
        """When the first X.509 certificate of the chain expires."""
        return min(certificate.not_after for certificate in self.certificates)


def validate_chain(
    leaf: bytes,
    intermediates: Sequence[bytes],
    roots: Sequence[bytes],
    at: datetime,
    *,
    purpose: Purpose,
) -> Chain:
    """A chain from ``leaf`` to one of ``roots`` that holds at ``at`` (aware UTC). All are DER.

    Raises Undecided ``chain.unknown-root`` where no path leads to a root; else what is wrong with
    the first path that does, one code a defect (Refused, Undecided, FormatError); FormatError for
    an unreadable leaf or root. Unreadable intermediates are left out.
    """
    first = parse_certificate(leaf)
    require_purpose(first, purpose)
    _require_sound(first, at)
    search = _Search([parse_certificate(root) for root in roots], _readable(intermediates))
    wrong: EvidenceError | None = None
    for path in search.paths((first,)):
        try:
            _require_path(path, at, purpose)
        except (Refused, Undecided, FormatError) as error:
            wrong = wrong or error
        else:
            return Chain(path)
    raise wrong or search.weak or _unknown_root(first)


def _readable(intermediates: Sequence[bytes]) -> list[X509Certificate]:
    found = []
    for data in dict.fromkeys(intermediates):
        try:
            found.append(parse_certificate(data))
        except FormatError:
            continue
    return found


def _unknown_root(leaf: X509Certificate) -> Undecided:
    return Undecided(
        "chain.unknown-root",
        f"No trusted root vouches for {leaf.subject_text}.",
        hint="Add the root of its issuer to what you trust, if you do.",
    )


class _Search:
    """Paths upwards by names and signatures, depth first, roots before others below them."""

    def __init__(self, roots: list[X509Certificate], others: list[X509Certificate]) -> None:
        self._roots = roots
        self._others = others
        self._links = 0
        self.weak: EvidenceError | None = None

    @cached_property
    def _vouched_for(self) -> list[X509Certificate]:
        """The others below a root, found from the roots down, so that no stranger's key is used:
        whoever makes up X.509 certificates chooses their keys, and some are slow to compute with.
        """
        vouched: list[X509Certificate] = []
        issuers, left = list(self._roots), self._others
        for issuer in issuers:
            below = [one for one in left if self._links_to(one, issuer)]
            left = [one for one in left if one not in below]
            vouched += below
            issuers += filter(_is_authority, below)
        return vouched

    def paths(self, path: Path) -> Iterator[Path]:
        """All paths that go on from ``path`` to a root. Raises Undecided after too many links."""
        last = path[-1]
        if any(root.raw == last.raw for root in self._roots):
            yield path
            return
        if len(path) == LONGEST:
            return
        for root in self._roots:
            if self._links_to(last, root):
                yield (*path, root)
        for other in self._vouched_for:
            if not _holds(path, other) and self._links_to(last, other):
                yield from self.paths((*path, other))

    def _links_to(self, subject: X509Certificate, issuer: X509Certificate) -> bool:
        if not same_name(subject.issuer, issuer.subject):
            return False
        self._links += 1
        if self._links > MOST_LINKS:
            raise Undecided("chain.too-complex", "There are too many possible chains to try.")
        try:
            return signed_by(subject.raw, issuer.raw)
        except FormatError:
            return False
        except Undecided as error:
            self.weak = self.weak or error
            return False


def _is_authority(certificate: X509Certificate) -> bool:
    try:
        return certificate.basic_constraints.authority
    except FormatError:
        return False


def _holds(path: Path, candidate: X509Certificate) -> bool:
    """Whether a name with this key is on the path already: no chain needs it twice."""
    return any(
        one.public_key_info == candidate.public_key_info and one.subject == candidate.subject
        for one in path
    )


@lru_cache(maxsize=1024)
def signed_by(subject: bytes, issuer: bytes) -> bool:
    """Whether the key of the DER X.509 certificate ``issuer`` signed ``subject``.

    Raises FormatError, Undecided.
    """
    return parse_certificate(subject).is_signed_by(parse_certificate(issuer).public_key)


def _require_path(path: Path, at: datetime, purpose: Purpose) -> None:
    below = 0
    for position, issuer in enumerate(path[1:], 1):
        trusted = position == len(path) - 1
        _require_sound(issuer, at)
        _require_authority(issuer, below, trusted=trusted)
        require_issuer_purpose(issuer, purpose, trusted=trusted)
        require_permitted(issuer, path[:position])
        if issuer.subject != issuer.issuer:
            below += 1


def _require_sound(certificate: X509Certificate, at: datetime) -> None:
    if at < certificate.not_before:
        raise Refused(
            "chain.not-yet-valid",
            f"The X.509 certificate of {certificate.subject_text} was not valid yet.",
            where=f"valid from {certificate.not_before:%Y-%m-%d %H:%M:%SZ}",
        )
    if at > certificate.not_after:
        raise Refused(
            "chain.expired",
            f"The X.509 certificate of {certificate.subject_text} had expired.",
            where=f"valid until {certificate.not_after:%Y-%m-%d %H:%M:%SZ}",
        )
    for name, extension in certificate.extensions.items():
        if extension.critical and name not in _KNOWN:
            raise Undecided(
                "chain.critical-extension",
                f"An X.509 certificate has a critical extension that is not known: {name}.",
            )


def _require_authority(issuer: X509Certificate, below: int, *, trusted: bool) -> None:
    if trusted and issuer.version < 3:
        return
    constraints = issuer.basic_constraints
    if not constraints.authority:
        raise Refused(
            "chain.not-an-authority", f"{issuer.subject_text} may not issue X.509 certificates."
        )
    if constraints.path_length is not None and below > constraints.path_length:
        raise Refused(
            "chain.path-length", f"There are too many authorities below {issuer.subject_text}."
        )
    usage = issuer.key_usage
    if usage is not None and KeyUsage.KEY_CERT_SIGN not in usage:
        raise Refused(
            "chain.key-usage", f"The key of {issuer.subject_text} is not for X.509 certificates."
        )
