"""The desk of somebody whose ledger is served elsewhere: hashed and signed here, entered there.

A deposit is kept in the outbox before it is handed in: the same command, repeated after an
interruption, hands in the same bytes and gets the same entry.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from evidence_ledger.adapters.ledger_client import LedgerClient, ServedLedger
from evidence_ledger.adapters.outbox import Outbox
from evidence_ledger.author import Author, Context, Draft
from evidence_ledger.core import certificate, certificate_writer, disclosure, entry
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.claim import FileFact, checked_path
from evidence_ledger.core.container import Container
from evidence_ledger.core.matter import LENGTH, MatterKeys
from evidence_ledger.core.readme import readme_text
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.desk import Field, draft_key, whole_file
from evidence_ledger.errors import (
    EvidenceError,
    ServerAnswerInvalid,
    ServerRefused,
    UsageError,
)
from evidence_ledger.ports import Clock


class DeskAway:
    """Deposits, and statements about entries, for one author in the ledger behind ``client``.

    ``private``: the server learns only the claims' root; the claims are put into the certificate
    here, and it has no page for printing.
    """

    def __init__(
        self,
        client: LedgerClient,
        outbox: Outbox,
        author: Author,
        clock: Clock,
        *,
        private: bool = False,
    ) -> None:
        self._client = client
        self._outbox = outbox
        self._author = author
        self._clock = clock
        self._private = private

    def deposit(
        self,
        served: ServedLedger,
        files: Sequence[FileFact],
        fields: Sequence[Field],
        out: Path,
        *,
        matter: MatterKeys | None = None,
        number: int = 0,
        overwrite: bool = False,
    ) -> entry.Entry:
        """Hand in a deposit and write its certificate to ``out``; the entry.

        With ``matter`` it is the matter's next entry: of that ``number`` or a later one.
        Raises UsageError, FormatError, what LedgerClient raises, OutputExists, OutputUnwritable.
        """
        draft = Draft("deposit", files, fields)
        return self.enter(served, draft, out, matter=matter, number=number, overwrite=overwrite)

    def enter(
        self,
        served: ServedLedger,
        draft: Draft,
        out: Path,
        *,
        matter: MatterKeys | None = None,
        number: int = 0,
        overwrite: bool = False,
    ) -> entry.Entry:
        """The same for any draft; the entry as the server has it.

        Raises UsageError where all numbers of a matter are taken, and what ``deposit`` raises.
        """
        for path, _ in draft.fields:
            checked_path(path)
        key = draft_key(served.origin, self._author, draft)
        for opening in _openings(matter, number):
            context = Context(served.origin, served.after, opening=opening)
            signed = self._outbox.keep(key, partial(self._author.write, draft, context))
            try:
                data = self._client.deposit(replace(signed, claims=()) if self._private else signed)
                break
            except ServerRefused as error:
                if opening is None or error.server_code != "admission.mark-taken":
                    raise
                # Somebody else's entry of the matter has this number: try the next one.
                self._outbox.drop(key)
        else:
            raise UsageError(f"A matter has at most {LENGTH:,} entries; this one is full.")
        made = self._write(data, signed, out, overwrite=overwrite)
        self._outbox.drop(key)
        return made

    def _write(
        self, data: bytes, signed: SignedStatement, out: Path, *, overwrite: bool
    ) -> entry.Entry:
        """Write the certificate that came back; the entry in it."""
        parts, made = _checked(data, signed, self._clock.now())
        with whole_file(out, overwrite=overwrite) as file:
            if self._private:
                shown = replace(parts, claims=tuple(disclosure.disclose(signed.claims)))
                readme = readme_text(shown).encode()
                certificate_writer.write(shown, file, made.received, readme=readme)
            else:
                file.write(data)
        return made


def _openings(matter: MatterKeys | None, number: int) -> Iterator[bytes | None]:
    """Those to try, in order; one None without a matter."""
    if matter is None:
        yield None
    else:
        yield from matter.openings[number:LENGTH]


def _checked(data: bytes, signed: SignedStatement, at: datetime) -> tuple[Certificate, entry.Entry]:
    """The certificate's parts, if they are of this deposit and nothing in them is wrong."""
    try:
        parts = certificate.parse(Container(io.BytesIO(data)))
        made = entry.parse(parts.entry)
    except EvidenceError as error:
        raise ServerAnswerInvalid(f"The server's certificate can't be read: {error}") from error
    if (parts.statement, parts.signature) != (signed.statement, signed.signature):
        raise ServerAnswerInvalid("The server's certificate is of another deposit.")
    for step in verify_certificate(io.BytesIO(data), [], None, at).steps:
        if step.verdict is Verdict.FAILED:
            raise ServerAnswerInvalid(f"The server's certificate does not stand: {step.says}")
    return parts, made
