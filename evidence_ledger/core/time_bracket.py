"""Not earlier than: what a statement names in ``after`` could not be known before it was there.

    seal/entry.json               an earlier seal's own entry: under the root in ``after``
    seal/entry.path               its inclusion proof there, on one line
    seal/statement.json           what that entry holds: it names the seal's tokens
    seal/statement.json.p7s       the operator's signature over it
    seal/token-1.tst …            tokens that it names (RFC 3161)

after.root ─► entry ─► statement ─► SHA-256 of a token: whoever wrote ``after`` wrote it after that
token was made. The tokens over the deposit cover all of this in turn, so that a token is judged
as of the moment by which they prove the deposit to have existed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from evidence_ledger.core import (
    cades,
    entry,
    evidence_record,
    merkle,
    path_line,
    statement,
    time_proof,
)
from evidence_ledger.core.record_coverage import CoveringToken, Kind
from evidence_ledger.core.statement import Statement
from evidence_ledger.core.statement_signature import check_signer
from evidence_ledger.core.supplement import Supplement
from evidence_ledger.core.time_agreement import TOLERANCE
from evidence_ledger.core.time_proof import ProvedTime, StampedObjects
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import FormatError, Refused, Undecided

ENTRY: Final = "entry.json"
PATH: Final = "entry.path"
STATEMENT: Final = "statement.json"
SIGNATURE: Final = "statement.json.p7s"
MOST_TOKENS: Final = 64

_TOKEN: Final = re.compile(r"token-[1-9][0-9]?\.tst", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bracket:
    """The parts, as exact bytes; ``path`` is the line with its newline, ``tokens`` are DER."""

    entry: bytes
    path: bytes
    statement: bytes
    signature: bytes
    tokens: tuple[bytes, ...]

    def members(self) -> dict[str, bytes]:
        """What goes under ``seal/``, by name."""
        tokens = {f"token-{place}.tst": one for place, one in enumerate(self.tokens, 1)}
        fixed = {ENTRY: self.entry, PATH: self.path, STATEMENT: self.statement}
        return fixed | {SIGNATURE: self.signature} | tokens


@dataclass(frozen=True, slots=True)
class Judgement:
    """By whom and as of when the tokens are judged.

    ``existed_by`` is when the deposit is proved to have existed; ``times`` are the tokens that
    prove it.
    """

    policy: TrustPolicy | None
    at: datetime
    existed_by: datetime | None
    times: Sequence[ProvedTime]
    supplement: Supplement


def is_member(name: str) -> bool:
    """Whether a name under ``seal/`` is one of a bracket's."""
    return name in (ENTRY, PATH, STATEMENT, SIGNATURE) or _TOKEN.fullmatch(name) is not None


def of(members: Mapping[str, bytes]) -> Bracket | None:
    """The bracket among the members under ``seal/``; None where there is nothing of one.

    Raises FormatError where a part is missing.
    """
    held = {name: data for name, data in members.items() if is_member(name)}
    if not held:
        return None
    missing = [one for one in (ENTRY, PATH, STATEMENT, SIGNATURE) if one not in held]
    tokens = tuple(data for name, data in sorted(held.items()) if _TOKEN.fullmatch(name))
    if missing or not tokens or len(tokens) > MOST_TOKENS:
        what = missing[0] if missing else f"token (1 to {MOST_TOKENS})"
        raise FormatError("bracket.incomplete", f"The earlier seal has no {what}.", where="seal/")
    return Bracket(held[ENTRY], held[PATH], held[STATEMENT], held[SIGNATURE], tokens)


def check_named(bracket: Bracket, signed: Statement) -> None:
    """All tokens are named under the root that ``signed`` names in ``after``.

    Raises Refused, FormatError, Undecided.
    """
    _check_entry(bracket, signed)
    named = _seal_statement(bracket, signed.ledger)
    if any(hashlib.sha256(one).digest() not in named for one in bracket.tokens):
        raise Refused(
            "bracket.token-not-named", "The earlier seal's entry does not name this timestamp."
        )


def _check_entry(bracket: Bracket, signed: Statement) -> None:
    parsed = entry.parse(bracket.entry)
    if not bracket.path.endswith(b"\n"):
        raise FormatError("bracket.path", "The line has no end.", where=f"seal/{PATH}")
    index, hashes = path_line.parse(bracket.path[:-1], f"seal/{PATH}")
    if index != parsed.index:
        raise Refused("bracket.index", "The path is that of another entry.", where=f"seal/{PATH}")
    leaf, after = entry.leaf_hash(bracket.entry), signed.after
    merkle.verify_inclusion(leaf, index, after.size, hashes, after.root)
    if hashlib.sha256(bracket.statement).digest() != parsed.statement:
        raise Refused("bracket.statement", "The earlier seal's statement was altered.")
    if hashlib.sha256(bracket.signature).digest() != parsed.signature:
        raise Refused("bracket.signature", "The earlier seal's signature was altered.")


