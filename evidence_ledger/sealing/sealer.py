"""Seals: a signed checkpoint, and timestamps over it and over everything new.

The order of writes, each durable before the next: the signer's memory, the seal without tokens,
each token, what helps to judge it later, the cosignatures, the seal's own entry, the mark that
closes the seal. Whatever is interrupted is finished by the next ``seal``; the seal's statement is
made from stored facts alone, so that finishing it twice gives the same entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evidence_ledger.author import Author
from evidence_ledger.core import entry, note, record_tree
from evidence_ledger.core.certificate_chain import Chain
from evidence_ledger.core.chain import AppendedEntry
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.record_groups import split
from evidence_ledger.core.statement import (
    OWN_KINDS,
)
from evidence_ledger.core.time_agreement import Disagreement
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.errors import AuthorityError, HeadMoved, LedgerCorrupt, LedgerForked
from evidence_ledger.ports import (
    CheckpointMemory,
    Clock,
    Entropy,
    NoteSigner,
    RevocationSource,
    Store,
    TimestampAuthority,
    Witness,
)
from evidence_ledger.sealing.asking import (
    Asking,
    AskingRules,
    Slot,
    fresh_question,
    missing,
    slots_of,
)
from evidence_ledger.sealing.capturing import captured
from evidence_ledger.sealing.cosigning import CosigningRules
from evidence_ledger.sealing.file_leaves import FileLeaves
from evidence_ledger.sealing.own_checkpoint import own_checkpoint
from evidence_ledger.stored import SealObjects, StoredSeal
from evidence_ledger.tree import edge_at

NEAR = 64
"""So many of the newest seals are looked at for tokens that the chain does not name yet."""


@dataclass(frozen=True, slots=True)
class SealingParts:
    """All that sealing needs from outside; ``operator`` signs the seals' own statements.

    ``operator_before`` is whose X.509 certificate (SHA-256) the first operator's was, where the
    key was rotated since.
    ``several_hosts``: others may seal the same ledger, each with a memory of its own. ``seals`` is
    False where sealing is left to others: then nothing is kept for it.
    """

    origin: str
    store: Store
    clock: Clock
    entropy: Entropy
    memory: CheckpointMemory
    note_signers: Sequence[NoteSigner]
    operator: Author
    authorities: Sequence[TimestampAuthority]
    rules: AskingRules = field(default_factory=AskingRules)
    revocation: RevocationSource | None = None
    witnesses: Sequence[Witness] = ()
    cosigning: CosigningRules = field(default_factory=CosigningRules)
    operator_before: bytes | None = None
    several_hosts: bool = False
    seals: bool = True

    @property
    def first_operator(self) -> bytes:
        """SHA-256 of the first operator's X.509 certificate: who began the register."""
        return self.operator_before or self.operator.fingerprint


MOST_FRESH = 64 * 1024 * 1024
"""Bytes of leaves that are kept in memory until they are sealed."""


