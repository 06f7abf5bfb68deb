"""Trusted time over a certificate's objects: evidence records and the tokens in them.

One token stands over a whole seal. It counts for a certificate when evidence records lead from
the checkpoint, the statement and its signature, each, to that token's imprint (RFC 4998, 4.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence_ledger.core import evidence_record
from evidence_ledger.core.record_manifest import SHA256, CoveredObject
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.timestamp_verification import TrustedTime, check_token
from evidence_ledger.core.trust_policy import TrustedAuthority, TrustPolicy
from evidence_ledger.errors import EvidenceError, Refused, Undecided


@dataclass(frozen=True, slots=True)
class StampedObjects:
    """One token (DER) with the SHA-256 imprint that the named objects lead to."""

    token: bytes
    imprint: bytes
    objects: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProvedTime:
    """A token that a policy trusts. ``independent``: not on the ledger's own clock."""

    time: TrustedTime
    authority: str
    independent: bool


def stamped(
    records: Sequence[tuple[str, bytes]], objects: Mapping[str, bytes]
) -> list[StampedObjects]:
    """The tokens in evidence records, each with the objects that lead to it.

    ``records`` are pairs of an object's name and the DER of a record over it; ``objects`` are the
    bytes by name. Raises FormatError, Refused, Undecided.
    """
    found: dict[bytes, StampedObjects] = {}
    for name, data in records:
        imprint, token = _initial(data, hashlib.sha256(objects[name]).digest(), name)
        before = found.get(token, StampedObjects(token, imprint, frozenset()))
        if before.imprint != imprint:
            raise Refused("record.imprint", f"The record over {name} leads to another imprint.")
        found[token] = StampedObjects(token, imprint, before.objects | {name})
    return list(found.values())


def _initial(data: bytes, digest: bytes, name: str) -> tuple[bytes, bytes]:
    """The imprint and the token to which a record leads from an object's SHA-256."""
    record = evidence_record.parse(data)
    if record.first.digest.name != "sha256":
        raise Undecided(
            "record.digest", f"The record over {name} is of {record.first.digest.name}."
        )
    if record.first.digest not in record.digests:
        raise Refused(
            "record.digest-unlisted",
            f"The record over {name} does not list the digest that it uses (RFC 4998, 3.1).",
        )
    _, imprint, token = evidence_record.verify_initial(record, digest)
    return imprint, token


def check_listed(covered: CoveredObject, digest: bytes) -> None:
    """A manifest's line names the SHA-256 of the object that it is about.

    Raises Refused, Undecided for a digest other than SHA-256.
    """
    if covered.algorithm != SHA256:
        raise Undecided(
            "manifest.digest-unknown",
            f"A manifest names a digest of {covered.name} by {covered.algorithm[:80]!a}.",
        )
    if covered.digest != digest:
        raise Refused(
            "manifest.other-digest", f"A manifest names another digest of {covered.name}."
        )


def check_file_record(
    data: bytes, digest: bytes, tokens: Sequence[StampedObjects], name: str
) -> None:
    """The record ``data`` leads from a file's SHA-256 to one of ``tokens``.

    Raises FormatError, Refused, and Undecided where it leads to a token of its own.
    """
    imprint, token = _initial(data, digest, name)
    for one in tokens:
        if one.token == token and one.imprint == imprint:
            return
    raise Undecided(
        "record.other-token",
        f"The record over {name} leads to no timestamp of this deposit.",
    )


def check_coverage(one: StampedObjects, wanted: Sequence[str]) -> None:
    """All wanted objects lead to the token. Raises Refused."""
    missing = [name for name in wanted if name not in one.objects]
    if missing:
        raise Refused("record.missing", f"No evidence record leads from {missing[0]} to the token.")


def prove(one: StampedObjects, policy: TrustPolicy | None, at: datetime) -> ProvedTime:
    """The time that a token proves as of ``at``.

    Raises Refused for a token that is wrong in itself, Undecided where no trusted root vouches.
    """
    authorities = policy.authorities if policy else ()
    roots = [root for authority in authorities for root in authority.roots]
    time = check_token(one.token, {"sha256": one.imprint}, roots=roots, at=at)
    authority = _authority(time, authorities)
    return ProvedTime(time, authority.name, authority.independent and not time.own_clock)


def _authority(time: TrustedTime, authorities: Sequence[TrustedAuthority]) -> TrustedAuthority:
    root = time.chain.root.raw
    return next(authority for authority in authorities if root in authority.roots)


def check_enough(proved: Sequence[ProvedTime], policy: TrustPolicy) -> str:
    """As many distinct authorities as the policy asks for. Raises Undecided."""
    names = {one.authority for one in proved}
    independent = {one.authority for one in proved if one.independent}
    if len(names) < policy.authorities_required:
        raise Undecided(
            "time.authorities",
            f"{len(names)} of the {policy.authorities_required} timestamp authorities that the "
            "trust policy asks for vouch for the time.",
        )
    if len(independent) < policy.independent_required:
        raise Undecided(
            "time.independent",
            f"{len(independent)} of the {policy.independent_required} independent timestamp "
            "authorities that the trust policy asks for vouch for the time.",
            hint="A time on the ledger's own clock never counts as independent.",
        )
    if not proved:
        return "The trust policy asks for no time."
    return _sentence(proved, bool(independent))


def _sentence(proved: Sequence[ProvedTime], independent: bool) -> str:
    earliest = min(one.time.moment for one in proved)
    whose = "" if independent else " (own clock, not independent)"
    return f"Deposited not later than {earliest:%Y-%m-%d %H:%M:%S} UTC{whose}."


def whose(token: bytes) -> str:
    """Whose the token says it is, for the title of a step; nothing is verified here."""
    try:
        text = read_token(token).info.authority_text
    except EvidenceError:
        text = None
    return text or "an authority that does not name itself"
