"""The outside world, as contracts. Adapters fulfil them; the ledger knows nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from evidence_ledger.core.chain import Extension, Head
from evidence_ledger.core.edge import FullTile
from evidence_ledger.core.record_groups import Group
from evidence_ledger.core.special import Order, SpecialEntry
from evidence_ledger.renewal_ports import RenewalStore
from evidence_ledger.stored import (
    DirectToken,
    Found,
    PlacedToken,
    SealObjects,
    StoredCosignature,
    StoredEntry,
    StoredSeal,
    StoredSupplement,
    StoredToken,
)


class Clock(Protocol):
    """The time, in UTC."""

    def now(self) -> datetime:
        """An aware UTC datetime."""
        ...


class Entropy(Protocol):
    """Unpredictable bytes."""

    def take(self, count: int) -> bytes:
        """``count`` bytes from the operating system's generator."""
        ...


class Signer(Protocol):
    """A private key with its X.509 certificate, for CAdES and CMS signatures."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """DER X.509 certificates, the signer's own first."""
        ...

    @property
    def scheme(self) -> str:
        """A name from ``core.algorithm``: the signature algorithm that ``sign`` uses."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message`` (hashed inside, where the scheme hashes)."""
        ...


class NoteSigner(Protocol):
    """A key that signs checkpoints (C2SP signed-note; Ed25519, or ML-DSA-44 cosignature)."""

    @property
    def vkey(self) -> str:
        """The C2SP verifier key."""
        ...

    def sign(self, note_text: bytes, moment: datetime) -> bytes:
        """One signature line, newline included. ``moment`` is used where the type carries one."""
        ...


class TimestampAuthority(Protocol):
    """An RFC 3161 authority."""

    @property
    def name(self) -> str:
        """How reports call it."""
        ...

    @property
    def independent(self) -> bool:
        """False for an authority on the ledger's own clock."""
        ...

    @property
    def roots(self) -> tuple[bytes, ...]:
        """DER X.509 certificates that its tokens must lead to before they are kept."""
        ...

    def ask(self, digest: bytes, nonce: int, algorithm: str = "sha256") -> bytes:
        """The DER TimeStampResp for a digest, asked with certReq and this nonce.

        ``algorithm`` is a name in ``core.algorithm.DIGESTS``. Raises AuthorityUnreachable. The
        answer is not verified: the caller does.
        """
        ...


class Witness(Protocol):
    """A witness of checkpoints (C2SP tlog-witness v1.0.0)."""

    @property
    def name(self) -> str:
        """How reports call it."""
        ...

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The C2SP verifier keys under which its cosignatures are kept."""
        ...

    def add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
        """Ask it to cosign a checkpoint; its signature lines, newlines included.

        ``old_size`` is the size that it cosigned last, as far as is known, and ``proof`` the hashes
        (32 bytes each) that lead from there. Only the log's own lines of ``note`` are handed on.
        Raises WitnessElsewhere with the size that it did cosign last, WitnessUnreachable,
        WitnessRefused, WitnessAnswerInvalid. The answer is not verified: the caller does.
        Several threads may ask at once.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class RevocationSource(Protocol):
    """Where issuers publish which X.509 certificates they have revoked."""

    def fetch(self, chain: Sequence[bytes]) -> Sequence[bytes]:
        """Revocation lists and OCSP responses (DER) about a chain, the leaf first.

        Never raises: what can't be had is left out. Nothing is verified.
        """
        ...


class CheckpointMemory(Protocol):
    """The signer's own memory of the last checkpoint that it signed, outside the database."""

    def recall(self) -> bytes | None:
        """The note last remembered, or None before the first."""
        ...

    def remember(self, before: bytes | None, note: bytes) -> None:
        """Replace ``before`` by ``note``, durable when this returns.

        Raises HeadMoved where the memory no longer holds ``before``.
        """
        ...


class NonceMemory(Protocol):
    """The nonces of signed requests, each good for once, for all who share the memory."""

    def take(self, signer: bytes, nonce: str, now: datetime, until: datetime) -> bool:
        """Remember a signer's nonce until then. False where it was there already.

        ``signer`` is the SHA-256 of an X.509 certificate. Durable on return. Raises LedgerLocked,
        LedgerReadOnly, LedgerCorrupt, LedgerUnavailable: the nonce may be taken then.
        """
        ...


