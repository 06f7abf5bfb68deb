"""Certificates: everything that proves one entry, gathered from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evidence_ledger.core import disclosure, entry, statement
from evidence_ledger.core.certificate import Certificate, FileToken
from evidence_ledger.core.claim import Claim
from evidence_ledger.core.claim import parse as parse_claim
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.token_place import FilePlace, Place
from evidence_ledger.errors import EntryErased, NoSuchEntry, NotSealed
from evidence_ledger.issuing.accompanying import Accompanying
from evidence_ledger.issuing.bracketing import bracket_of
from evidence_ledger.issuing.sealed_entry import SealedEntry
from evidence_ledger.ports import Store
from evidence_ledger.renewing.records import Renewals, TokenRecords
from evidence_ledger.sealing.seal_member import bare_file
from evidence_ledger.stored import StoredEntry, StoredSeal
from evidence_ledger.tree import reader_of


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate's parts with what the page for people says."""

    parts: Certificate
    entry: entry.Entry
    statement: statement.Statement
    claims: tuple[tuple[int, Claim], ...]
    seal: StoredSeal


class Issuer:
    """Makes certificates; ``vkeys`` are the ledger's own verifier keys, as it tells them."""

    def __init__(self, store: Store, vkeys: Sequence[str]) -> None:
        self._store = store
        self._renewals = Renewals(store)
        self._vkeys = "".join(f"{one}\n" for one in vkeys).encode()

    def issue(self, index: int, positions: Sequence[int] | None = None) -> Issued:
        """The certificate of an entry, with all claims or only those at ``positions``.

        ``positions`` count the deposit's claims from 0. Raises NoSuchEntry for an entry or a claim
        that is not there, NotSealed, EntryErased, LedgerCorrupt.
        """
        stored = self._store.entry(index)
        seal = self._seal_of(stored)
        if stored.statement is None or stored.signature is None:
            raise EntryErased(f"The statement of entry {index} was erased.")
        claims = [data for _, data in self._store.claims(index)]
        shown = disclosure.disclose(claims, _existing(claims, positions, index))
        parsed = tuple((one.index, parse_claim(one.data)) for one in shown)
        records = self._renewals.records(seal)
        sealed = SealedEntry(self._store, seal, index, records)
        over_files = self._renewals.of_files(index)
        beside = Accompanying(self._store, seal, [*records, *over_files.values()])
        signed = statement.parse(stored.statement)
        bracket = bracket_of(self._store, signed.after)
        parts = Certificate(
            statement=stored.statement,
            signature=stored.signature,
            entry=stored.entry,
            proof=self._proof(index, seal),
            checkpoint=seal.checkpoint,
            vkeys=self._vkeys,
            claims=tuple(shown),
            records=tuple(sealed.object_records(stored)),
            file_records=sealed.file_records(parsed),
            file_tokens=self._file_tokens(index, dict(parsed), over_files),
            chains=beside.chains(stored.signature),
            revocation=beside.revocation(),
            seal=bracket.members() if bracket else {},
        )
        return Issued(parts, entry.parse(stored.entry), signed, parsed, seal)

    def _seal_of(self, stored: StoredEntry) -> StoredSeal:
        seal = self._store.seal_of(stored.index)
        if seal is not None and seal.tokens:
            return seal
        kind = entry.parse(stored.entry).kind
        hint = "A seal's own entry is sealed with the next deposit." if kind == "seal" else None
        raise NotSealed(f"Entry {stored.index} is not sealed yet.", hint=hint)

    def _file_tokens(
        self, index: int, shown: Mapping[int, Claim], over_files: Mapping[Place, TokenRecords]
    ) -> dict[int, tuple[FileToken, ...]]:
        """The timestamps over the files themselves whose claims are shown, and their renewals."""
        found: dict[int, tuple[FileToken, ...]] = {}
        for one in self._store.direct(index):
            if one.file not in shown:
                continue
            name, held = one.token.authority, one.token
            records = over_files[FilePlace(index, one.file, name)]
            record = records.record(bare_file(shown[one.file])) if records.renewals else None
            token = FileToken(name, held.token, held.response, record)
            found[one.file] = (*found.get(one.file, ()), token)
        return found

    def _proof(self, index: int, seal: StoredSeal) -> bytes:
        hashes = reader_of(self._store).inclusion_proof(index, seal.size)
        note = seal.checkpoint + b"".join(one.line for one in seal.cosignatures)
        return TlogProof(index, tuple(hashes), note).encode()


def _existing(
    claims: Sequence[bytes], positions: Sequence[int] | None, index: int
) -> Sequence[int] | None:
    if positions is not None and not all(0 <= one < len(claims) for one in positions):
        raise NoSuchEntry(
            f"Entry {index} has {len(claims)} claims; one of those asked for is not among them.",
            hint=f"See them with: evidence show {index}",
        )
    return positions
