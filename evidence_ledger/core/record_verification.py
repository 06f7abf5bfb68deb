"""The recipe for RFC 4998 evidence records, whoever made them.

1. it can be read; it lists the digests that it uses, one for each chain        3.1, 5.2
2. the first timestamp covers every object given                                4.3; 5.3, step 1
3. within a chain, each timestamp covers the one before it                      5.3, step 2
4. each new chain covers the objects together with all chains before            5.3, step 3
5. every token is right (RFC 3161) and was good when the next one was made, the newest is good as
   of the check; times ascend                                                   5.1; 5.3, step 2
6. each digest had not ended when the next chain began, each signature when the next token was
   made                                                                         5.3, step 2

An object covered is proved to have existed at the time of the first token. What is worth nothing
without the next timestamp is INDETERMINATE where that one was left out or came too late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import pairwise, takewhile
from typing import Final

from evidence_ledger.core import evidence_record, record_coverage
from evidence_ledger.core import record_recipe as tasks
from evidence_ledger.core.algorithm import digest_of
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.evidence_record import EvidenceRecord
from evidence_ledger.core.examination import Examination
from evidence_ledger.core.record_coverage import CoveringToken, Kind, RecordedObject
from evidence_ledger.core.report import Report, Verdict, verdict_of
from evidence_ledger.core.time_trust import TimeTrust
from evidence_ledger.core.timestamp_question import TimestampQuestion
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.timestamp_verification import TrustedTime, check_token
from evidence_ledger.errors import EvidenceError, Refused, Undecided

SUBJECT: Final = "RFC 4998 evidence record"
CERTIFICATE: Final = "X.509 certificate"
"""What ends a token that no algorithm's end date ends before."""

_Read = tuple[EvidenceRecord, tuple[CoveringToken, ...]]


@dataclass(frozen=True, slots=True)
class RecordTrust(TimeTrust):
    """The same, and in ``ends`` the last day on which an algorithm is accepted: a digest
    (``sha256``) or a signature scheme (``ecdsa-sha256``).
    """

    ends: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def of(cls, trust: TimeTrust, ends: Mapping[str, date] | None = None) -> RecordTrust:
        """What ``trust`` trusts, with end dates."""
        held = {one.name: getattr(trust, one.name) for one in fields(TimeTrust)}
        return cls(**held, ends=ends or {})


@dataclass(frozen=True, slots=True)
class RecordTime:
    """What the tokens of a record prove: ``stamps``, oldest first, and when the proof weakens.

    ``relied`` are those that the proof leans on as of the check: from the oldest, all that have
    ended since, and the first that stands by itself. ``ends`` is when each needs another over it.
    """

    stamps: tuple[tuple[Kind, TrustedTime], ...]
    relied: tuple[TrustedTime, ...]
    ends: tuple[datetime, ...]

    @property
    def weakens_on(self) -> datetime:
        """When the newest token needs a renewal."""
        return self.ends[-1]

    @property
    def first(self) -> TrustedTime:
        """The earliest time proved, and by whom."""
        return self.stamps[0][1]

    @property
    def own_clock(self) -> bool:
        """Whether the proof leans on a ledger's own clock."""
        return any(stamp.own_clock for stamp in self.relied)


def check_record(data: bytes, objects: Sequence[RecordedObject], trust: RecordTrust) -> RecordTime:
    """What a record proves of ``objects``, which are one object or a group.

    Raises the first Refused or FormatError, or else the first Undecided, of the recipe's steps.
    """
    examination = _Examination(SUBJECT)
    found = examination.of(data, objects, trust)
    if found is None or examination.error is not None:
        raise examination.error or Undecided("record.undecided", "The record proves nothing.")
    return found


def verify_record(data: bytes, objects: Sequence[RecordedObject], trust: RecordTrust) -> Report:
    """The report of the recipe at the head of this module. Nothing is raised."""
    examination = _Examination(SUBJECT)
    examination.of(data, objects, trust)
    return examination.recipe.report()


def check_tokens(tokens: Sequence[CoveringToken], trust: RecordTrust) -> RecordTime:
    """What tokens prove that ``covering_tokens`` has given: steps 5 and 6.

    Renewals after ``trust.at`` are left out, and so is one that can't be decided with those that
    follow it: what they cover may stand without them. Raises the first Refused or FormatError, or
    else the first Undecided.
    """
    found = _examine(_made_by(tokens, trust.at), trust)
    errors = [one for one in found if isinstance(one, EvidenceError)]
    refused = [one for one in errors if verdict_of(one) is Verdict.FAILED]
    times = [one for one in takewhile(_is_time, found) if isinstance(one, TrustedTime)]
    if refused or not times:
        raise (refused or errors)[0]
    tokens = tokens[: len(times)]
    check_order(times)
    check_algorithms(tokens, times, trust)
    return _record_time(tokens, times, trust)