class Sealer:
    """Makes and finishes seals."""

    def __init__(self, parts: SealingParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._fresh: dict[int, bytes] = {}
        self._fresh_size = 0
        self._slots = slots_of(parts.authorities, parts.rules)

    def expect(self, appended: Iterable[AppendedEntry]) -> None:
        """Keep the leaves of entries that were just appended, so that they need not be read again.

        Nothing depends on it: what is not kept is computed from the store.
        """
        for one in appended if self._parts.seals else ():
            self._fresh[one.index] = one.admission.leaves
            self._fresh_size += 64 + len(one.admission.leaves)
        if self._fresh_size > MOST_FRESH:
            self._forget()

    def _forget(self) -> None:
        self._fresh.clear()
        self._fresh_size = 0

    def open_seal(self) -> StoredSeal | None:
        """The seal that waits for tokens or for its own entry, or a new one over what is new.

        None where nothing is new but seals' own entries and rolls.
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
        last = self._store.leaf_hashes(first - 1, first)[0] if first else entry.NO_ENTRY
        size = self._store.head().size
        stored = FileLeaves(self._store, size)
        for one in self._store.entries(first, size):
            parsed, computed = entry.parse(one.entry), entry.leaf_hash(one.entry)
            if computed != one.leaf_hash:
                raise LedgerCorrupt(f"Entry {one.index} does not have its stored hash.")
            if (parsed.index, parsed.prev) != (one.index, last):
                raise LedgerCorrupt(f"Entry {one.index} does not follow the one before it.")
            edge.push(computed)
            last = computed
            fresh = self._fresh.get(one.index)
            files = stored.of(one.index) if fresh is None else split(fresh)
            objects.add(parsed, files or ())
        self._forget()
        return objects

    def _begin(self, number: int, first: int, edge: Edge, objects: _Objects) -> StoredSeal:
        signed = self._sign(edge)
        seal = StoredSeal(
            number=number,
            first=first,
            size=edge.size,
            root=edge.root(),
            checkpoint=signed,
        )
        leaves = hashlib.sha256(signed).digest() + b"".join(objects.hashes)
        self._store.add_seal(seal, SealObjects(leaves, tuple(objects.offsets)))
        return seal

    def _sign(self, edge: Edge) -> bytes:
        """The signed checkpoint at ``edge``, remembered before it is let go."""
        # The seal first: the memory is always as new as any seal, but only when it is read later.
        newest = self._store.seal(-1)
        before = self.catch_up(newest)
        self._check_memory(newest, before, edge.size)
        text = Checkpoint(self._parts.origin, edge.size, edge.root()).encode()
        moment = self._parts.clock.now()
        lines = [signer.sign(text, moment) for signer in self._parts.note_signers]
        signed = text + b"\n" + b"".join(lines)
        self._parts.memory.remember(before, signed)
        return signed

    def catch_up(self, newest: StoredSeal | None) -> bytes | None:
        """The signer's memory, brought up to the newest seal where another host has made that.

        Only what this ledger's own keys have signed is remembered, and only if the database holds
        it together with all that was remembered before. Raises LedgerForked, HeadMoved.
        """
        before = self._parts.memory.recall()
        if not self._parts.several_hosts or newest is None:
            return before
        last = _remembered(before) if before is not None else None
        if last is not None and last.size >= newest.size:
            return before
        if last is not None:
            self._continues(last, newest.size)
        own = own_checkpoint(newest.checkpoint, self._parts.note_signers)
        self._continues(own, newest.size)
        self._parts.memory.remember(before, newest.checkpoint)
        return newest.checkpoint

    def check_continues(self) -> None:
        """The database holds what was signed, as far as this machine's memory of it goes.

        Raises LedgerForked, LedgerCorrupt.
        """
        before = self._parts.memory.recall()
        if before is not None:
            self._continues(_remembered(before), self._store.head().size)

    def _check_memory(self, newest: StoredSeal | None, before: bytes | None, size: int) -> None:
        if before is None and newest is not None:
            raise LedgerForked(
                "The ledger was sealed before, but the signer's memory of it is gone.",
                hint="Put the file with the last signed checkpoint back where it was; if it is "
                "lost, docs/storage.md says what to do.",
            )
        if before is None:
            return
        last = _remembered(before)
        if newest is not None and last.size < newest.size:
            raise LedgerForked(
                f"The signer remembers {last.size} signed entries; {newest.size} were signed.",
                hint="Was an old copy of the signer's memory restored? Restore the newest one.",
            )
        self._continues(last, self._store.head().size)
        if last.size > size:
            raise HeadMoved("Another program signed a newer checkpoint first.")

    def _continues(self, last: Checkpoint, size: int) -> None:
        """Refuse a tree that is not a continuation of the last signed checkpoint."""
        if last.origin != self._parts.origin or last.size > size:
            raise LedgerForked(
                f"This ledger's key has signed {last.size} entries of {last.origin}; "
                f"the database holds {size}."
            )
        if edge_at(self._store, last.size).root() != last.root:
            raise LedgerForked("The database does not hold the entries that were signed before.")

    def missing(self, seal: StoredSeal) -> list[Slot]:
        """The authorities, with their stand-ins, whose tokens a seal still lacks."""
        sealed = token_time(seal.tokens[0].token) if seal.tokens else None
        return missing(self._slots, seal.tokens, self._parts.rules, sealed)

    def incomplete(self) -> Iterator[StoredSeal]:
        """Seals with an entry that lack tokens, or may hold some that the chain does not name.

        The newest first; those that all authorities came after are left out.
        """
        held = self._store.token_names()
        newest = max(held, default=0)
        for number in sorted(held, reverse=True):
            if newest - number >= NEAR and self._has_all(held[number]):
                continue
            seal = self._store.seal(number)
            if seal is not None and seal.entry is not None and seal.tokens:
                yield seal

    def _has_all(self, names: Collection[str]) -> bool:
        return all(any(one.name in names for one in slot) for slot in self._slots)

    def ask(
        self, seal: StoredSeal, without: Collection[str] = ()
    ) -> tuple[StoredSeal, list[AuthorityError], Disagreement | None]:
        """``seal`` with the tokens that it lacked, who failed and why, and whose clocks disagree.

        The slots whose first authority is named in ``without`` are left out. Raises LedgerCorrupt,
        and what the Store raises.
        """
        slots = [slot for slot in self.missing(seal) if slot[0].name not in without]
        leaves = split(self._store.seal_objects(seal.number).leaves)
        question = fresh_question(record_tree.tree_root(leaves), slots, self._parts.entropy)
        asking = Asking(question, self._parts.clock, self._parts.rules)
        answers = asking.ask(slots, seal.tokens)
        for answer in answers.kept:
            self._store.add_token(seal.number, answer.token)
        self._keep_supplements(seal.number, [answer.time.chain for answer in answers.kept])
        kept = self._store.seal(seal.number)
        if kept is None:
            raise LedgerCorrupt(f"The seal {seal.number} has vanished.")
        return kept, list(answers.failures), answers.disagreement

    def _keep_supplements(self, number: int, chains: Sequence[Chain]) -> None:
        found = list(captured(chains, self._parts.revocation))
        if found:
            self._store.add_supplements(number, found)


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
        self.worth_sealing = self.worth_sealing or parsed.kind not in OWN_KINDS


def token_time(token: bytes) -> datetime:
    """The time in a token that was verified when it was kept."""
    return read_token(token).info.moment
