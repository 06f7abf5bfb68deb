"""The audit of a whole ledger: everything re-read, re-hashed and re-verified from stored bytes.

1  Entries      chain, hashes of documents, tree and tiles;        RFC 9162, 2.1; C2SP tlog-tiles
                statements are of their kinds, for this ledger,
                and there once
2  Signatures   CAdES-B-B of every statement                       ETSI EN 319 122-1, 6
3  Claims       under their statements' roots; every fingerprint
                can be found                                       RFC 9162, 2.1
4  Seals        each checkpoint is of this tree and signed;
                its leaves are those of the sealed objects         C2SP tlog-checkpoint;
                                                                   RFC 4998, 4.2
5  Timestamps   every token over its seal, or over its file;
                what helps to judge them can be read               RFC 3161, 2.4.2
6  Seal entries each seal has its entry; it and later ones name
                its tokens                                         RFC 8785
7  Memory       the signer's memory is the newest checkpoint, or
                one of this tree whose seal is unfinished          C2SP tlog-checkpoint
8  Renewals     each is over what it renews; its tokens are right,
                and its entry names them                           RFC 4998, 5.2
9  Witnesses    every cosignature kept is of its seal's checkpoint
                and of a witness that the ledger asks              C2SP tlog-cosignature
10 Rolls        every roll is over all marks before it; what
                entries say of marks can be found                  docs/format/roll.md
11 Register     every entry was admitted under the register of
                its time; only depositors granted claims           docs/access.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby, takewhile
from operator import itemgetter

from evidence_ledger.auditing.beside import DirectAudit, check_direct, check_supplements
from evidence_ledger.auditing.cosignatures import check_cosignatures, check_named
from evidence_ledger.auditing.erasures import ErasureAudit
from evidence_ledger.auditing.memory import check_memory
from evidence_ledger.auditing.register import RegisterAudit
from evidence_ledger.auditing.renewals import RenewalAudit
from evidence_ledger.auditing.rolls import ROLLS, check_rolls
from evidence_ledger.auditing.tasks import (
    CHAIN,
    CLAIMS,
    ERASURES,
    MEMORY,
    REGISTER,
    RENEWALS,
    SEAL_ENTRIES,
    SEALS,
    SIGNATURES,
    TOKENS,
    WITNESSES,
)
from evidence_ledger.core import admission, statement
from evidence_ledger.core.chain_audit import ChainFindings
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.counting import counted
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_note
from evidence_ledger.core.recipe import Recipe
from evidence_ledger.core.report import Report
from evidence_ledger.core.signature_audit import NewSignaturesCheck, SignatureAudit
from evidence_ledger.core.time_trust import TimeTrust
from evidence_ledger.core.timestamp_question import TimestampQuestion
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.core.token_place import SealPlace
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import EvidenceError, LedgerCorrupt, Refused, Undecided
from evidence_ledger.ports import CheckpointMemory, Store
from evidence_ledger.sealing.sealed_objects import files_gone
from evidence_ledger.sealing.sealed_tree import is_kept, sealed_tree
from evidence_ledger.stored import StoredEntry, StoredSeal, StoredToken
from evidence_ledger.tree import reader_of


@dataclass(frozen=True, slots=True)
class AuditParts:
    """What an audit looks at. ``chain(check)`` recomputes the entries with their claims, and has
    ``check`` look at their signatures where it is given; ``roots`` are the authorities'
    DER roots, and ``witnesses`` verifier keys, by the name under which their tokens or cosignatures
    are stored; ``operator`` is the SHA-256 of the first operator's X.509 certificate."""

    origin: str
    store: Store
    memory: CheckpointMemory
    keys: Sequence[VerifierKey]
    roots: Mapping[str, Sequence[bytes]]
    chain: Callable[[NewSignaturesCheck | None], ChainFindings]
    at: datetime
    operator: bytes
    witnesses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    several_hosts: bool = False


