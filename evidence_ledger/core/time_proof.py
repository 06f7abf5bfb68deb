"""Trusted time over a certificate's objects: evidence records and the tokens in them.

One token stands over a whole seal. It counts for a certificate when evidence records lead from
the checkpoint, the statement and its signature, each, to that token's imprint (RFC 4998, 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from evidence_ledger.core import evidence_record
from evidence_ledger.core.algorithm_term import check_term
from evidence_ledger.core.record_coverage import (
    CoveringToken,
    RecordedObject,
    covering_tokens,
)
from evidence_ledger.core.record_manifest import SHA256, CoveredObject
from evidence_ledger.core.record_verification import RecordTime, RecordTrust, check_tokens
from evidence_ledger.core.supplement import NOTHING, Supplement
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.timestamp_verification import TrustedTime
from evidence_ledger.core.trust_policy import TrustedAuthority, TrustPolicy
from evidence_ledger.errors import EvidenceError, Refused, Undecided

CLOCK_TOLERANCE = timedelta(seconds=60)
"""How far a ledger's clock may be ahead of an authority's, beyond the token's accuracy."""


@dataclass(frozen=True, slots=True)
class StampedObjects:
    """One token (DER) to which evidence records lead from the named objects.

    ``ways`` are the tokens of those records, oldest first: one way, unless some records were
    renewed otherwise than the rest.
    """

    token: bytes
    ways: tuple[tuple[CoveringToken, ...], ...]
    objects: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProvedTime:
    """A token that a policy trusts. ``independent``: the proof leans on no ledger's own clock.

    ``weakens_on`` is when the proof, as independent as it is, needs a renewal.
    """

    time: TrustedTime
    authority: str
    independent: bool
    weakens_on: datetime

    @property
    def latest(self) -> datetime:
        """The token's time and its accuracy: the latest moment that it can mean."""
        return self.time.moment + (self.time.accuracy or timedelta(0))

    @property
    def told(self) -> str:
        """The token's time, and whether it leans on a ledger's own clock, for a sentence."""
        return told(self.time.moment, independent=self.independent)


def told(moment: datetime, *, independent: bool) -> str:
    """A proved time for a sentence, in UTC; one that is not independent is said to be so."""
    clock = "" if independent else " (own clock, not independent)"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC{clock}"


def stamped(
    records: Sequence[tuple[str, bytes]], objects: Mapping[str, bytes]
) -> list[StampedObjects]:
    """The tokens in evidence records, each with the objects that lead to it.

    ``records`` are pairs of an object's name and the DER of a record over it; ``objects`` are the
    bytes by name. Raises FormatError, Refused, Undecided.
    """
    found: dict[bytes, StampedObjects] = {}
    for name, data in records:
        way = _way(data, RecordedObject(name, data=objects[name]))
        before = found.get(way[0].token, StampedObjects(way[0].token, (), frozenset()))
        ways = before.ways if way in before.ways else (*before.ways, way)
        found[before.token] = StampedObjects(before.token, ways, before.objects | {name})
    return list(found.values())


def _way(data: bytes, covered: RecordedObject) -> tuple[CoveringToken, ...]:
    """The tokens to which a record leads from an object, oldest first."""
    return covering_tokens(evidence_record.parse(data), [covered])


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
    data: bytes,
    file: RecordedObject,
    tokens: Sequence[StampedObjects],
    policy: TrustPolicy | None,
    at: datetime,
    supplement: Supplement = NOTHING,
) -> None:
    """The record ``data`` leads from a file to one of ``tokens``.

    A file's record may lack the newest renewals of the deposit's, for they cover its tokens too.
    Raises FormatError, Refused, and Undecided where it leads to a token of its own, or leans on a
    digest that has ended.
    """
    way = _way(data, file)
    ways = [known for one in tokens if one.token == way[0].token for known in one.ways]
    if not ways:
        raise Undecided(
            "record.other-token",
            f"The record over {file.name} leads to no timestamp of this deposit.",
        )
    if policy is None or way in ways:
        return
    if any(known[: len(way)] == way for known in ways):
        check_term(way[-1].digest, policy, at)
    else:
        check_tokens(way, _trust(policy, at, supplement))


def check_coverage(one: StampedObjects, wanted: Sequence[str]) -> None:
    """All wanted objects lead to the token. Raises Refused."""
    missing = [name for name in wanted if name not in one.objects]
    if missing:
        raise Refused("record.missing", f"No evidence record leads from {missing[0]} to the token.")


def prove(
    one: StampedObjects,
    policy: TrustPolicy | None,
    at: datetime,
    supplement: Supplement = NOTHING,
) -> ProvedTime:
    """The time that a token proves as of ``at``.

    Raises Refused for a token that is wrong in itself, Undecided where no trusted root vouches.
    """
    trust = _trust(policy, at, supplement)
    records = [check_tokens(way, trust) for way in one.ways]
    authorities = policy.authorities if policy else ()
    relied = [stamp for record in records for stamp in record.relied]
    independent = all(_independent(stamp, authorities) for stamp in relied)
    ends = [_steady_until(record, authorities, independent=independent) for record in records]
    return ProvedTime(
        time=records[0].first,
        authority=_authority(records[0].first, authorities).name,
        independent=independent,
        weakens_on=min(ends),
    )


