"""Seals: a signed checkpoint, and timestamps over it and over everything new.

The order of writes, each durable before the next: the signer's memory, the seal without tokens,
each token, the seal's own entry, the mark that closes the seal. Whatever is interrupted is
finished by the next ``seal``; the seal's statement is made from stored facts alone, so that
finishing it twice gives the same entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence_ledger.author import Author
from evidence_ledger.core import claim, entry, note, record_tree
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.merkle import EMPTY_ROOT
from evidence_ledger.core.statement import NONCE_SIZE, SealFact, Statement, TreePoint
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.errors import AuthorityError, EvidenceError, LedgerCorrupt, LedgerForked
from evidence_ledger.ports import (
    CheckpointMemory,
    Clock,
    Entropy,
    NoteSigner,
    Store,
    StoredSeal,
    StoredToken,
    TimestampAuthority,
)
from evidence_ledger.tree import edge_at


@dataclass(frozen=True, slots=True)
class SealingParts:
    """All that sealing needs from outside; ``operator`` signs the seals' own statements."""

    origin: str
    store: Store
    clock: Clock
    entropy: Entropy
    memory: CheckpointMemory
    note_signers: Sequence[NoteSigner]
    operator: Author
    authorities: Sequence[TimestampAuthority]


class Sealer:
    """Makes and finishes seals."""

    def __init__(self, parts: SealingParts) -> None:
        self._parts = parts
        self._store = parts.store

    def open_seal(self) -> StoredSeal | None:
        """The seal that waits for tokens or for its own entry, or a new one over what is new.

        None where nothing is new but seals' own entries.
        Raises LedgerForked, LedgerCorrupt, HeadMoved, and what the ports raise.
        """
        newest = self._store.seal(-1)
        if newest is not None and newest.entry is None:
            return newest
        first = newest.size if newest else 0
        edge = edge_at(self._store, first)
        if newest is not None and edge.root() != newest.root:
            raise LedgerCorrupt("The tree is not the one that the newest seal signed.")
        objects = self._take(edge, first)
        if not objects.worth_sealing:
            return None
        return self._begin(newest.number + 1 if newest else 0, first, edge, objects)

    def _take(self, edge: Edge, first: int) -> _Objects:
        """Push every new entry onto ``edge``, re-hashed from its bytes, and list its objects."""
        objects = _Objects()
        for one in self._store.entries(first, self._store.head().size):
            computed = entry.leaf_hash(one.entry)
            if computed != one.leaf_hash:
                raise LedgerCorrupt(f"Entry {one.index} does not have its stored hash.")
            edge.push(computed)
            parsed = entry.parse(one.entry)
            objects.add(parsed, file_leaves(self._store, one.index))
        return objects

    def _begin(self, number: int, first: int, edge: Edge, objects: _Objects) -> StoredSeal:
        signed = self._sign(edge)
        seal = StoredSeal(
            number=number,
            first=first,
            size=edge.size,
            root=edge.root(),
            checkpoint=signed,
            leaves=hashlib.sha256(signed).digest() + b"".join(objects.hashes),
            offsets=tuple(objects.offsets),
        )
        self._store.add_seal(seal)
        return seal

    def _sign(self, edge: Edge) -> bytes:
        """The signed checkpoint at ``edge``, remembered before it is let go."""
        before = self._parts.memory.recall()
        self._check_memory(before, edge.size)
        text = Checkpoint(self._parts.origin, edge.size, edge.root()).encode()
        moment = self._parts.clock.now()
        lines = [signer.sign(text, moment) for signer in self._parts.note_signers]
        signed = text + b"\n" + b"".join(lines)
        self._parts.memory.remember(before, signed)
        return signed

    def check_continues(self) -> None:
        """The database holds what was signed, as far as this machine's memory of it goes.

        Raises LedgerForked, LedgerCorrupt.
        """
        before = self._parts.memory.recall()
        if before is not None:
            self._continues(_remembered(before), self._store.head().size)

    def _check_memory(self, before: bytes | None, size: int) -> None:
        newest = self._store.seal(-1)
        if before is None and newest is not None:
            raise LedgerForked(
                "The ledger was sealed before, but the signer's memory of it is gone.",
                hint="Put the file with the last signed checkpoint back where it was.",
            )
        if before is None:
            return
        last = _remembered(before)
        if newest is not None and last.size < newest.size:
            raise LedgerForked(
                f"The signer remembers {last.size} signed entries; {newest.size} were signed.",
                hint="Was an old copy of the signer's memory restored? Restore the newest one.",
            )
        self._continues(last, size)

    def _continues(self, last: Checkpoint, size: int) -> None:
        """Refuse a tree that is not a continuation of the last signed checkpoint."""
        if last.origin != self._parts.origin or last.size > size:
            raise LedgerForked(
                f"This ledger's key has signed {last.size} entries of {last.origin}; "
                f"the database holds {size}."
            )
        if edge_at(self._store, last.size).root() != last.root:
            raise LedgerForked("The database does not hold the entries that were signed before.")

    def ask(self, seal: StoredSeal) -> tuple[StoredSeal, list[AuthorityError]]:
        """``seal`` with the tokens of all authorities that it lacks, and who failed and why."""
        failures = []
        imprint = record_tree.tree_root(split(seal.leaves))
        have = {token.authority for token in seal.tokens}
        for authority in self._parts.authorities:
            if authority.name not in have:
                try:
                    self._store.add_token(seal.number, self._token(authority, imprint))
                except AuthorityError as error:
                    failures.append(error)
        kept = self._store.seal(seal.number)
        if kept is None:
            raise LedgerCorrupt(f"The seal {seal.number} has vanished.")
        return kept, failures

    def _token(self, authority: TimestampAuthority, imprint: bytes) -> StoredToken:
        nonce = int.from_bytes(self._parts.entropy.take(8), "big") >> 1
        response = authority.ask(imprint, nonce)
        try:
            checked = check_token(
                response,
                {"sha256": imprint},
                roots=authority.roots,
                nonce=nonce,
                at=self._parts.clock.now(),
            )
        except EvidenceError as error:
            raise AuthorityError(
                f"{authority.name} answered with a token that does not stand: {error}"
            ) from error
        independent = authority.independent and not checked.own_clock
        return StoredToken(authority.name, independent, response, checked.token)

    def statement(self, seal: StoredSeal) -> SignedStatement:
        """The operator's statement for a seal with its tokens; the same bytes each time."""
        digest = hashlib.sha256(seal.checkpoint).digest()
        point = TreePoint(seal.size, seal.root)
        fact = SealFact(
            checkpoint=digest,
            size=seal.size,
            root=seal.root,
            tokens=tuple(hashlib.sha256(token.token).digest() for token in seal.tokens),
        )
        return self._parts.operator.sign(
            Statement(
                kind="seal",
                ledger=self._parts.origin,
                claims=TreePoint(0, EMPTY_ROOT),
                signer=self._parts.operator.fingerprint,
                made=max(token_time(one.token) for one in seal.tokens),
                after=point,
                nonce=digest[:NONCE_SIZE],
                seal=fact,
            )
        )