def _made_by(tokens: Sequence[CoveringToken], at: datetime) -> Sequence[CoveringToken]:
    """The first token, and its renewals up to the first that was made after ``at``."""
    later = (place for place, one in enumerate(tokens) if place and _earliest(one) > at)
    return tokens[: next(later, len(tokens))]


def _earliest(token: CoveringToken) -> datetime:
    info = read_token(token.token).info
    return info.moment - (info.accuracy or timedelta(0))


def _is_time(found: TrustedTime | EvidenceError) -> bool:
    return isinstance(found, TrustedTime)


class _Examination(Examination):
    def of(
        self, data: bytes, objects: Sequence[RecordedObject], trust: RecordTrust
    ) -> RecordTime | None:
        """All steps. None where one did not pass."""
        self.recipe.facts["checked_at"] = time_text(trust.at)
        read = self.step(tasks.FORM, lambda: _read(data))
        if read is None:
            return None
        record, tokens = read
        self.step(tasks.OBJECTS, lambda: _objects(record, objects))
        self.step(tasks.RENEWALS, lambda: _renewals(record))
        if objects:
            self.step(tasks.TREES, lambda: _trees(record, objects))
        found = self._times(tokens, trust)
        if found is None or self.errors:
            return None
        self.recipe.facts |= _facts(found) | {
            "whole_group": record_coverage.covers_exactly(record, objects)
        }
        return found

    def _times(self, tokens: Sequence[CoveringToken], trust: RecordTrust) -> RecordTime | None:
        times = []
        found = _examine(tokens, trust)
        for place, (token, one) in enumerate(zip(tokens, found, strict=True), 1):
            task = tasks.one_time(place, len(tokens), token.kind)
            times.append(self.step(task, partial(_told, one)))
        good = [one for one in times if one is not None]
        if len(good) < len(tokens):
            self.recipe.skip(tasks.TIMES)
            return None
        self.step(tasks.TIMES, lambda: _ordered(good))
        return self.step(tasks.ALGORITHMS, lambda: _algorithms(tokens, good, trust))


def _read(data: bytes) -> tuple[_Read, str]:
    record = evidence_record.parse(data)
    record_coverage.check_form(record)
    stamps = sum(len(chain.stamps) for chain in record.chains)
    says = f"{_count(stamps, 'timestamp')} in {_count(len(record.chains), 'chain')}."
    return (record, record_coverage.tokens(record)), says


def _objects(record: EvidenceRecord, objects: Sequence[RecordedObject]) -> tuple[None, str]:
    record_coverage.check_objects(record, objects)
    says = f"The first timestamp covers what was given: {_count(len(objects), 'object')}."
    if not record_coverage.covers_exactly(record, objects):
        says += " The first list holds other hashes too."
    return None, says


def _renewals(record: EvidenceRecord) -> tuple[None, str]:
    record_coverage.check_timestamp_renewals(record)
    count = sum(len(chain.stamps) - 1 for chain in record.chains)
    each = ", each over the timestamp before it" if count else " was made"
    return None, f"{_count(count, 'timestamp renewal')}{each}."


def _trees(record: EvidenceRecord, objects: Sequence[RecordedObject]) -> tuple[None, str]:
    record_coverage.check_tree_renewals(record, objects)
    count = len(record.chains) - 1
    each = ", each over the objects and all timestamps before" if count else " was made"
    return None, f"{_count(count, 'hash-tree renewal')}{each}."


def _count(number: int, noun: str) -> str:
    return f"{number or 'No'} {noun}{'s' if number > 1 else ''}"


def _told(one: TrustedTime | EvidenceError) -> tuple[TrustedTime, str]:
    if isinstance(one, EvidenceError):
        raise one
    return one, f"{one.authority} vouches for {_moment(one)}."


def _moment(stamp: TrustedTime) -> str:
    return f"{stamp.moment:%Y-%m-%d %H:%M:%S} UTC"


def _examine(
    tokens: Sequence[CoveringToken], trust: RecordTrust
) -> list[TrustedTime | EvidenceError]:
    """What each token proves, oldest first. The newest is checked first: it covers the others."""
    found: list[TrustedTime | EvidenceError] = []
    after: TrustedTime | None = None
    for token in reversed(tokens):
        try:
            after = _examine_one(token, after, trust)
        except EvidenceError as error:
            found.append(error)
            after = None
        else:
            found.append(after)
    return found[::-1]


