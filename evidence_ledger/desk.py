"""The desk: from files to a certificate, on one machine.

A deposit is signed and kept in the outbox before it is handed in, and dropped from there when its
certificate is written: the same command, repeated after an interruption, gets the same entry.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from evidence_ledger.adapters.durable_file import sync_folder
from evidence_ledger.adapters.file_errors import output_errors
from evidence_ledger.adapters.files.hashed import HashedFile
from evidence_ledger.adapters.pdf import certificate_pdf
from evidence_ledger.appending import TRIES
from evidence_ledger.assembly import OpenLedger
from evidence_ledger.author import Author, Context, Draft
from evidence_ledger.core import certificate_writer
from evidence_ledger.core.canonical import Json, encode
from evidence_ledger.core.certificate_writer import EmbeddedFile
from evidence_ledger.core.claim import FileFact, checked_path
from evidence_ledger.core.matter import MatterKeys
from evidence_ledger.core.readme import readme_text
from evidence_ledger.core.readme_completeness import completeness_readme
from evidence_ledger.errors import AuthorityError, HeadMoved, OutputExists, Refused
from evidence_ledger.issuing.issuer import Issued
from evidence_ledger.ledger import Receipt, SealResult
from evidence_ledger.matter_entries import MatterEntries
from evidence_ledger.page import completeness_page, page_of

Field = tuple[str, Json]


@dataclass(frozen=True, slots=True)
class Deposit:
    """A statement that the ledger has accepted, and the key under which the outbox holds it."""

    receipt: Receipt
    key: str


def draft_key(origin: str, author: Author, draft: Draft) -> str:
    """The same for the same kind, files, claims and entries named, by the same author, in the same
    ledger.
    """
    state = hashlib.sha256(origin.encode() + author.fingerprint)
    for fact in draft.files:
        state.update(hashlib.sha256(fact.name).digest() + fact.fingerprint.sha256)
        state.update(b"digest" if fact.digest_only else b"file")
    for path, value in sorted(draft.fields, key=lambda field: field[0]):
        state.update(hashlib.sha256(encode([path, value])).digest())
    if draft.kind != "deposit":
        state.update(hashlib.sha256(draft.kind.encode()).digest())
        for ref in draft.refs:
            state.update(hashlib.sha256(b"%d:%b" % (ref.index, ref.leaf)).digest())
    return state.hexdigest()


class Desk:
    """Deposits, and statements about entries, for one author in one ledger."""

    def __init__(self, place: OpenLedger, author: Author) -> None:
        self._place = place
        self._author = author

    def deposit(
        self, files: Sequence[FileFact], fields: Sequence[Field], matter: MatterKeys | None = None
    ) -> Deposit:
        """Sign a deposit, or take the one that was interrupted, and hand it in; as the next entry
        of a matter, where its keys in this ledger are given.

        Durable when this returns. Raises UsageError, FormatError and what Ledger.deposit raises.
        """
        return self.enter(Draft("deposit", files, fields), matter)

    def enter(self, draft: Draft, matter: MatterKeys | None = None) -> Deposit:
        """The same for any draft.

        Raises HeadMoved where others took the matter's next number too often.
        """
        ledger, outbox = self._place.ledger, self._place.outbox
        for path, _ in draft.fields:
            checked_path(path)
        key = draft_key(ledger.origin, self._author, draft)
        context = Context(ledger.origin, ledger.point())
        entries = MatterEntries(ledger.store, matter) if matter else None
        for _ in range(TRIES):
            now = replace(context, opening=entries.next_opening() if entries else None)
            signed = outbox.keep(key, partial(self._author.write, draft, now))
            try:
                return Deposit(ledger.deposit([signed])[0], key)
            except Refused as error:
                if entries is None or error.reason != "admission.mark-taken":
                    raise
                # Somebody else's entry of the matter came first: this one is the next after it.
                outbox.drop(key)
        raise HeadMoved(f"Other entries of the matter were first {TRIES} times in a row.")

    def seal(self) -> SealResult:
        """Seal everything new."""
        return self._place.ledger.seal()

    def stamp_files(self, deposit: Deposit) -> list[AuthorityError]:
        """Ask for timestamps over the files themselves. Returns who failed and why."""
        return self._place.ledger.stamp_files(deposit.receipt.index)

    def done(self, deposit: Deposit) -> None:
        """The certificate is written: forget the deposit."""
        self._place.outbox.drop(deposit.key)


def facts_of(files: Sequence[HashedFile]) -> list[FileFact]:
    """What a deposit claims of files that were read."""
    return [FileFact(one.name, one.fingerprint, one.media_type, one.modified) for one in files]


def write_certificate(
    place: OpenLedger,
    index: int,
    out: Path,
    positions: Sequence[int] | None = None,
    embedded: Sequence[EmbeddedFile] = (),
    *,
    overwrite: bool = False,
) -> None:
    """Write the certificate of an entry to ``out``: whole and durable, or not at all.

    It shows all claims, or those at ``positions``, from 0, and holds the files ``embedded``. Raises
    NoSuchEntry, NotSealed, EntryErased, LedgerCorrupt, OutputExists, OutputUnwritable, FileChanged.
    """
    if not overwrite and os.path.lexists(out):
        raise OutputExists(f"{out.name} is there already.", where=str(out))
    issued = place.issuer.issue(index, positions)
    with whole_file(out, overwrite=overwrite) as file:
        fill(file, issued, embedded)


def write_completeness(place: OpenLedger, matter: MatterKeys, out: Path) -> Issued:
    """Write the completeness certificate of a matter to ``out``: whole and durable, or not at all.

    Returns it. Raises NoSuchEntry, NotSealed, LedgerCorrupt, OutputExists, OutputUnwritable.
    """
    issued = place.completer().complete(matter)
    with whole_file(out) as file:
        certificate_writer.write(
            issued.parts,
            file,
            issued.entry.received,
            readme=completeness_readme(issued.parts).encode(),
            page=certificate_pdf(completeness_page(issued)),
        )
    return issued


def fill(out: BinaryIO, issued: Issued, embedded: Sequence[EmbeddedFile] = ()) -> None:
    """Write a certificate with its page for people into the seekable ``out``.

    Raises FileChanged.
    """
    certificate_writer.write(
        issued.parts,
        out,
        issued.entry.received,
        readme=readme_text(issued.parts).encode(),
        page=certificate_pdf(page_of(issued)),
        files=embedded,
    )


@contextmanager
def whole_file(out: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """A file to write into, which is at ``out`` whole and durable at the end, or not at all.

    Raises OutputExists, OutputUnwritable.
    """
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    with output_errors(out):
        try:
            draft.unlink(missing_ok=True)
            with draft.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if not overwrite and os.path.lexists(out):
                raise FileExistsError
            draft.rename(out)
            sync_folder(out.parent)
        finally:
            draft.unlink(missing_ok=True)
