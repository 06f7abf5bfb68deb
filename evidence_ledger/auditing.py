"""The audit of a whole ledger: everything re-read, re-hashed and re-verified from stored bytes.

1  Entries      chain, hashes of documents, tree and tiles         RFC 9162, 2.1; C2SP tlog-tiles
2  Signatures   CAdES-B-B of every statement                       ETSI EN 319 122-1, 6
3  Claims       under their statements' roots; every fingerprint
                can be found                                       RFC 9162, 2.1
4  Seals        each checkpoint is of this tree and signed;
                its leaves are those of the sealed objects         C2SP tlog-checkpoint; RFC 4998, 4.2
5  Timestamps   every token over its seal                          RFC 3161, 2.4.2
6  Seal entries each seal has its entry, which names its tokens    RFC 8785
7  Memory       the signer's memory is the newest checkpoint       C2SP tlog-checkpoint
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence_ledger.core import admission, cades, entry, merkle, record_tree, statement
from evidence_ledger.core.chain_audit import ChainFindings
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_note
from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import Report
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import EvidenceError, Refused, Undecided
from evidence_ledger.ports import CheckpointMemory, Store, StoredEntry, StoredSeal, StoredToken
from evidence_ledger.sealing import file_leaves, split
from evidence_ledger.tree import reader_of

CHAIN = Task(
    "1",
    "Entries",
    "RFC 9162, 2.1; C2SP tlog-tiles",
    "Every entry names the one before it, and all of them together give the tree.",
)
SIGNATURES = Task(
    "2",
    "Signatures",
    "ETSI EN 319 122-1, 6",
    "Every statement was signed by the holder of the X.509 certificate that it names.",
)
CLAIMS = Task(
    "3",
    "Claims",
    "RFC 9162, 2.1",
    "The stored facts are those that were signed, and every fingerprint can be found.",
)
SEALS = Task(
    "4",
    "Seals",
    "C2SP tlog-checkpoint; RFC 4998, 4.2",
    "Each signed checkpoint is of this very tree, and covers everything that was new.",
)
TOKENS = Task(
    "5",
    "Timestamps",
    "RFC 3161, 2.4.2",
    "Every timestamp is right, and is over what its seal covers.",
)
SEAL_ENTRIES = Task(
    "6", "Seal entries", "RFC 8785", "The ledger holds its own timestamps as entries."
)
MEMORY = Task(
    "7",
    "Memory",
    "C2SP tlog-checkpoint",
    "What the signer remembers is what the ledger holds: nothing was rolled back.",
)


@dataclass(frozen=True, slots=True)
class AuditParts:
    """What an audit looks at. ``chain(check)`` recomputes the entries, with ``check`` for each
    statement and its signature where it is given; ``roots`` are the authorities' DER roots."""

    origin: str
    store: Store
    memory: CheckpointMemory
    keys: Sequence[VerifierKey]
    roots: Sequence[bytes]
    chain: Callable[[Callable[[bytes, bytes], object] | None], ChainFindings]
    at: datetime


def audit(parts: AuditParts, *, signatures: bool = True) -> Report:
    """Audit the whole ledger. Without ``signatures`` step 2 is INDETERMINATE.

    Operational errors of the store are raised; everything wrong with the ledger is in the report.
    """
    recipe = Recipe(f"ledger {parts.origin}")
    work = _Audit(parts)
    recipe.run(CHAIN, lambda: work.chain(signatures=signatures))
    recipe.run(SIGNATURES, lambda: work.signatures(checked=signatures), ["1"])
    recipe.run(CLAIMS, work.claims, ["1"])
    recipe.run(SEALS, work.seals, ["1"])
    recipe.run(TOKENS, work.tokens)
    recipe.run(SEAL_ENTRIES, work.seal_entries, ["1"])
    recipe.run(MEMORY, work.memory)
    recipe.facts |= {"ledger": parts.origin, "entries": parts.store.head().size}
    return recipe.report()


def check_signature(data: bytes, signature: bytes) -> None:
    """One statement's CAdES-B-B signature and the X.509 certificate that it names.

    Raises Refused, FormatError, Undecided.
    """
    signed = cades.verify(signature, data)
    admission.check_signer(statement.parse(data), signed.certificate)


