"""Parts of a certificate in the forms that other tools take: tokens, records, simple containers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.core.certificate import FileRecord, FileToken
from evidence_ledger.core.certificate_writer import EmbeddedFile
from evidence_ledger.core.claim import file_fact
from evidence_ledger.core.simple_container import RECORD, TIMESTAMP, SimpleProof, write_simple
from evidence_ledger.desk import whole_file
from evidence_ledger.errors import UsageError
from evidence_ledger.issuing.issuer import Issued

T = TypeVar("T", FileRecord, FileToken)


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
        write_new(out, token.response or b"" if form is Form.RESPONSE else token.token)
        return token.authority

    def record(self) -> FileRecord:
        """The evidence record over the file. Raises UsageError."""
        number = self._number()
        return self._chosen(self.issued.parts.file_records.get(number, ()))

    def token(self) -> FileToken:
        """The timestamp over the file itself, or else over the seal. Raises UsageError."""
        if self.file is None:
            tokens = self.issued.seal.tokens
            return self._chosen([FileToken(o.authority, o.token, o.response) for o in tokens])
        held = self.issued.parts.file_tokens.get(self.file, ())
        if not held:
            raise UsageError(
                f"No timestamp is over file/{self.file} itself.",
                hint="Leave out --only for the seal's timestamp, or ask for --as ers.",
            )
        return self._chosen(held)

    def simple(self, out: Path, chunks: Iterable[bytes]) -> str:
        """Write a simple container of the file, whose bytes are ``chunks``, and its proof.

        The proof is a timestamp over the file itself where there is one, or the evidence record of
        that where it was renewed; else the file's record in the seal.
        Returns the authority's name. Raises UsageError; FileChanged where ``chunks`` are not what
        was deposited; OutputExists, OutputUnwritable.
        """
        number = self._number()
        proof, authority = self._proof(number)
        file = self._embedded(number, chunks)
        with whole_file(out) as stream:
            write_simple(stream, self.issued.entry.received, file, proof)
        return authority

    def _proof(self, number: int) -> tuple[SimpleProof, str]:
        if number in self.issued.parts.file_tokens:
            token = self.token()
            if token.record is not None:
                return SimpleProof(RECORD, token.record), token.authority
            return SimpleProof(TIMESTAMP, token.token), token.authority
        record = self.record()
        return SimpleProof(RECORD, record.record), record.authority

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
