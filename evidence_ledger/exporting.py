"""Parts of a certificate in the forms that other tools take: tokens, records, simple containers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.core.certificate import FileRecord
from evidence_ledger.core.certificate_writer import EmbeddedFile
from evidence_ledger.core.claim import file_fact
from evidence_ledger.core.simple_container import RECORD, SimpleProof, write_simple
from evidence_ledger.desk import whole_file
from evidence_ledger.errors import UsageError
from evidence_ledger.issuing import Issued
from evidence_ledger.ports import StoredToken

T = TypeVar("T", FileRecord, StoredToken)


class Form(StrEnum):
    """What can be exported: a certificate, or a part of one."""

    CERTIFICATE = "asice"
    SIMPLE = "asic-s"
    TOKEN = "tst"  # noqa: S105 - no password
    RESPONSE = "tsr"
    RECORD = "ers"


@dataclass(frozen=True, slots=True)
class Exporter:
    """Exports from one certificate, ``issued``; of ``authority``, or of the first there is.

    ``file`` is the number N of a claim ``file/N`` that is shown, or None for the seal itself.
    """

    issued: Issued
    file: int | None
    authority: str | None = None

    def export(self, form: Form, out: Path) -> str:
        """Write a token, a response or a record to ``out``. Returns the authority's name.

        Raises UsageError where there is no such part, OutputExists, OutputUnwritable.
        """
        if form is Form.RECORD:
            record = self.record()
            write_new(out, record.record)
            return record.authority
        token = self.token()
        write_new(out, token.response if form is Form.RESPONSE else token.token)
        return token.authority

    def record(self) -> FileRecord:
        """The evidence record over the file. Raises UsageError."""
        number = self._number()
        return self._chosen(self.issued.parts.file_records.get(number, ()))

    def token(self) -> StoredToken:
        """The timestamp over the seal. Raises UsageError."""
        if self.file is not None:
            raise UsageError(
                f"No timestamp is over file/{self.file} alone.",
                hint="Leave out --only for the seal's timestamp, or ask for --as ers.",
            )
        return self._chosen(self.issued.seal.tokens)

    def simple(self, out: Path, chunks: Iterable[bytes]) -> str:
        """Write a simple container of the file, whose bytes are ``chunks``, and its record.

        Returns the authority's name. Raises UsageError; FileChanged where ``chunks`` are not what
        was deposited; OutputExists, OutputUnwritable.
        """
        number = self._number()
        record = self.record()
        file = self._embedded(number, chunks)
        with whole_file(out) as stream:
            proof = SimpleProof(RECORD, record.record)
            write_simple(stream, self.issued.entry.received, file, proof)
        return record.authority

    def _embedded(self, number: int, chunks: Iterable[bytes]) -> EmbeddedFile:
        fact = file_fact(next(claim for at, claim in self.issued.claims if at == number))
        size, digest = fact.fingerprint.size, fact.fingerprint.sha256
        if size is None:
            raise UsageError(f"Only the digest of file/{number} was deposited, not its size.")
        return EmbeddedFile(number, fact.name, size, digest, chunks)

    def _number(self) -> int:
        if self.file is None:
            raise UsageError("This needs one file.", hint="Name it with --only file/0")
        return self.file

    def _chosen(self, held: Sequence[T]) -> T:
        for one in held:
            if self.authority in (None, one.authority):
                return one
        names = ", ".join(dict.fromkeys(one.authority for one in held)) or "nobody"
        raise UsageError(f"Nothing of {self.authority or 'anybody'} is there, only of {names}.")