def _steady_until(
    record: RecordTime, authorities: Sequence[TrustedAuthority], *, independent: bool
) -> datetime:
    """A renewal that is not independent carries on no independent proof."""
    if not independent:
        return record.weakens_on
    steady = takewhile(lambda one: _independent(one[1], authorities), record.stamps)
    return record.ends[sum(1 for _ in steady) - 1]


def _trust(policy: TrustPolicy | None, at: datetime, supplement: Supplement) -> RecordTrust:
    authorities = policy.authorities if policy else ()
    roots = [root for authority in authorities for root in authority.roots]
    return RecordTrust(
        roots,
        at,
        supplement.certificates,
        ends=policy.end_dates if policy else {},
        revocation=supplement.revocation,
        revocation_demanded=policy.revocation_demanded if policy else (),
    )


def _independent(time: TrustedTime, authorities: Sequence[TrustedAuthority]) -> bool:
    return _authority(time, authorities).independent and not time.own_clock


def _authority(time: TrustedTime, authorities: Sequence[TrustedAuthority]) -> TrustedAuthority:
    root = time.chain.root.raw
    return next(authority for authority in authorities if root in authority.roots)


def existed_by(proved: Sequence[ProvedTime], policy: TrustPolicy) -> datetime | None:
    """The moment for which as many distinct authorities vouch as the policy asks for.

    None where they are not enough, or where there is no token at all. A token of an authority
    that is not enough by itself, earlier than the others, moves nothing.
    """
    for moment in sorted({one.latest for one in proved}):
        if enough([one for one in proved if one.latest <= moment], policy):
            return moment
    return None


def weakens_on(proved: Sequence[ProvedTime], policy: TrustPolicy) -> datetime | None:
    """Until when as many distinct authorities vouch for ``existed_by``, without renewals.

    None where they are not enough, or where there is no token at all.
    """
    by = existed_by(proved, policy)
    early = [one for one in proved if by is not None and one.latest <= by]
    for moment in sorted({one.weakens_on for one in early}, reverse=True):
        if enough([one for one in early if one.weakens_on >= moment], policy):
            return moment
    return None


def independent_by(proved: Sequence[ProvedTime], policy: TrustPolicy) -> datetime | None:
    """The moment for which as many independent authorities vouch as the policy asks for, and one
    at least. None where they are not enough.
    """
    for moment in sorted({one.latest for one in proved}):
        names = _authorities([one for one in proved if one.independent and one.latest <= moment])[1]
        if len(names) >= max(1, policy.independent_required):
            return moment
    return None


def enough(proved: Sequence[ProvedTime], policy: TrustPolicy) -> bool:
    """Whether as many distinct authorities as the policy asks for are among these."""
    names, independent = _authorities(proved)
    counted = len(names) >= policy.authorities_required
    return counted and len(independent) >= policy.independent_required


def _authorities(proved: Sequence[ProvedTime]) -> tuple[set[str], set[str]]:
    """All authorities, and the independent ones.

    One key is one authority, though cross-signed chains may lead it to the roots of several.
    """
    by_key: dict[bytes, ProvedTime] = {}
    for one in proved:
        by_key.setdefault(one.time.chain.leaf.public_key_info, one)
    names = {one.authority for one in by_key.values()}
    return names, {one.authority for one in by_key.values() if one.independent}


def check_enough(proved: Sequence[ProvedTime], policy: TrustPolicy, kind: str) -> str:
    """What is said of a statement of ``kind`` that as many distinct authorities as the policy asks
    for vouch for. Raises Undecided."""
    names, independent = _authorities(proved)
    if len(names) < policy.authorities_required:
        raise Undecided(
            "time.authorities",
            f"Timestamp authorities that vouch for the time: {len(names)}; the trust policy asks "
            f"for {policy.authorities_required}.",
        )
    if len(independent) < policy.independent_required:
        raise Undecided(
            "time.independent",
            f"Independent timestamp authorities that vouch for the time: {len(independent)}; the "
            f"trust policy asks for {policy.independent_required}.",
            hint="A time on the ledger's own clock never counts as independent.",
        )
    moment = existed_by(proved, policy)
    if moment is None:
        return "The trust policy asks for no time, and no token that it trusts is there."
    early = [one for one in proved if one.latest <= moment]
    by = told(moment, independent=bool(_authorities(early)[1]))
    end = weakens_on(proved, policy) or moment
    done = "Deposited" if kind == "deposit" else "Signed"
    return f"{done} not later than {by}. This proof weakens on {end:%Y-%m-%d} unless renewed."


def check_received(proved: Sequence[ProvedTime], received: datetime) -> None:
    """No token is of a time before the ledger says that it received the statement.

    Raises Undecided: one of the two clocks was wrong, or the operator postdated the entry.
    """
    for one in proved:
        if received > one.latest + CLOCK_TOLERANCE:
            raise Undecided(
                "time.received-later",
                f"{one.authority} vouches for {one.time.moment:%Y-%m-%d %H:%M:%S} UTC, before the "
                f"ledger's clock says that it received the statement "
                f"({received:%Y-%m-%d %H:%M:%S} UTC).",
                hint="The ledger's clock was wrong, or somebody set it wrong.",
            )


def whose(token: bytes) -> str:
    """Whose the token says it is, for the title of a step; nothing is verified here."""
    try:
        text = read_token(token).info.authority_text
    except EvidenceError:
        text = None
    return text or "an authority that does not name itself"
