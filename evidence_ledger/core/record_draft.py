"""Evidence records put together from stored parts, one object after the other (RFC 4998, 5.2).

    draft = RecordDraft(tree.plain_path(3), token)          chain 1
    draft.add_timestamp(stamp)                              one for all objects of a token
    leaf = draft.leaf(sha512(object), SHA512)               what a hash-tree renewal is over
    draft.add_chain(SHA512, stamp)                          one for this object alone
    record = draft.encode()

``record_renewal`` does the same to finished records, and checks what it is given; here the caller
answers for the parts.
"""

from __future__ import annotations

from evidence_ledger.core import der_writer
from evidence_ledger.core.algorithm import DIGESTS, Digest
from evidence_ledger.core.evidence_record import VERSION, encode_stamp
from evidence_ledger.core.record_tree import PartialLists

_SHA256 = DIGESTS["sha256"]


class RecordDraft:
    """A record that grows. Stamps are DER of ArchiveTimeStamps."""

    __slots__ = ("_chains", "_digests")

    def __init__(self, lists: PartialLists | None, token: bytes) -> None:
        """A record of one SHA-256 timestamp; without ``lists`` it is over the object itself.

        Raises UsageError where a list is empty.
        """
        self._chains = [[encode_stamp(_SHA256, lists, token)]]
        self._digests = [_SHA256]

    def add_timestamp(self, stamp: bytes) -> None:
        """A timestamp renewal in the newest chain."""
        self._chains[-1].append(stamp)

    def add_chain(self, digest: Digest, stamp: bytes) -> None:
        """A hash-tree renewal."""
        self._chains.append([stamp])
        if digest not in self._digests:
            self._digests.append(digest)

    def leaf(self, object_digest: bytes, digest: Digest) -> bytes:
        """The hash that a hash-tree renewal is over: H(H(object) ‖ H(chains so far)), unsorted."""
        return digest.of(object_digest + digest.of(self._sequence()))

    def encode(self) -> bytes:
        """The DER of the record."""
        algorithms = [digest.identifier.encode() for digest in self._digests]
        return der_writer.sequence(
            der_writer.integer(VERSION), der_writer.sequence(*algorithms), self._sequence()
        )

    def _sequence(self) -> bytes:
        return der_writer.sequence(*(der_writer.sequence(*chain) for chain in self._chains))
