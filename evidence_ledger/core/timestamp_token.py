"""RFC 3161 tokens and responses, read as they came (section 2.4.2).

    TimeStampResp { PKIStatusInfo { granted }, ContentInfo { SignedData { TSTInfo } } }

People mix up the response and the bare token: ``read_token`` takes both. BER is accepted, as some
authorities send it; the signed bytes are hashed as they came. Reading decides nothing:
``timestamp_verification`` judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from evidence_ledger.core import ber, der, oid
from evidence_ledger.core.cms import LARGEST, SignedData, parse_signed_data
from evidence_ledger.core.distinguished_name import name_text
from evidence_ledger.core.timestamp_request import MessageImprint, parse_imprint
from evidence_ledger.errors import FormatError, NewerFormat, Refused, Undecided

_RESPONSE: Final = "TimeStampResp"
_INFO: Final = "TSTInfo"
_GRANTED: Final = (0, 1)
_STATUSES: Final = {
    0: "granted",
    1: "granted with modifications",
    2: "rejected",
    3: "waiting",
    4: "revocation is imminent",
    5: "revoked",
}
_LARGEST_ACCURACY: Final = 24 * 60 * 60
_FAILURES: Final = {
    0: "the algorithm is not supported",
    2: "the request is not permitted",
    5: "the request is malformed",
    14: "the time is not available",
    15: "the policy is not supported",
    16: "the extension is not supported",
    17: "the requested information is not available",
    25: "the authority has an internal error",
}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TimestampInfo:
    """What the authority says. ``moment`` is aware UTC; ``accuracy`` None where not stated.

    ``authority`` is the DER GeneralName of the authority, or None.
    """

    policy: str
    imprint: MessageImprint
    serial: int
    moment: datetime
    accuracy: timedelta | None
    ordering: bool
    nonce: int | None
    authority: bytes | None

    @property
    def authority_text(self) -> str | None:
        """The authority's directory name for people, where there is one. Raises FormatError."""
        if self.authority is None or self.authority[0] != der.context(4):
            return None
        node = der.parse(self.authority, "tsa")
        return name_text(node.only("tsa", node.tag).raw)


@dataclass(frozen=True, slots=True)
class TimestampToken:
    """A token. ``raw`` is its bytes as they came, ``content`` the TSTInfo that was signed."""

    raw: bytes
    signed: SignedData
    content: bytes
    info: TimestampInfo


@dataclass(frozen=True, slots=True)
class TimestampResponse:
    """A response: the status number, the authority's own words, and the token's bytes or None.

    ``failures`` says in words which bits of PKIFailureInfo are set.
    """

    status: int
    words: tuple[str, ...]
    failures: tuple[str, ...]
    token: bytes | None

    def granted_token(self) -> bytes:
        """The token's bytes. Raises Refused where the authority gave none."""
        if self.status not in _GRANTED:
            status = _STATUSES.get(self.status, f"status {self.status}")
            reasons = "; ".join((*self.failures, *self.words)) or "it gives no reason"
            raise Refused(
                "timestamp.rejected", f"The authority gave no token: {status}; {reasons}."
            )
        if self.token is None:
            raise Refused("timestamp.no-token", "The authority granted a token but sent none.")
        return self.token


def read_token(data: bytes) -> TimestampToken:
    """The token in a response or a bare token that is all of ``data``.

    Raises FormatError; Refused for a response without a token; Undecided for critical extensions.
    """
    return parse_token(parse_response(data).granted_token() if is_response(data) else data)


def is_response(data: bytes) -> bool:
    """Whether ``data`` looks like a response: its first member is a SEQUENCE, not an OID."""
    body = 2 + (data[1] & 0x7F if len(data) > 1 and data[1] > 0x80 else 0)
    return data[:1] == b"\x30" and data[body : body + 1] == b"\x30"


def parse_response(data: bytes) -> TimestampResponse:
    """The response that is all of ``data``. Raises FormatError."""
    return _tolerant(_response, data)