def audit(parts: AuditParts, *, signatures: bool = True) -> Report:
    """Audit the whole ledger. Without ``signatures`` step 2 is INDETERMINATE.

    Everything wrong with the ledger is in the report; where the database could not be read, a step
    is INDETERMINATE. Raises LedgerError where not even its head could be read.
    """
    recipe = Recipe(f"ledger {parts.origin}")
    work = _Audit(parts)
    for task, action, needs in (
        (CHAIN, partial(work.chain, signatures=signatures), ()),
        (SIGNATURES, partial(work.signatures, checked=signatures), ("1",)),
        (CLAIMS, work.claims, ("1",)),
        (SEALS, work.seals, ("1",)),
        (TOKENS, work.tokens, ()),
        (SEAL_ENTRIES, work.seal_entries, ("1",)),
        (MEMORY, work.memory, ("1",)),
        (RENEWALS, work.renewals.check, ("1",)),
        (WITNESSES, work.witnesses, ()),
        (ROLLS, work.rolls, ("1",)),
        (REGISTER, work.register, ("1",)),
        (ERASURES, work.erasures, ("1",)),
    ):
        recipe.run(task, partial(_proved, action), needs)
    recipe.facts |= {"ledger": parts.origin, "entries": work.size}
    recipe.facts["claims_elsewhere"] = work.claims_elsewhere
    recipe.facts["erased"] = work.erased
    return recipe.report()


def _proved(action: Callable[[], str]) -> str:
    """What ``action`` says; a ledger that contradicts itself is proof of a defect."""
    try:
        return action()
    except LedgerCorrupt as error:
        raise Refused("audit.corrupt", error.message, where=error.where) from error


