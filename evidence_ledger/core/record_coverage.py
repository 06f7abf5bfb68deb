"""What the timestamps of an evidence record must be over (RFC 4998, sections 4.3, 5.2 and 5.3).

    chain 1   stamp ─── timestamp renewal ─── timestamp renewal     one digest, such as SHA-256
                │ over the object
    chain 2   hash-tree renewal ─── timestamp renewal               another, such as SHA-512
                  over the object and all of chain 1

Only hashes are computed here; ``record_verification`` judges the tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from evidence_ledger.core import der_writer
from evidence_ledger.core.evidence_record import (
    ArchiveTimeStamp,
    ArchiveTimeStampChain,
    EvidenceRecord,
    RecordDigest,
    token_imprint,
)
from evidence_ledger.errors import Refused, Undecided


class Kind(StrEnum):
    """What a timestamp of a record is there for."""

    INITIAL = "initial"
    TIMESTAMP_RENEWAL = "timestamp renewal"
    TREE_RENEWAL = "hash-tree renewal"


@dataclass(frozen=True, slots=True)
class RecordedObject:
    """An object that a record is to cover: its digests by hashlib name, or its bytes, or both."""

    name: str
    digests: Mapping[str, bytes] = field(default_factory=dict)
    data: bytes | None = None

    def digest(self, algorithm: RecordDigest) -> bytes:
        """Its digest. Raises Undecided where it is not to be had."""
        known = self.digests.get(algorithm.name)
        if known is not None:
            return known
        if self.data is None:
            raise Undecided(
                "record.digest-missing",
                f"The evidence record needs the {algorithm.name} digest of {self.name}.",
                hint="Give the file itself, or its digest by that algorithm.",
            )
        return algorithm.of(self.data)


@dataclass(frozen=True, slots=True)
class CoveringToken:
    """A token (DER) of a record with what it must be over: ``imprint`` by ``digest`` (a hashlib
    name). ``chain`` counts from 0.
    """

    kind: Kind
    chain: int
    digest: str
    imprint: bytes
    token: bytes


def covering_tokens(
    record: EvidenceRecord, objects: Sequence[RecordedObject]
) -> tuple[CoveringToken, ...]:
    """The tokens of a record, oldest first, after all that ``objects`` and hashes can prove.

    Nothing says yet that a token is right. Raises Refused where the record does not cover all
    objects or a renewal does not cover what is before it, Undecided, FormatError.
    """
    check_form(record)
    check_objects(record, objects)
    check_timestamp_renewals(record)
    check_tree_renewals(record, objects)
    return tokens(record)


def tokens(record: EvidenceRecord) -> tuple[CoveringToken, ...]:
    """The tokens of a record, oldest first, each with the imprint that it has itself.

    Raises FormatError, Undecided.
    """
    return tuple(
        CoveringToken(_kind(number, place), number, stamp.digest.name, *_imprint_and_token(stamp))
        for number, chain in enumerate(record.chains)
        for place, stamp in enumerate(chain.stamps)
    )


def _kind(chain: int, place: int) -> Kind:
    if place:
        return Kind.TIMESTAMP_RENEWAL
    return Kind.TREE_RENEWAL if chain else Kind.INITIAL


def _imprint_and_token(stamp: ArchiveTimeStamp) -> tuple[bytes, bytes]:
    return token_imprint(stamp.token)[1], stamp.token


def digests_needed(record: EvidenceRecord) -> tuple[str, ...]:
    """The digests of the objects, by hashlib name, that a check of the record asks for.

    Those not known here are left out. Raises FormatError.
    """
    names: dict[str, None] = {}
    for chain in record.chains:
        try:
            names[chain.stamps[0].digest.name] = None
        except Undecided:
            continue
    return tuple(names)


def check_form(record: EvidenceRecord) -> None:
    """Each chain keeps to one digest, which is listed and is that of its tokens' imprints.

    Sections 3.1, 4.3 (step 4) and 5.3 (step 2). Raises Refused, FormatError, and Undecided where
    the object was encrypted before (section 6).
    """
    if record.encryption_info is not None:
        raise Undecided("record.encrypted", "The evidence record covers an encrypted object.")
    for chain in record.chains:
        first = chain.stamps[0].digest
        if first not in record.digests:
            raise Refused(
                "record.digest-unlisted",
                "The evidence record does not list a digest that it uses (RFC 4998, 3.1).",
            )
        for stamp in chain.stamps:
            _check_digest(stamp, first)


def _check_digest(stamp: ArchiveTimeStamp, first: RecordDigest) -> None:
    if stamp.digest != token_imprint(stamp.token)[0]:
        raise Refused(
            "record.token-digest", "A timestamp is by another digest than the tree under it."
        )
    if stamp.digest != first:
        raise Refused(
            "record.chain-digest", "A timestamp renewal changes the digest (RFC 4998, 5.2)."
        )


def check_objects(record: EvidenceRecord, objects: Sequence[RecordedObject]) -> None:
    """The first timestamp covers all objects (section 4.3). Raises Refused, Undecided."""
    _require(objects)
    stamp = record.first
    _check_leads(stamp, [(one.digest(stamp.digest),) for one in objects], _object_not_covered)


def _require(objects: Sequence[RecordedObject]) -> None:
    if not objects:
        raise Undecided(
            "record.no-object",
            "No object was given that the evidence record could cover.",
            hint="Give the file that the record is over, or its digest.",
        )


def covers_exactly(record: EvidenceRecord, objects: Sequence[RecordedObject]) -> bool:
    """Whether the first list holds the objects' hashes and no other (section 4.3, last note)."""
    stamp = record.first
    given = {one.digest(stamp.digest) for one in objects}
    return given == set(stamp.lists[0] if stamp.lists else (token_imprint(stamp.token)[1],))


