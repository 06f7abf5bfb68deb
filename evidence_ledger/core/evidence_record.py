"""Evidence records (RFC 4998; ASN.1 of its appendix A, tags IMPLICIT).

    EvidenceRecord ::= SEQUENCE {
      version                   INTEGER (1),
      digestAlgorithms          SEQUENCE OF AlgorithmIdentifier,
      cryptoInfos           [0] SEQUENCE OF Attribute OPTIONAL,
      encryptionInfo        [1] EncryptionInfo OPTIONAL,
      archiveTimeStampSequence  SEQUENCE OF (SEQUENCE OF ArchiveTimeStamp) }
    ArchiveTimeStamp ::= SEQUENCE {
      digestAlgorithm       [0] AlgorithmIdentifier OPTIONAL,
      attributes            [1] SET OF Attribute OPTIONAL,
      reducedHashtree       [2] SEQUENCE OF (SEQUENCE OF OCTET STRING) OPTIONAL,
      timeStamp                 ContentInfo }

Everything that a renewal hashes is kept as it came. The token itself is not judged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from evidence_ledger.core import ber, cms, der, der_writer, oid
from evidence_ledger.core.algorithm import DIGESTS, WEAK_DIGESTS, Digest
from evidence_ledger.core.der import Fields, Node
from evidence_ledger.core.record_tree import PartialLists
from evidence_ledger.errors import FormatError, NewerFormat, Refused, Undecided, UsageError

VERSION = 1
LARGEST = 16 * 1024 * 1024
MOST_ALGORITHMS = 32
MOST_ATTRIBUTES = 64
MOST_CHAINS = 64
MOST_STAMPS = 256
MOST_LISTS = 256
MOST_HASHES = 100_000
SHORTEST_HASH = 20

_WHAT = "evidence record"
_BY_OID = {digest.oid: digest for digest in (*DIGESTS.values(), *WEAK_DIGESTS.values())}
_SHA256 = DIGESTS["sha256"]


@dataclass(frozen=True, slots=True)
class RecordDigest:
    """A digest algorithm of a record, by object identifier."""

    oid: str

    @property
    def known(self) -> Digest:
        """The algorithm meant, however weak. Raises Undecided where it is not known here."""
        if self.oid not in _BY_OID:
            raise Undecided("record.digest-unknown", f"The digest {self.oid} is not known here.")
        return _BY_OID[self.oid]

    @property
    def name(self) -> str:
        """Its name for hashlib. Raises Undecided."""
        return self.known.name

    def of(self, data: bytes) -> bytes:
        """The digest of ``data``. Raises Undecided."""
        return self.known.of(data)


@dataclass(frozen=True, slots=True)
class ArchiveTimeStamp:
    """One timestamp with the way from an object up to it.

    ``stated`` is its own digestAlgorithm field, ``lists`` the reduced hash tree, ``token`` the
    DER of the ContentInfo, ``attributes`` and ``raw`` as they came.
    """

    stated: RecordDigest | None
    attributes: bytes | None
    lists: PartialLists | None
    token: bytes
    raw: bytes

    @property
    def digest(self) -> RecordDigest:
        """The algorithm of its tree: the stated one, or that of the token's imprint (section 4.1).

        Raises FormatError where the token has none to read.
        """
        return self.stated or token_imprint(self.token)[0]

    def roots(self, object_digest: bytes) -> tuple[bytes, ...]:
        """The imprints that the tree may give for an object (section 4.3), the usual one first.

        A first list of one hash is that hash in nearly all records; one producer hashes it once
        more, so that there is a second candidate. Raises Refused where the object is not in the
        tree, Undecided.
        """
        if self.lists is None:
            return (object_digest,)
        digest, first = self.digest, self.lists[0]
        _same_sizes(digest.known.size, self.lists)
        if object_digest not in first:
            raise Refused(
                "record.object-not-covered", "The evidence record does not cover this object."
            )
        hashed = self._climb(digest, digest.of(b"".join(sorted(first))))
        return (self._climb(digest, object_digest), hashed) if len(first) == 1 else (hashed,)

    def root(self, object_digest: bytes) -> bytes:
        """The imprint that the tree gives for an object. Raises Refused, Undecided."""
        return self.roots(object_digest)[0]

    def _climb(self, digest: RecordDigest, value: bytes) -> bytes:
        for group in (self.lists or ())[1:]:
            value = digest.of(b"".join(sorted((*group, value))))
        return value


@dataclass(frozen=True, slots=True)
class ArchiveTimeStampChain:
    """Timestamps of one tree, each renewing the one before; ``raw`` as it came."""

    stamps: tuple[ArchiveTimeStamp, ...]
    raw: bytes


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """A whole record; ``crypto_infos`` and ``encryption_info`` as they came."""

    digests: tuple[RecordDigest, ...]
    crypto_infos: bytes | None
    encryption_info: bytes | None
    chains: tuple[ArchiveTimeStampChain, ...]

    @property
    def first(self) -> ArchiveTimeStamp:
        """The timestamp that the record began with."""
        return self.chains[0].stamps[0]


def initial_record(lists: PartialLists, token: bytes) -> bytes:
    """The DER of a record of one SHA-256 timestamp.

    ``lists`` come from a ``RecordTree``; ``token`` is the DER of a TimeStampToken.
    Raises FormatError where that is no DER, UsageError where a list is empty.
    """
    der.parse(token, "timestamp token").expect(der.SEQUENCE, "timestamp token")
    chains = der_writer.sequence(der_writer.sequence(encode_stamp(_SHA256, lists, token)))
    algorithms = der_writer.sequence(_SHA256.identifier.encode())
    return der_writer.sequence(der_writer.integer(VERSION), algorithms, chains)


def encode_stamp(digest: Digest, lists: PartialLists | None, token: bytes) -> bytes:
    """The DER of an ArchiveTimeStamp without attributes. Raises UsageError for an empty list."""
    tree = b""
    if lists is not None:
        if not lists or not all(lists):
            raise UsageError("A reduced hash tree has no empty list.")
        groups = [_encode_list(group) for group in lists]
        tree = der_writer.implicit(2, der_writer.sequence(*groups))
    algorithm = der_writer.implicit(0, digest.identifier.encode())
    return der_writer.sequence(algorithm, tree, token)


def _encode_list(hashes: tuple[bytes, ...]) -> bytes:
    if len(hashes) == 1:
        return _list_head(len(hashes[0])) + hashes[0]
    return der_writer.sequence(*map(der_writer.octet_string, hashes))


@lru_cache(maxsize=64)
def _list_head(size: int) -> bytes:
    """What comes before the hash in a list of one hash."""
    whole = der_writer.sequence(der_writer.octet_string(bytes(size)))
    return whole[: len(whole) - size]


def parse(data: bytes) -> EvidenceRecord:
    """The record whose DER is exactly ``data``. Raises FormatError, NewerFormat."""
    fields = der.parse(data, _WHAT, largest=LARGEST).fields(_WHAT)
    _version(fields.next())
    algorithms = fields.next().elements(_WHAT, most=MOST_ALGORITHMS)
    crypto_infos = fields.optional(der.context(0))
    encryption_info = fields.optional(der.context(1))
    chains = fields.next().elements(_WHAT, most=MOST_CHAINS)
    fields.done()
    if not chains:
        raise FormatError("record.no-timestamp", "The evidence record has no timestamp.")
    return EvidenceRecord(
        digests=tuple(_digest(node) for node in algorithms),
        crypto_infos=crypto_infos.raw if crypto_infos else None,
        encryption_info=encryption_info.raw if encryption_info else None,
        chains=tuple(_chain(node) for node in chains),
    )


def parse_stamp(data: bytes) -> ArchiveTimeStamp:
    """The ArchiveTimeStamp whose DER is exactly ``data``. Raises FormatError."""
    return _stamp(der.parse(data, _WHAT, largest=LARGEST))


def token_imprint(token: bytes) -> tuple[RecordDigest, bytes]:
    """The messageImprint of a TimeStampToken (RFC 3161, section 2.4.2), nothing verified.

    A token in BER is read as well. Raises FormatError.
    """
    try:
        return _imprint(token)
    except FormatError as error:
        if error.reason not in der.BER_FORMS:
            raise
        return _imprint(ber.definite(token, largest=cms.LARGEST))


def _imprint(token: bytes) -> tuple[RecordDigest, bytes]:
    what = "timestamp token"
    content_info = der.parse(token, what).fields(what)
    if content_info.next().oid(what) != oid.SIGNED_DATA:
        raise FormatError("record.token", "The evidence record's token is no SignedData.")
    signed = content_info.next().only(what, der.context(0)).fields(what)
    signed.next(), signed.next()
    encapsulated = signed.next().fields(what)
    encapsulated.next()
    content = encapsulated.next().only(what, der.context(0)).octets(what)
    info = der.parse(content, "TSTInfo").fields("TSTInfo")
    info.next(), info.next()
    imprint = info.next().fields("TSTInfo")
    return _digest(imprint.next()), imprint.next().octets("TSTInfo")


def _version(node: Node) -> None:
    version = node.integer(_WHAT, longest=8)
    if version > VERSION:
        raise NewerFormat("record.newer", f"The evidence record has version {version}.")
    if version != VERSION:
        raise FormatError("record.version", f"The evidence record has version {version}.")


def _digest(node: Node, tag: int = der.SEQUENCE) -> RecordDigest:
    fields = node.fields(_WHAT, tag)
    digest = RecordDigest(fields.next().oid(_WHAT))
    parameters = fields.optional(der.NULL)
    fields.done()
    if parameters is not None and parameters.content:
        raise FormatError("record.null", "A NULL is not empty.", where=parameters.where(_WHAT))
    return digest


def _chain(node: Node) -> ArchiveTimeStampChain:
    stamps = node.elements(_WHAT, most=MOST_STAMPS)
    if not stamps:
        raise FormatError(
            "record.empty-chain", "A chain has no timestamp.", where=node.where(_WHAT)
        )
    return ArchiveTimeStampChain(tuple(_stamp(stamp) for stamp in stamps), node.raw)


def _attributes(node: Node) -> bytes:
    """Attributes as they came; none of them is judged (RFC 4998, section 3.1)."""
    attributes = node.elements(_WHAT, node.tag, most=MOST_ATTRIBUTES)
    if not attributes:
        raise FormatError("record.attributes", "A set of attributes is empty.", where=_WHAT)
    for attribute in attributes:
        fields = attribute.fields(_WHAT)
        fields.next().oid(_WHAT)
        fields.next().expect(der.SET, _WHAT)
        fields.done()
    return node.raw


def _stamp(node: Node) -> ArchiveTimeStamp:
    fields = node.fields(_WHAT)
    stated = fields.optional(der.context(0))
    attributes = fields.optional(der.context(1))
    lists = _lists(fields)
    token = fields.next().expect(der.SEQUENCE, _WHAT).raw
    fields.done()
    return ArchiveTimeStamp(
        stated=_digest(stated, der.context(0)) if stated else None,
        attributes=_attributes(attributes) if attributes else None,
        lists=lists,
        token=token,
        raw=node.raw,
    )


def _lists(fields: Fields) -> PartialLists | None:
    node = fields.optional(der.context(2))
    if node is None:
        return None
    groups = node.elements(_WHAT, der.context(2), most=MOST_LISTS)
    lists = tuple(_list(group) for group in groups)
    if not lists:
        raise FormatError("record.empty-tree", "A hash tree is empty.", where=node.where(_WHAT))
    return lists


def _list(node: Node) -> tuple[bytes, ...]:
    hashes = node.elements(_WHAT, most=MOST_HASHES)
    if not hashes:
        raise FormatError("record.empty-list", "A hash list is empty.", where=node.where(_WHAT))
    if any(hash_.end - hash_.body < SHORTEST_HASH for hash_ in hashes):
        raise FormatError(
            "record.short-hash", "A hash is shorter than any digest.", where=node.where(_WHAT)
        )
    return tuple(hash_.octets(_WHAT) for hash_ in hashes)


def _same_sizes(size: int, lists: PartialLists) -> None:
    if any(len(hash_) != size for group in lists for hash_ in group):
        raise Refused(
            "record.hash-size", f"A hash in the evidence record's tree has not {size} bytes."
        )