class Store(RenewalStore, Protocol):
    """The stored ledger. All writes are durable when a method returns, or not there at all.

    Every method may raise LedgerLocked, LedgerReadOnly, LedgerFull, LedgerCorrupt, LedgerMoved, and
    LedgerUnavailable where the database is not there or was lost: of a write, whether it is there
    is then unknown until somebody looks.
    """

    def head(self) -> Head:
        """The newest state."""
        ...

    def append(self, before: Head, extension: Extension) -> None:
        """Write an extension in one transaction if the head is still ``before``.

        Raises HeadMoved otherwise, also when a statement of it is stored already.
        """
        ...

    def turn(self, *, alone: bool = True) -> AbstractContextManager[None]:
        """What this thread does while it lasts goes over one connection.

        With ``alone`` nobody else writes meanwhile, where the database has several writers: for
        those who found that others were first. Without it ``append`` stays right.
        """
        ...

    def settle(self) -> None:
        """When this returns, what can be read is as durable as what ``append`` wrote.

        For what is found after a commit that was in doubt: it may not have reached every copy yet.
        """
        ...

    def alone(self) -> AbstractContextManager[bool]:
        """Whether no other host is inside such a block: for sealing. A store that no other host can
        reach says so at once."""
        ...

    def indexes_of(self, statements: Sequence[bytes]) -> Mapping[bytes, int]:
        """The entries of those statements (SHA-256) that are stored already."""
        ...

    def entry(self, index: int) -> StoredEntry:
        """One entry. Raises NoSuchEntry."""
        ...

    def entries(self, start: int, stop: int) -> Iterator[StoredEntry]:
        """Entries in order, streamed in flat memory."""
        ...

    def marked(self, marks: Iterable[bytes]) -> Mapping[bytes, int]:
        """The entries that have these marks, by mark; those of rolls are none."""
        ...

    def marks(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Entry and mark of all entries from ``start`` on with one, in order, streamed."""
        ...

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        """Leaf hashes of a range of entries, as stored."""
        ...

    def special_entries(self, start: int, stop: int) -> Sequence[SpecialEntry]:
        """What a range of entries says of the ledger or of other entries, in order."""
        ...

    def special_about(self, about: int, most: int | None = None) -> Sequence[SpecialEntry]:
        """What was said of an entry by later ones, in order; the first ``most`` of it."""
        ...

    def orders_about(self, about: int, before: int) -> Sequence[Order]:
        """The orders that name an entry and are entries before ``before``, by signer and entry;
        not those that are erased."""
        ...

    def claims(self, index: int) -> Iterator[tuple[int, bytes]]:
        """Position and canonical bytes of the claims of one entry, in order, streamed."""
        ...

    def claims_between(self, start: int, stop: int) -> Iterator[tuple[int, int, bytes]]:
        """Entry, position and canonical bytes of the claims of a range of entries, streamed."""
        ...

    def find(self, digest: bytes, algorithm: str) -> Sequence[Found]:
        """Where a file's digest was deposited, oldest first."""
        ...

    def tile(self, level: int, index: int) -> FullTile | None:
        """A full tile of the tree, or None where it is not full yet."""
        ...

    def tiles(self, level: int) -> Iterator[FullTile]:
        """All full tiles of a level in order, streamed."""
        ...

    def add_seal(self, seal: StoredSeal, objects: SealObjects) -> None:
        """Keep a new seal with the tokens it has. Raises HeadMoved where its number is taken."""
        ...

    def add_token(self, number: int, token: StoredToken) -> None:
        """Keep one more token of a seal; the first one of an authority stays."""
        ...

    def add_cosignatures(self, number: int, cosignatures: Sequence[StoredCosignature]) -> None:
        """Keep cosignatures of a seal's checkpoint; the first one of a key stays.

        Raises FormatError for what is no signature line.
        """
        ...

    def last_cosigned(self, witness: str) -> int:
        """The size of the newest seal that has a cosignature of that witness; else 0."""
        ...

    def close_seal(self, number: int, entry: int) -> None:
        """Note the index of the entry that holds the seal."""
        ...

    def seal(self, number: int) -> StoredSeal | None:
        """A seal by its number, from 0; -1 is the newest. None where there is none."""
        ...

    def seal_objects(self, number: int) -> SealObjects:
        """What the tokens of a seal are over. Raises LedgerCorrupt where there is none."""
        ...

    def seal_group(self, number: int, level: int, at: int) -> bytes | None:
        """What is kept so of a seal: see ``core.record_groups``. None where it is missing."""
        ...

    def seal_groups(self, number: int) -> Iterator[Group]:
        """All groups that are kept of a seal, by level and number, streamed."""
        ...

    def seal_count(self, number: int) -> int:
        """How many leaves a seal has, by its groups; 0 where that can't be told."""
        ...

    def token_names(self) -> Mapping[int, frozenset[str]]:
        """By the number of each seal with an entry, the names of those whose tokens it has."""
        ...

    def seal_of(self, index: int) -> StoredSeal | None:
        """The seal in which an entry is new, or None while it is not sealed."""
        ...

    def add_supplements(self, number: int, supplements: Sequence[StoredSupplement]) -> None:
        """Keep what helps to judge a seal's tokens; what is there already stays as it is."""
        ...

    def supplements(self, number: int) -> Sequence[StoredSupplement]:
        """What was kept so, X.509 certificates first."""
        ...

    def add_direct(self, index: int, direct: DirectToken) -> None:
        """Keep a timestamp over a file of a deposit; the first one of an authority stays. None is
        kept where the file's claim is gone: the entry was erased meanwhile."""
        ...

    def direct_entries(self) -> Sequence[int]:
        """The deposits that have such timestamps, ascending."""
        ...

    def direct(self, index: int) -> Sequence[DirectToken]:
        """The timestamps over the files of a deposit, by file and authority."""
        ...

    def placed_tokens(self) -> Iterator[PlacedToken]:
        """The tokens of all seals that have their entry, then those over files, streamed."""
        ...

    def erase(self, indexes: Collection[int]) -> None:
        """Remove statements, signatures, claims, fingerprints and timestamps over the files of
        entries, in one transaction; what is gone already is passed over.

        Raises LedgerCorrupt where no entry of kind erasure names one of them.
        """
        ...

    def unfinished_erasures(self) -> Sequence[int]:
        """The entries of kind erasure of which something that they name is there still,
        ascending."""
        ...

    def scrub(self) -> bool:
        """Whether nothing of what was erased is left in the database's own files. What is left is
        overwritten, if nobody else is in the way. False always where the database can't be told."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class Progress(Protocol):
    """Somebody who watches long work."""

    def advance(self, files: int, size: int) -> None:
        """``files`` more files and ``size`` more bytes are done."""
        ...
