"""What a ledger's store holds, as its callers see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from evidence_ledger.core.token_place import Place


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its documents; an erased document is None."""

    index: int
    entry: bytes
    leaf_hash: bytes
    statement: bytes | None
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A timestamp over a seal: the raw response and the bare token (both DER)."""

    authority: str
    independent: bool
    response: bytes
    token: bytes


@dataclass(frozen=True, slots=True)
class DirectToken:
    """A timestamp over a deposited file itself; ``file`` is N of its claim ``file/N``."""

    file: int
    token: StoredToken


@dataclass(frozen=True, slots=True)
class StoredCosignature:
    """A witness's cosignature of a seal's checkpoint: one signature line, newline included."""

    witness: str
    line: bytes


class SupplementKind(StrEnum):
    """What was captured beside a seal: an X.509 certificate, or a revocation list or response."""

    CHAIN = "chain"
    REVOCATION = "revocation"


@dataclass(frozen=True, slots=True)
class StoredSupplement:
    """Something that helps to judge a seal's tokens later (DER). Nothing leans on it."""

    kind: SupplementKind
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredSeal:
    """A checkpoint with the tokens over it and over everything new since the seal before.

    ``checkpoint`` has the log's own signatures alone; ``cosignatures`` are those of witnesses.
    ``first`` is the first entry that is new in this seal, ``size`` the checkpoint's tree size.
    ``entry`` is the index of the seal's own entry, or None until that is appended.
    """

    number: int
    first: int
    size: int
    root: bytes
    checkpoint: bytes
    tokens: tuple[StoredToken, ...] = ()
    entry: int | None = None
    cosignatures: tuple[StoredCosignature, ...] = ()


@dataclass(frozen=True, slots=True)
class SealObjects:
    """What a seal's tokens are over; there may be millions.

    ``leaves`` are the record tree's object hashes, 32 bytes each: the checkpoint's, then each
    entry's statement, signature and files in order. ``offsets`` give, for each new entry, the
    position of its statement's hash in ``leaves``.
    """

    leaves: bytes
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PlacedToken:
    """A token of a seal that has its entry, or of a file itself, and its place."""

    place: Place
    token: StoredToken


class RenewalKind(StrEnum):
    """What a renewal is over (RFC 4998, section 5.2): newest tokens, or objects with all tokens."""

    TIMESTAMP = "timestamp"
    TREE = "tree"


@dataclass(frozen=True, slots=True)
class RenewedStrand:
    """What a renewal does for the token at ``place``: ``leaf`` is where its leaf is.

    In a hash-tree renewal of a seal's token that leaf is the root over ``hashes``, one for each of
    ``objects``, which are places in the seal's leaves, ascending. Objects that are not there were
    not renewed. Of a token over a file itself the leaf is the one hash.
    """

    place: Place
    leaf: int
    objects: tuple[int, ...] = ()
    hashes: bytes = b""


@dataclass(frozen=True, slots=True)
class RenewedLeaf:
    """The same without the objects, of which ``size`` is the length of the hashes in bytes.

    ``renewal`` is the number of the renewal. The objects of a seal are read in groups: see
    ``core.renewed_objects``.
    """

    renewal: int
    place: Place
    leaf: int
    size: int = 0


@dataclass(frozen=True, slots=True)
class StoredRenewal:
    """Tokens over the root of ``leaves``, which renew tokens of seals.

    ``digest`` (a name in ``core.algorithm.DIGESTS``) made the leaves and the tree. ``independent``:
    it is asked of independent authorities alone. ``entry`` is the index of the entry that names
    the tokens, or None until that is appended; from then on there are no more tokens.
    """

    number: int
    kind: RenewalKind
    digest: str
    independent: bool
    begun: datetime
    leaves: bytes
    tokens: tuple[StoredToken, ...] = ()
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Where a fingerprint is: an entry and the position of the claim in its deposit."""

    index: int
    position: int