def _examine_one(
    token: CoveringToken, after: TrustedTime | None, trust: RecordTrust
) -> TrustedTime:
    """A token that ``after`` covers. The latest time that ``after`` can mean is the one to meet."""
    try:
        question = TimestampQuestion({token.digest: token.imprint})
        return check_token(token.token, question, trust, _latest(after) if after else None)
    except Undecided as error:
        if after is None or error.reason != "timestamp.certificate-expired":
            raise
        raise Undecided(
            "record.renewed-late",
            f"{error.message} The next timestamp was made after that, on {after.moment:%Y-%m-%d}.",
        ) from error


def _latest(stamp: TrustedTime) -> datetime:
    return stamp.moment + (stamp.accuracy or timedelta(0))


def check_order(times: Sequence[TrustedTime]) -> None:
    """No token is older than one that it covers, beyond what they may be off (section 5.1).

    Raises Refused.
    """
    for before, after in pairwise(times):
        if _latest(after) < before.moment - (before.accuracy or timedelta(0)):
            raise Refused(
                "record.time-order",
                f"The timestamp of {_moment(after)} covers a later one, of {_moment(before)}.",
            )


def _ordered(times: Sequence[TrustedTime]) -> tuple[None, str]:
    check_order(times)
    return None, f"Each was good when the next was made; the first is of {_moment(times[0])}."


def check_algorithms(
    tokens: Sequence[CoveringToken], times: Sequence[TrustedTime], trust: RecordTrust
) -> None:
    """No algorithm had ended when the next took over. Raises Undecided."""
    until = [*map(_latest, times[1:]), trust.at]
    replaced: dict[int, datetime] = {}
    for token, moment in zip(tokens, until, strict=True):
        replaced[token.chain] = moment
    for token, stamp, moment in zip(tokens, times, until, strict=True):
        _check_end(token.digest, replaced[token.chain], trust.ends)
        for name in _names(token.token, stamp):
            _check_end(name, moment, trust.ends)


def _names(token: bytes, stamp: TrustedTime) -> set[str]:
    """The algorithms that a token leans on, as end dates name them: its signature scheme, the
    digest in that, and the digest of what was signed. X.509 certificates are not among them.
    """
    signer = read_token(token).signed.only_signer()
    hashed = digest_of(signer.digest_algorithm, "digestAlgorithm").name
    return {stamp.scheme, stamp.scheme.rpartition("-")[2], hashed}


def _check_end(name: str, moment: datetime, ends: Mapping[str, date]) -> None:
    end = ends.get(name)
    if end is not None and moment.astimezone(UTC).date() > end:
        raise Undecided(
            "algorithm.ended",
            f"{name} is accepted until {end.isoformat()} only, and no renewal without it was made "
            "by then.",
            hint="An evidence record that was renewed in time would be worth as much as before.",
        )


def _algorithms(
    tokens: Sequence[CoveringToken], times: Sequence[TrustedTime], trust: RecordTrust
) -> tuple[RecordTime, str]:
    check_algorithms(tokens, times, trust)
    found = _record_time(tokens, times, trust)
    return found, f"This proof weakens on {found.weakens_on:%Y-%m-%d} unless renewed."


def _record_time(
    tokens: Sequence[CoveringToken], times: Sequence[TrustedTime], trust: RecordTrust
) -> RecordTime:
    pairs = zip(tokens, times, strict=True)
    ends = [good_until(token.token, token.digest, time, trust.ends)[0] for token, time in pairs]
    alone = (place for place, end in enumerate(ends, 1) if end >= trust.at)
    kinds = (token.kind for token in tokens)
    return RecordTime(
        stamps=tuple(zip(kinds, times, strict=True)),
        relied=tuple(times[: next(alone, len(times))]),
        ends=tuple(ends),
    )


def good_until(
    token: bytes, digest: str, stamp: TrustedTime, ends: Mapping[str, date]
) -> tuple[datetime, str]:
    """When a token needs another that covers it, and why: ``CERTIFICATE``, or an algorithm's name.

    ``digest`` is that of its chain. Raises Undecided, FormatError.
    """
    names = {digest, *_names(token, stamp)} & ends.keys()
    days = [(datetime.combine(ends[name], time.max, UTC), name) for name in names]
    return min([(stamp.good_until, CERTIFICATE), *days])


def _facts(found: RecordTime) -> dict[str, object]:
    return {
        "existed_not_later_than": time_text(found.first.moment, microseconds=True),
        "weakens_on": time_text(found.weakens_on),
        "own_clock": found.own_clock,
        "timestamps": [{"kind": str(kind)} | stamp.to_json() for kind, stamp in found.stamps],
    }