def _seal_statement(bracket: Bracket, ledger: str) -> frozenset[bytes]:
    """The tokens that the earlier seal's statement names."""
    parsed = statement.parse(bracket.statement)
    if parsed.seal is None or parsed.ledger != ledger:
        raise Refused("bracket.not-a-seal", "The earlier entry is no seal of this ledger.")
    check_signer(parsed.signer, cades.verify(bracket.signature, bracket.statement).certificate)
    return frozenset(parsed.seal.tokens)


def not_earlier_than(bracket: Bracket, judgement: Judgement) -> tuple[datetime, bool]:
    """The latest moment before which, as many authorities as the policy asks for say, the
    statement can't have been made; and whether an independent one says so.

    ``check_named`` comes first. Raises Refused where a token is wrong in itself, or independent
    authorities contradict each other; Undecided where too few vouch.
    """
    policy = judgement.policy
    if policy is None:
        raise Undecided("bracket.no-policy", "Nobody vouches for the time of the earlier seal.")
    proved = list(_proved(bracket, judgement, policy))
    for one in proved:
        _check_order(one, judgement.times)
    for moment in sorted({earliest(one) for one in proved}, reverse=True):
        vouching = [one for one in proved if earliest(one) >= moment]
        if time_proof.enough(vouching, policy):
            _check_not_later(moment, judgement.existed_by)
            return moment, any(one.independent for one in vouching)
    raise Undecided("bracket.authorities", "Too few authorities vouch for the earlier seal.")


def earliest(one: ProvedTime) -> datetime:
    """The earliest moment that a token can mean."""
    return one.time.moment - (TOLERANCE if one.time.accuracy is None else one.time.accuracy)


def _proved(bracket: Bracket, judgement: Judgement, policy: TrustPolicy) -> Iterator[ProvedTime]:
    """What the tokens prove; one that can't be decided proves nothing."""
    independent_by = time_proof.independent_by(judgement.times, policy)
    for token in bracket.tokens:
        try:
            yield _proved_one(token, judgement, independent_by)
        except Undecided:
            continue


def _proved_one(token: bytes, judgement: Judgement, independent_by: datetime | None) -> ProvedTime:
    """A token that only a clock which is not independent proves to be old enough leans on that."""
    try:
        return _as_of(token, judgement, independent_by)
    except Undecided:
        return replace(_as_of(token, judgement, judgement.existed_by), independent=False)


def _as_of(token: bytes, judgement: Judgement, existed_by: datetime | None) -> ProvedTime:
    """Its X.509 certificate may have expired since the deposit was proved to exist.

    The token stands alone: what it is over does not matter, only that it was there.
    """
    digest, imprint = evidence_record.token_imprint(token)
    way = (CoveringToken(Kind.INITIAL, 0, digest.name, imprint, token),)
    by = judgement.at
    if existed_by is not None:
        by = min(by, max(existed_by, read_token(token).info.moment))
    stamped = StampedObjects(token, (way,), frozenset())
    return time_proof.prove(stamped, judgement.policy, by, judgement.supplement)


def _check_order(one: ProvedTime, times: Sequence[ProvedTime]) -> None:
    """No independent authority puts the deposit before what another saw before it."""
    for over in times if one.independent else ():
        margin = TOLERANCE if over.time.accuracy is None else timedelta(0)
        if over.independent and earliest(one) > over.latest + margin:
            raise Refused(
                "bracket.order",
                f"{over.authority} vouches for {over.time.moment:%Y-%m-%d %H:%M:%S} UTC, but the "
                f"deposit came after {one.time.moment:%Y-%m-%d %H:%M:%S} UTC, says "
                f"{one.authority}: one of the two is wrong.",
            )


def _check_not_later(moment: datetime, existed_by: datetime | None) -> None:
    if existed_by is not None and moment > existed_by + TOLERANCE:
        raise Undecided(
            "bracket.clocks",
            f"The earlier seal is of {moment:%Y-%m-%d %H:%M:%S} UTC by a clock that is not "
            "independent, which is after the deposit is proved to have existed.",
        )
