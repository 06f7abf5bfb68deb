"""Timestamps over a deposited file itself (RFC 3161, 2.4.2): the file and the token are enough.

They lead past the ledger: ``openssl ts -verify -data FILE -in X.tst -token_in`` checks one alone.
"""

from __future__ import annotations

from datetime import datetime

from evidence_ledger.core.certificate import FileToken
from evidence_ledger.core.digest import Fingerprint
from evidence_ledger.core.record_coverage import CoveringToken, Kind
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
    """The time that a token over ``file`` itself proves as of ``at``.

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
    way = (CoveringToken(Kind.INITIAL, 0, name, value, one.token),)
    return prove(StampedObjects(one.token, (way,), frozenset()), policy, at, supplement)


def _require_response(one: FileToken) -> None:
    if one.response is not None and read_token(one.response).raw != one.token:
        raise Refused("direct.other-response", "The response beside the timestamp holds another.")


def _imprint(token: bytes) -> tuple[str, bytes]:
    imprint = read_token(token).info.imprint
    return imprint.digest.name, imprint.value