class _Audit:
    def __init__(self, parts: AuditParts) -> None:
        self._parts = parts
        self._store = parts.store
        self.size = parts.store.head().size
        self._found = ChainFindings(Edge())
        self._erasures = ErasureAudit(parts.store, self.size)
        self._renewed: Mapping[int, set[bytes]] = {}
        self.renewals = RenewalAudit(parts.store, parts.roots, parts.at)

    def chain(self, *, signatures: bool) -> str:
        findings = self._parts.chain(SignatureAudit if signatures else None)
        self._found = findings
        erased = f"; {findings.erased} without their documents" if findings.erased else ""
        size = counted(findings.edge.size, "entry", "entries")
        return f"{size}, chain and tree as they must be{erased}."

    def signatures(self, *, checked: bool) -> str:
        if not checked:
            raise Undecided("audit.no-signatures", "Signatures were not checked, as asked for.")
        if self._found.unsound is not None:
            raise self._found.unsound
        return f"Every statement is signed as it says{self._erasures.documents(self._found.gone)}."

    @property
    def erased(self) -> int:
        """How many entries lack a document."""
        return self._found.erased

    @property
    def claims_elsewhere(self) -> int:
        """How many entries have claims that are not stored."""
        return self._found.claims.elsewhere

    def claims(self) -> str:
        found = self._found.claims
        if found.unsound is not None:
            raise found.unsound
        if self._found.lost:
            self._name_lost()
        elsewhere = counted(found.elsewhere, "entry", "entries")
        more = f"; those of {elsewhere} are kept elsewhere" if found.elsewhere else ""
        return f"{counted(found.claims, 'claim')}, all under the roots that were signed{more}."

    def _name_lost(self) -> None:
        """Say which file in a claim can't be found.

        Raises Refused; Undecided where all can, and claims were erased while this was read.
        """
        rows, count = self._store.claims_between(0, self._found.edge.size), 0
        for index, claims in groupby(rows, key=itemgetter(0)):
            own = [data for _, _, data in claims]
            self._check_index(index, own)
            count += len(own)
        if count >= self._found.claims.claims:
            raise Refused("audit.index", "The index of fingerprints is not that of the claims.")
        raise Undecided(
            "audit.erased-meanwhile",
            "Claims were erased while the index of fingerprints was compared with them.",
            hint="Audit the ledger again.",
        )

    def _check_index(self, index: int, claims: list[bytes]) -> None:
        for digest in admission.indexed(claims):
            places = self._store.find(digest.digest, digest.algorithm)
            found = any((one.index, one.position) == (index, digest.position) for one in places)
            if not found and any(True for _ in self._store.claims(index)):
                raise Refused(
                    "audit.not-found",
                    "A deposited fingerprint can't be found in the index.",
                    where=f"entry {index}, claim {digest.position}",
                )

    def seals(self) -> str:
        first = count = 0
        without: list[int] = []
        newest, reader = self._store.seal(-1), reader_of(self._store)
        for seal in self._seals():
            where = f"seal {seal.number}"
            if seal.first != first or seal.root != reader.root(seal.size):
                raise Refused("audit.seal", "The seal is not over this tree.", where=where)
            self._check_checkpoint(seal, where)
            gone = files_gone(self._store, seal, self._store.seal_objects(seal.number))
            if gone is None:
                raise Refused("audit.leaves", "The seal's leaves are not its objects.", where=where)
            first, count, without = seal.size, count + 1, without + gone
        if newest is not None and newest.number >= count and newest.size <= self.size:
            raise Refused("audit.seal-gap", f"Seal {count} is not there, but later ones are.")
        self._erasures.check_claims(without)
        entries = counted(reader.size, "entry", "entries")
        return f"{counted(count, 'seal')} over {first:,} of {entries}."

    def _check_checkpoint(self, seal: StoredSeal, where: str) -> None:
        note = Note.parse(seal.checkpoint)
        found = Checkpoint.parse(note.text, extensions_allowed=False)
        if found != Checkpoint(self._parts.origin, seal.size, seal.root):
            raise Refused("audit.checkpoint", "The checkpoint is not the seal's.", where=where)
        signed = {one.key for one in verify_note(note, self._parts.keys)}
        if signed != set(self._parts.keys):
            raise Refused("audit.unsigned", "A key has not signed the checkpoint.", where=where)

    def tokens(self) -> str:
        count = 0
        self.renewals.walk()
        for seal in self._seals():
            imprint = self._sealed_root(seal)
            if len({token.token for token in seal.tokens}) != len(seal.tokens):
                raise Refused(
                    "audit.token-twice",
                    "A timestamp is stored twice.",
                    where=f"seal {seal.number}",
                )
            # Refuses what is damaged; nothing leans on them.
            supplements = self._store.supplements(seal.number)
            for position, token in enumerate(seal.tokens):
                self._check_token(seal, position, token, imprint)
                count += 1
            check_supplements(supplements, f"seal {seal.number}")
        beside = DirectAudit(self._parts.roots, self._parts.at, self.renewals.covered_at)
        direct = check_direct(self._store, beside)
        more = f"; {direct} over files themselves" if direct else ""
        return f"{counted(count, 'timestamp')}, each over its seal{more}."

    def _sealed_root(self, seal: StoredSeal) -> bytes:
        objects = self._store.seal_objects(seal.number)
        if not is_kept(self._store, seal, objects):
            raise Refused(
                "audit.seal-tree",
                "The tree that is kept of a seal is not that of its leaves.",
                where=f"seal {seal.number}",
            )
        return sealed_tree(self._store, seal).root

    def _check_token(
        self, seal: StoredSeal, position: int, token: StoredToken, imprint: bytes
    ) -> None:
        where = f"seal {seal.number}, {token.authority}"
        try:
            proved = check_token(
                token.response,
                TimestampQuestion({"sha256": imprint}),
                TimeTrust(self._parts.roots.get(token.authority, ()), self._parts.at),
                self.renewals.covered_at(SealPlace(seal.number, position)),
            )
        except EvidenceError as error:
            error.where = where
            raise
        if proved.token != token.token or (token.independent and proved.own_clock):
            raise Refused("audit.token", "The timestamp is not as it was stored.", where=where)

    def seal_entries(self) -> str:
        held = {hashlib.sha256(seal.checkpoint).digest(): seal for seal in self._seals()}
        own = {seal.entry for seal in held.values() if seal.entry is not None}
        self._check_closed(held.values())
        self._renewed = self.renewals.named()
        late = 0
        for one in self._seal_entries():
            seal = self._check_entry(one, held)
            if seal.entry == one.index:
                own.discard(one.index)
            else:
                late += seal.entry is not None
        for index in sorted(own):
            self._check_newer_entry(index, held)
        more = (
            f"; of timestamps that came later: {counted(late, 'entry', 'entries')}" if late else ""
        )
        closed = sum(seal.entry is not None for seal in held.values())
        have = "has its entry" if closed == 1 else "have their entries"
        return f"{counted(closed, 'seal')} {have}{more}."

    def _check_newer_entry(self, index: int, held: Mapping[bytes, StoredSeal]) -> None:
        """A seal's entry that was appended after this audit began."""
        found = next(self._store.entries(index, index + 1), None)
        if index < self.size or found is None:
            raise Refused("audit.seal-entry", "A seal has no entry.", where=f"entry {index}")
        self._check_entry(found, held)

    def _check_closed(self, seals: Iterable[StoredSeal]) -> None:
        """Only the newest seal may wait for its entry, or to be told of it."""
        for seal in tuple(seals)[:-1]:
            again = self._store.seal(seal.number) if seal.entry is None else seal
            if again is None or again.entry is None:
                raise Refused(
                    "audit.seal-open", "The seal has no entry.", where=f"seal {seal.number}"
                )

    def _check_entry(self, one: StoredEntry, held: Mapping[bytes, StoredSeal]) -> StoredSeal:
        """The seal whose tokens the entry names."""
        where = f"entry {one.index}"
        fact = statement.parse(one.statement).seal if one.statement else None
        if fact is None:
            raise Refused("audit.seal-entry", "The entry of a seal is not one.", where=where)
        seal = held.get(fact.checkpoint)
        if seal is None or (seal.entry is not None and one.index < seal.entry):
            raise Refused(
                "audit.stray-seal", "An entry of kind seal belongs to no seal.", where=where
            )
        if (fact.size, fact.root) != (seal.size, seal.root):
            raise Refused("audit.seal-entry", "The seal's entry is not its own.", where=where)
        tokens = {hashlib.sha256(token.token).digest() for token in seal.tokens}
        tokens |= self._renewed.get(seal.number, set())
        if not tokens.issuperset(fact.tokens):
            raise Refused("audit.lost-token", "A timestamp that was sealed is gone.", where=where)
        check_named(seal, fact, where)
        return seal

    def witnesses(self) -> str:
        return check_cosignatures(self._seals(), self._parts.witnesses)

    def register(self) -> str:
        asked = self._erasures.asked
        audited = RegisterAudit(self._store, self._parts.operator, self._parts.origin, asked)
        return audited.check(self._found.special, self.size)

    def erasures(self) -> str:
        return self._erasures.check()

    def memory(self) -> str:
        parts = self._parts
        return check_memory(
            self._store, parts.memory, parts.origin, several_hosts=parts.several_hosts
        )

    def rolls(self) -> str:
        return check_rolls(self._store, self._found.marks, self._found.edge.size)

    def _seal_entries(self) -> Iterator[StoredEntry]:
        """The entries of kind seal that were there when the audit began."""
        return map(self._store.entry, takewhile(self.size.__gt__, self._found.seals))

    def _seals(self) -> Iterator[StoredSeal]:
        """All that are over entries which were there when the audit began."""
        number = 0
        while (seal := self._store.seal(number)) is not None and seal.size <= self.size:
            yield seal
            number += 1
