"""Timestamps over a deposited file itself (RFC 3161, 2.4.2): the file and the token are enough.

They lead past the ledger: ``openssl ts -verify -data FILE -in X.tst -token_in`` checks one alone.
One that was renewed has an evidence record beside it, which begins with it and has no hash tree
there: the imprint is the file's own digest (RFC 4998, 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from evidence_ledger.core import evidence_record
from evidence_ledger.core.certificate import FileToken
from evidence_ledger.core.digest import Fingerprint
from evidence_ledger.core.record_coverage import (
    CoveringToken,
    Kind,
    RecordedObject,
    covering_tokens,
)
from evidence_ledger.core.supplement import Supplement
from evidence_ledger.core.time_proof import ProvedTime, StampedObjects, prove
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import Refused, Undecided


def prove_direct(
    one: FileToken,
    file: Fingerprint,
    policy: TrustPolicy | None,
    at: datetime,
    supplement: Supplement,
) -> ProvedTime:
    """The time that a token over ``file`` itself, with its renewals, proves as of ``at``.

    Raises Refused and FormatError for a token that is wrong in itself or not over the file,
    Undecided where no trusted root vouches.
    """
    _require_response(one)
    name, value = _imprint(one.token)
    digests = {algorithm.value: digest for algorithm, digest in file.digests.items()}
    if name not in digests:
        raise Undecided("direct.digest-missing", f"The deposit has no {name} digest of the file.")
    if digests[name] != value:
        raise Refused("direct.other-file", "The timestamp is over another file than this one.")
    way = _alone(one.token, name, value) if one.record is None else _renewed(one, digests)
    return prove(StampedObjects(one.token, (way,), frozenset()), policy, at, supplement)


def _alone(token: bytes, name: str, value: bytes) -> tuple[CoveringToken, ...]:
    return (CoveringToken(Kind.INITIAL, 0, name, value, token),)


def _renewed(one: FileToken, digests: Mapping[str, bytes]) -> tuple[CoveringToken, ...]:
    """The token and its renewals."""
    record = evidence_record.parse(one.record or b"")
    if record.first.token != one.token:
        raise Refused("direct.other-record", "The record beside the timestamp begins with another.")
    return covering_tokens(record, [RecordedObject("the file", digests)])


def _require_response(one: FileToken) -> None:
    if one.response is not None and read_token(one.response).raw != one.token:
        raise Refused("direct.other-response", "The response beside the timestamp holds another.")


def _imprint(token: bytes) -> tuple[str, bytes]:
    imprint = read_token(token).info.imprint
    return imprint.digest.name, imprint.value