class _Audit:
    def __init__(self, parts: AuditParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._bad_signature: EvidenceError | None = None

    def chain(self, *, signatures: bool) -> str:
        findings = self._parts.chain(self._check if signatures else None)
        erased = f"; {findings.erased} without their documents" if findings.erased else ""
        return f"{findings.edge.size} entries, chain and tree as they must be{erased}."

    def _check(self, data: bytes, signature: bytes) -> None:
        try:
            check_signature(data, signature)
        except EvidenceError as error:
            if self._bad_signature is None:
                self._bad_signature = error

    def signatures(self, *, checked: bool) -> str:
        if not checked:
            raise Undecided("audit.no-signatures", "Signatures were not checked, as asked for.")
        if self._bad_signature is not None:
            raise self._bad_signature
        return "Every statement is signed as it says."

    def claims(self) -> str:
        claims = 0
        for one in self._entries():
            claims += self._claims_of(one)
        return f"{claims} claims, all under the roots that were signed."

    def _claims_of(self, one: StoredEntry) -> int:
        if one.statement is None:
            return 0
        point = statement.parse(one.statement).claims
        claims = [data for _, data in self._store.claims(one.index)]
        if claims:
            self._check_claims(one.index, claims, point)
        self._check_index(one.index, claims)
        return len(claims)

    def _check_claims(self, index: int, claims: list[bytes], point: TreePoint) -> None:
        root = merkle.root_hash([merkle.leaf_hash(data) for data in claims])
        if TreePoint(len(claims), root) != point:
            raise Refused(
                "audit.claims",
                "The stored claims were altered: they are not those that were signed.",
                where=f"entry {index}",
            )

    def _check_index(self, index: int, claims: list[bytes]) -> None:
        for digest in admission.indexed(claims):
            places = self._store.find(digest.digest, digest.algorithm)
            if not any((one.index, one.position) == (index, digest.position) for one in places):
                raise Refused(
                    "audit.not-found",
                    "A deposited fingerprint can't be found in the index.",
                    where=f"entry {index}, claim {digest.position}",
                )

    def seals(self) -> str:
        first, count = 0, 0
        reader = reader_of(self._store)
        for seal in self._seals():
            where = f"seal {seal.number}"
            if seal.first != first or seal.root != reader.root(seal.size):
                raise Refused("audit.seal", "The seal is not over this tree.", where=where)
            self._check_checkpoint(seal, where)
            self._check_leaves(seal, where)
            first, count = seal.size, count + 1
        return f"{count} seals over {first} of {reader.size} entries."

    def _check_checkpoint(self, seal: StoredSeal, where: str) -> None:
        note = Note.parse(seal.checkpoint)
        found = Checkpoint.parse(note.text, extensions_allowed=False)
        if found != Checkpoint(self._parts.origin, seal.size, seal.root):
            raise Refused("audit.checkpoint", "The checkpoint is not the seal's.", where=where)
        signed = {one.key for one in verify_note(note, self._parts.keys)}
        if signed != set(self._parts.keys):
            raise Refused("audit.unsigned", "A key has not signed the checkpoint.", where=where)

    def _check_leaves(self, seal: StoredSeal, where: str) -> None:
        leaves, offsets = [hashlib.sha256(seal.checkpoint).digest()], []
        for one in self._store.entries(seal.first, seal.size):
            parsed = entry.parse(one.entry)
            offsets.append(len(leaves))
            leaves += (parsed.statement, parsed.signature)
            leaves += file_leaves(self._store, one.index)
        if tuple(offsets) != seal.offsets or leaves != split(seal.leaves):
            raise Refused("audit.leaves", "The seal's leaves are not its objects.", where=where)

    def tokens(self) -> str:
        count = 0
        for seal in self._seals():
            imprint = record_tree.tree_root(split(seal.leaves))
            for token in seal.tokens:
                self._check_token(seal, token, imprint)
                count += 1
        return f"{count} timestamps, each over its seal."

    def _check_token(self, seal: StoredSeal, token: StoredToken, imprint: bytes) -> None:
        where = f"seal {seal.number}, {token.authority}"
        try:
            roots, at = self._parts.roots, self._parts.at
            proved = check_token(token.response, {"sha256": imprint}, roots=roots, at=at)
        except EvidenceError as error:
            error.where = where
            raise
        if proved.token != token.token or (token.independent and proved.own_clock):
            raise Refused("audit.token", "The timestamp is not as it was stored.", where=where)

    def seal_entries(self) -> str:
        named = [self._check_entry(seal) for seal in self._seals() if seal.entry is not None]
        found = [one.index for one in self._entries() if entry.parse(one.entry).kind == "seal"]
        waiting = self._waiting()
        if set(found) - set(named) - ({found[-1]} if waiting and found else set()):
            raise Refused("audit.stray-seal", "An entry of kind seal belongs to no seal.")
        return f"{len(named)} seals have their entries."

    def _waiting(self) -> bool:
        newest = self._store.seal(-1)
        return newest is not None and newest.entry is None

    def _check_entry(self, seal: StoredSeal) -> int:
        where = f"seal {seal.number}"
        stored = self._store.entry(seal.entry if seal.entry is not None else -1)
        fact = statement.parse(stored.statement).seal if stored.statement else None
        digest = hashlib.sha256(seal.checkpoint).digest()
        held = (digest, seal.size, seal.root)
        if fact is None or (fact.checkpoint, fact.size, fact.root) != held:
            raise Refused("audit.seal-entry", "The seal's entry is not its own.", where=where)
        tokens = {hashlib.sha256(token.token).digest() for token in seal.tokens}
        if not tokens.issuperset(fact.tokens):
            raise Refused("audit.lost-token", "A timestamp that was sealed is gone.", where=where)
        return stored.index

    def memory(self) -> str:
        newest, remembered = self._store.seal(-1), self._parts.memory.recall()
        if (newest.checkpoint if newest else None) != remembered:
            raise Undecided(
                "audit.memory",
                "The newest checkpoint is not the one that the signer remembers.",
                hint="Was the database or the memory restored from a backup?",
            )
        return "The signer remembers the newest checkpoint."

    def _entries(self) -> Iterator[StoredEntry]:
        return self._store.entries(0, self._store.head().size)

    def _seals(self) -> Iterator[StoredSeal]:
        number = 0
        while (seal := self._store.seal(number)) is not None:
            yield seal
            number += 1
