"""Making RFC 3161 tokens, in two halves with the private key in between (section 2.4.2).

prepared = prepare(request, terms, certificate=signer.chain[0], scheme=signer.scheme)
response = grant(prepared, signer.sign(prepared.attributes), signer.chain)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from evidence_ledger.core import der_writer as write
from evidence_ledger.core import oid
from evidence_ledger.core.algorithm import SCHEMES
from evidence_ledger.core.cms import Attribute, build_signed_data, encode_attributes
from evidence_ledger.core.signing_certificate import binding_attribute
from evidence_ledger.core.timestamp_request import TimestampRequest
from evidence_ledger.core.x509_certificate import parse_certificate

_GRANTED: Final = 0
_REJECTION: Final = 2


class Failure(IntEnum):
    """Bits of PKIFailureInfo that an authority answers with (section 2.4.2)."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    SYSTEM_FAILURE = 25


@dataclass(frozen=True, slots=True)
class Terms:
    """What the authority says of a token: policy, serial number, time (aware UTC), accuracy."""

    policy: str
    serial: int
    moment: datetime
    accuracy: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PreparedToken:
    """A token without its signature: ``attributes`` is the DER that the private key signs."""

    info: bytes
    attributes: bytes
    scheme: str
    certificate_wanted: bool


def prepare(
    request: TimestampRequest, terms: Terms, *, certificate: bytes, scheme: str
) -> PreparedToken:
    """The first half. ``certificate`` is the authority's DER X.509 certificate.

    ``scheme`` is a key of ``algorithm.SCHEMES``.
    """
    subject = parse_certificate(certificate).subject
    info = write.sequence(
        write.integer(1),
        write.oid(terms.policy),
        request.imprint.encode(),
        write.integer(terms.serial),
        write.generalized_time(terms.moment),
        _accuracy(terms.accuracy),
        write.integer(request.nonce) if request.nonce is not None else b"",
        write.explicit(0, write.explicit(4, subject)),
    )
    attributes = [
        Attribute(oid.CONTENT_TYPE, (write.oid(oid.TST_INFO),)),
        Attribute(oid.SIGNING_TIME, (write.x509_time(terms.moment),)),
        Attribute(oid.MESSAGE_DIGEST, (write.octet_string(SCHEMES[scheme].digest.of(info)),)),
        binding_attribute(certificate),
    ]
    encoded = encode_attributes(attributes)
    return PreparedToken(info, encoded, scheme, request.certificate_wanted)


def _accuracy(accuracy: timedelta) -> bytes:
    seconds, micros = divmod(accuracy // timedelta(microseconds=1), 1_000_000)
    millis, micros = divmod(micros, 1000)
    return write.sequence(
        write.integer(seconds) if seconds else b"",
        write.implicit(0, write.integer(millis)) if millis else b"",
        write.implicit(1, write.integer(micros)) if micros else b"",
    )


def grant(prepared: PreparedToken, signature: bytes, chain: Sequence[bytes]) -> bytes:
    """The DER TimeStampResp. ``chain`` is embedded where the request wanted it."""
    named = SCHEMES[prepared.scheme]
    token = build_signed_data(
        content_type=oid.TST_INFO,
        content=prepared.info,
        digest=named.digest,
        attributes=prepared.attributes,
        signature_algorithm=named.identifier,
        signature=signature,
        chain=chain,
        embed=prepared.certificate_wanted,
    )
    return write.sequence(write.sequence(write.integer(_GRANTED)), token)


def reject(failure: Failure, message: str) -> bytes:
    """The DER TimeStampResp of a rejection, with a sentence for people."""
    bits = bytearray(failure // 8 + 1)
    bits[-1] = 0x80 >> failure % 8
    status = write.sequence(
        write.integer(_REJECTION),
        write.sequence(write.utf8_string(message)),
        write.bit_string(bytes(bits), unused=7 - failure % 8),
    )
    return write.sequence(status)