def check_timestamp_renewals(record: EvidenceRecord) -> None:
    """Within a chain, each timestamp covers the one before (section 5.3, step 2).

    Raises Refused.
    """
    for chain in record.chains:
        for before, stamp in pairwise(chain.stamps):
            _check_leads(stamp, [(stamp.digest.of(before.token),)], _renewal_not_covered)


def check_tree_renewals(record: EvidenceRecord, objects: Sequence[RecordedObject]) -> None:
    """Each new chain covers the objects and all chains before (section 5.3, step 3).

    Raises Refused, Undecided.
    """
    _require(objects)
    for number, chain in enumerate(record.chains[1:], 1):
        stamp, before = chain.stamps[0], record.chains[:number]
        wanted = [renewed_hashes(one.digest(stamp.digest), stamp.digest, before) for one in objects]
        _check_leads(stamp, wanted, _tree_not_covered)


def renewed_hashes(
    digest: bytes, algorithm: RecordDigest, before: Sequence[ArchiveTimeStampChain]
) -> tuple[bytes, bytes]:
    """What a hash-tree renewal is over: an object's hash with that of all chains before.

    The first is that of section 5.2, step 4, which is in use; the second is sorted, as figure 4
    shows it.
    """
    earlier = algorithm.of(der_writer.sequence(*(chain.raw for chain in before)))
    joined = (digest + earlier, min(digest, earlier) + max(digest, earlier))
    return algorithm.of(joined[0]), algorithm.of(joined[1])


def _check_leads(
    stamp: ArchiveTimeStamp,
    wanted: Sequence[tuple[bytes, ...]],
    absent: Callable[[], Refused],
) -> None:
    """The stamp's tree leads from every object to its token's imprint; each object's hash may be
    any of its tuple.
    """
    imprint = token_imprint(stamp.token)[1]
    first = set(stamp.lists[0] if stamp.lists else (imprint,))
    if not all(first.intersection(hashes) for hashes in wanted):
        raise absent()
    if imprint not in stamp.roots(next(_present(first, wanted))):
        raise Refused(
            "record.imprint", "A tree of the evidence record leads to another value than stamped."
        )


def _present(first: set[bytes], wanted: Sequence[tuple[bytes, ...]]) -> Iterator[bytes]:
    return (hash_ for hashes in wanted for hash_ in hashes if hash_ in first)


def _object_not_covered() -> Refused:
    return Refused("record.object-not-covered", "The evidence record does not cover this object.")


def _renewal_not_covered() -> Refused:
    return Refused(
        "record.renewal-not-covered", "A timestamp renewal does not cover the timestamp before it."
    )


def _tree_not_covered() -> Refused:
    return Refused(
        "record.tree-not-covered",
        "A hash-tree renewal does not cover the object together with the timestamps before it.",
    )
