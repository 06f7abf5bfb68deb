"""Renewing evidence records (RFC 4998, section 5.2): pure building, no token is judged.

A timestamp renewal, one token for the newest tokens of many records or seals:

    tree = RecordTree([timestamp_leaf(record) for record in records])
    token over tree.root
    renewed = [add_timestamp(record, token, tree.plain_path(i)) for i, record in enumerate(records)]

A hash-tree renewal, with another digest, one token for many objects:

    tree = RecordTree([tree_leaf(record, sha512(object), SHA512) for …], SHA512)
    token over tree.root
    renewed = [add_chain(record, sha512(object), SHA512, token, tree.plain_path(i)) for …]
"""

from __future__ import annotations

from dataclasses import dataclass

from evidence_ledger.core import der, der_writer, evidence_record
from evidence_ledger.core.algorithm import Digest
from evidence_ledger.core.evidence_record import EvidenceRecord, RecordDigest
from evidence_ledger.core.record_coverage import renewed_hashes
from evidence_ledger.core.record_tree import PartialLists
from evidence_ledger.errors import UsageError

_WHAT = "evidence record"


def renewal_digest(record: EvidenceRecord) -> Digest:
    """The digest that a timestamp renewal must keep to. Raises Undecided, FormatError."""
    return record.chains[-1].stamps[0].digest.known


def timestamp_leaf(record: EvidenceRecord) -> bytes:
    """The hash that a timestamp renewal covers: that of the newest token.

    Records of one seal and authority that were renewed together share it.
    Raises Undecided, FormatError.
    """
    return renewal_digest(record).of(record.chains[-1].stamps[-1].token)


def tree_leaf(record: EvidenceRecord, object_digest: bytes, digest: Digest) -> bytes:
    """The hash that a hash-tree renewal covers; ``object_digest`` was made with ``digest``.

    Unsorted (section 5.2, step 4). Raises UsageError where the digest's size is another.
    """
    if len(object_digest) != digest.size:
        raise UsageError(f"A {digest.name} digest has {digest.size} bytes.")
    return renewed_hashes(object_digest, RecordDigest(digest.oid), record.chains)[0]


def add_timestamp(data: bytes, token: bytes, lists: PartialLists | None = None) -> bytes:
    """The record ``data`` with one more timestamp in its newest chain.

    ``lists`` lead from ``timestamp_leaf`` to the token's imprint; None where the imprint is that
    leaf. Raises UsageError where they don't, FormatError, Undecided.
    """
    record = evidence_record.parse(data)
    digest = renewal_digest(record)
    stamp = evidence_record.encode_stamp(digest, lists, token)
    _require_lead(stamp, timestamp_leaf(record), digest)
    parts = _Parts.of(data)
    newest = der.parse(parts.chains[-1], _WHAT).elements(_WHAT)
    chain = der_writer.sequence(*(node.raw for node in newest), stamp)
    return parts.encode(parts.algorithms, (*parts.chains[:-1], chain))


def add_chain(
    data: bytes,
    object_digest: bytes,
    digest: Digest,
    token: bytes,
    lists: PartialLists | None = None,
) -> bytes:
    """The record ``data`` with one more chain, whose digest is ``digest``.

    ``object_digest`` is the object's by ``digest``. ``lists`` lead from ``tree_leaf`` to the
    token's imprint; None where the imprint is that leaf. Raises UsageError where they don't,
    FormatError.
    """
    record = evidence_record.parse(data)
    stamp = evidence_record.encode_stamp(digest, lists, token)
    _require_lead(stamp, tree_leaf(record, object_digest, digest), digest)
    parts = _Parts.of(data)
    algorithms = parts.algorithms
    if RecordDigest(digest.oid) not in record.digests:
        algorithms = (*algorithms, digest.identifier.encode())
    return parts.encode(algorithms, (*parts.chains, der_writer.sequence(stamp)))


def _require_lead(stamp: bytes, leaf: bytes, digest: Digest) -> None:
    """A record that would never verify is not written."""
    parsed = evidence_record.parse_stamp(stamp)
    algorithm, imprint = evidence_record.token_imprint(parsed.token)
    if algorithm.oid != digest.oid:
        raise UsageError(f"The renewing token is not over a {digest.name} digest.")
    if parsed.lists is not None and leaf not in parsed.lists[0]:
        raise UsageError("The hash lists are not those of this record.")
    if parsed.root(leaf) != imprint:
        raise UsageError("The renewing token is over another value.")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A record taken apart: whole encodings that go back as they came."""

    version: bytes
    algorithms: tuple[bytes, ...]
    optional: bytes
    chains: tuple[bytes, ...]

    @classmethod
    def of(cls, data: bytes) -> _Parts:
        fields = der.parse(data, _WHAT, largest=evidence_record.LARGEST).fields(_WHAT)
        version, algorithms = fields.next().raw, fields.next().elements(_WHAT)
        optional = [node.raw for tag in (0, 1) if (node := fields.optional(der.context(tag)))]
        chains = fields.next().elements(_WHAT)
        return cls(
            version,
            tuple(node.raw for node in algorithms),
            b"".join(optional),
            tuple(node.raw for node in chains),
        )

    def encode(self, algorithms: tuple[bytes, ...], chains: tuple[bytes, ...]) -> bytes:
        return der_writer.sequence(
            self.version,
            der_writer.sequence(*algorithms),
            self.optional,
            der_writer.sequence(*chains),
        )