def file_leaves(store: Store, index: int) -> Iterator[bytes]:
    """The blinded leaves of an entry's files, in order."""
    for _, data in store.claims(index):
        fact = claim.parse(data)
        if fact.section != "file":
            return
        digest = claim.file_fact(fact).fingerprint.sha256
        yield record_tree.blinded(digest, record_tree.record_salt(fact.salt))


def split(leaves: bytes) -> list[bytes]:
    """The 32-byte hashes in a seal's leaves."""
    return [leaves[at : at + 32] for at in range(0, len(leaves), 32)]


def _remembered(before: bytes) -> Checkpoint:
    return Checkpoint.parse(note.Note.parse(before).text)


class _Objects:
    """The record tree's leaves of the new entries: statement, signature and files of each."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.offsets: list[int] = []
        self.worth_sealing = False

    def add(self, parsed: entry.Entry, files: Iterable[bytes]) -> None:
        """The objects of one more entry; the checkpoint's own leaf is before them all."""
        self.offsets.append(1 + len(self.hashes))
        self.hashes += (parsed.statement, parsed.signature, *files)
        self.worth_sealing = self.worth_sealing or parsed.kind != "seal"


def token_time(token: bytes) -> datetime:
    """The time in a token that was verified when it was kept."""
    return read_token(token).info.moment
