"""RFC 3161 requests (section 2.4.1): what is asked of a timestamp authority.

TimeStampReq { 1, MessageImprint { SHA-256, 32 bytes }, policy?, nonce?, certReq, extensions? }
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evidence_ledger.core import der
from evidence_ledger.core import der_writer as write
from evidence_ledger.core.algorithm import (
    DIGESTS,
    AlgorithmIdentifier,
    Digest,
    digest_of,
    parse_identifier,
)
from evidence_ledger.errors import FormatError, NewerFormat, UsageError

LARGEST: Final = 65536

_WHAT: Final = "TimeStampReq"


@dataclass(frozen=True, slots=True)
class MessageImprint:
    """The digest that a token is over, with its algorithm as written."""

    algorithm: AlgorithmIdentifier
    value: bytes

    @classmethod
    def of(cls, digest: Digest, value: bytes) -> MessageImprint:
        """The imprint as requests carry it, without parameters. Raises UsageError."""
        if len(value) != digest.size:
            raise UsageError(f"A {digest.name} digest has {digest.size} bytes, not {len(value)}.")
        return cls(digest.identifier, value)

    @property
    def digest(self) -> Digest:
        """The digest algorithm. Raises Undecided for a weak or unsupported one, FormatError."""
        found = digest_of(self.algorithm, "messageImprint")
        if len(self.value) != found.size:
            raise FormatError(
                "timestamp.imprint-length",
                f"The imprint has {len(self.value)} bytes where {found.name} has {found.size}.",
                where="messageImprint",
            )
        return found

    def encode(self) -> bytes:
        """The DER."""
        return write.sequence(self.algorithm.encode(), write.octet_string(self.value))


def parse_imprint(node: der.Node) -> MessageImprint:
    """The MessageImprint in a node. Raises FormatError."""
    fields = node.fields("messageImprint")
    algorithm = parse_identifier(fields.next().raw)
    value = fields.next().octets("messageImprint")
    fields.done()
    return MessageImprint(algorithm, value)


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """A request. ``extensions`` is their DER as it came, or None."""

    imprint: MessageImprint
    policy: str | None = None
    nonce: int | None = None
    certificate_wanted: bool = False
    extensions: bytes | None = None

    def encode(self) -> bytes:
        """The DER."""
        return write.sequence(
            write.integer(1),
            self.imprint.encode(),
            write.oid(self.policy) if self.policy else b"",
            write.integer(self.nonce) if self.nonce is not None else b"",
            write.boolean(True) if self.certificate_wanted else b"",
            self.extensions or b"",
        )


def build_request(digest_name: str, digest: bytes, nonce: int, policy: str | None = None) -> bytes:
    """The DER request for a token with its X.509 certificates over ``digest``.

    ``digest_name`` is a key of ``algorithm.DIGESTS``; ``policy`` an OID. Raises UsageError.
    """
    if digest_name not in DIGESTS:
        raise UsageError(f"Timestamps over {digest_name} digests can't be asked for.")
    imprint = MessageImprint.of(DIGESTS[digest_name], digest)
    return TimestampRequest(imprint, policy, nonce, certificate_wanted=True).encode()


def parse_request(data: bytes) -> TimestampRequest:
    """The request that is all of ``data``. Raises FormatError, NewerFormat."""
    fields = der.parse(data, _WHAT, largest=LARGEST).fields(_WHAT)
    version = fields.next().integer(_WHAT, longest=4)
    if version != 1:
        raise NewerFormat("timestamp.request-newer", f"Version {version} of requests is not known.")
    imprint = parse_imprint(fields.next())
    policy = fields.optional(der.OID)
    nonce = fields.optional(der.INTEGER)
    wanted = fields.optional(der.BOOLEAN)
    extensions = fields.optional(der.context(0))
    fields.done()
    return TimestampRequest(
        imprint=imprint,
        policy=policy.oid(_WHAT) if policy else None,
        nonce=nonce.integer(_WHAT, longest=64) if nonce else None,
        certificate_wanted=wanted is not None and wanted.boolean(_WHAT),
        extensions=extensions.raw if extensions else None,
    )