def parse_token(data: bytes) -> TimestampToken:
    """The bare token that is all of ``data``. Raises FormatError, Undecided."""
    signed = _tolerant(parse_signed_data, data)
    if signed.content_type != oid.TST_INFO or signed.content is None:
        raise FormatError("timestamp.not-a-token", "The signed content is not a timestamp.")
    info = _tolerant(parse_info, signed.content)
    return TimestampToken(data, signed, signed.content, info)


def _tolerant(parse: Callable[[bytes], _T], data: bytes) -> _T:
    try:
        return parse(data)
    except FormatError as error:
        if error.reason not in der.BER_FORMS:
            raise
        return parse(ber.definite(data, largest=LARGEST))


def _response(data: bytes) -> TimestampResponse:
    fields = der.parse(data, _RESPONSE, largest=LARGEST).fields(_RESPONSE)
    status = fields.next().fields("PKIStatusInfo")
    token = fields.next().expect(der.SEQUENCE, _RESPONSE).raw if fields.more else None
    fields.done()
    value = status.next().integer("PKIStatus", longest=4)
    words = status.optional(der.SEQUENCE)
    failures = status.optional(der.BIT_STRING)
    status.done()
    return TimestampResponse(value, _words(words), _failures(failures), token)


def _words(node: der.Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    return tuple(item.text("statusString") for item in node.elements("statusString", most=16))


def _failures(node: der.Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    bits, _ = node.flags("failInfo")
    found = (i for i in range(len(bits) * 8) if bits[i // 8] >> (7 - i % 8) & 1)
    return tuple(_FAILURES.get(i, f"failure {i}") for i in found)


def parse_info(data: bytes) -> TimestampInfo:
    """The TSTInfo that is all of ``data``. Raises FormatError, NewerFormat, Undecided."""
    fields = der.parse(data, _INFO, largest=65536).fields(_INFO)
    version = fields.next().integer(_INFO, longest=4)
    if version != 1:
        raise NewerFormat("timestamp.newer", f"Version {version} of TSTInfo is not known.")
    policy = fields.next().oid(_INFO)
    imprint = parse_imprint(fields.next())
    serial = fields.next().integer(_INFO, longest=64)
    moment = fields.next().expect(der.GENERALIZED_TIME, _INFO).time(_INFO)
    accuracy = fields.optional(der.SEQUENCE)
    ordering = fields.optional(der.BOOLEAN)
    nonce = fields.optional(der.INTEGER)
    authority = fields.optional(der.context(0))
    extensions = fields.optional(der.context(1))
    fields.done()
    _refuse_critical(extensions)
    return TimestampInfo(
        policy=policy,
        imprint=imprint,
        serial=serial,
        moment=moment,
        accuracy=_accuracy(accuracy) if accuracy else None,
        ordering=ordering is not None and ordering.boolean(_INFO),
        nonce=nonce.integer(_INFO, longest=64) if nonce else None,
        authority=authority.content if authority else None,
    )


def _accuracy(node: der.Node) -> timedelta:
    what = "accuracy"
    fields = node.fields(what)
    found = [fields.optional(tag) for tag in (der.INTEGER, 0x80, 0x81)]
    fields.done()
    parts = [part.integer(what, part.tag, longest=5) if part else 0 for part in found]
    if min(parts) < 0 or parts[0] > _LARGEST_ACCURACY or max(parts[1:]) > 999:
        raise FormatError("timestamp.accuracy", "The accuracy is out of range.", where=what)
    return timedelta(seconds=parts[0], milliseconds=parts[1], microseconds=parts[2])


def _refuse_critical(node: der.Node | None) -> None:
    for item in node.elements("extensions", node.tag, most=64) if node else ():
        fields = item.fields("extensions")
        name = fields.next().oid("extensions")
        critical = fields.optional(der.BOOLEAN)
        if critical is not None and critical.boolean("extensions"):
            raise Undecided(
                "timestamp.critical-extension",
                f"The token has a critical extension that is not known: {name}.",
            )
