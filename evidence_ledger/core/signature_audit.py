"""The signatures of stored statements, batch after batch (pure; rows come as stored)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Final, Protocol

from evidence_ledger.core.claim_audit import worst_error
from evidence_ledger.core.report import Verdict, verdict_of
from evidence_ledger.core.row_audit import AuditRow
from evidence_ledger.core.signature_form import SignatureForm
from evidence_ledger.core.signer_check import wrong_signature
from evidence_ledger.core.statement_form import PlainStatements
from evidence_ledger.core.statement_signature import check_signature
from evidence_ledger.errors import EvidenceError

AT_ONCE: Final = 16_384
"""Entries whose arithmetic is done in one go: whatever is done between two such goes finds nothing
of its own left in the processor's caches, and is slower by a fourth."""
MOST_HELD: Final = 16 * 1024 * 1024
"""Bytes of signatures that wait for it at most, and one batch more."""


class SignaturesCheck(Protocol):
    """What ``SignatureAudit`` does."""

    def take(self, rows: Sequence[AuditRow], plain: PlainStatements | None) -> None:
        """See SignatureAudit."""

    def finish(self) -> EvidenceError | None:
        """See SignatureAudit."""


NewSignaturesCheck = Callable[[], SignaturesCheck]


class SignatureAudit:
    """Checks the signatures of entries in order, those that are not erased."""

    __slots__ = ("_count", "_errors", "_held", "_waiting", "_worst")

    def __init__(self) -> None:
        self._worst: EvidenceError | None = None
        self._reset()

    def _reset(self) -> None:
        self._count = self._held = 0
        self._errors: dict[Verdict, tuple[int, EvidenceError]] = {}
        self._waiting: dict[int, _Alike] = {}

    def take(self, rows: Sequence[AuditRow], plain: PlainStatements | None) -> None:
        """The next entries, which have passed ``entry_audit.check_batch``.

        ``plain`` is what ``plain_statements`` finds in their statements.
        """
        for row in self._unknown(rows, plain):
            self._check(row)
        self._count += len(rows)
        if self._count >= AT_ONCE or self._held >= MOST_HELD:
            self._settle()

    def finish(self) -> EvidenceError | None:
        """The worst that is said of a signature, with its entry's place."""
        self._settle()
        return self._worst

    def _unknown(
        self, rows: Sequence[AuditRow], plain: PlainStatements | None
    ) -> Iterable[AuditRow]:
        """Those that are not of a form that was checked in full."""
        if plain is None:
            return rows
        alike: dict[tuple[bytes, int], list[AuditRow]] = {}
        for row, signer in zip(rows, plain.signers, strict=True):
            if row[5] is not None:
                alike.setdefault((signer, len(row[5])), []).append(row)
        return self._left(alike)

    def _left(self, alike: dict[tuple[bytes, int], list[AuditRow]]) -> Iterator[AuditRow]:
        for (signer, size), rows in alike.items():
            form = check_signature.form(signer, size)
            if form is None or not self._wait(form, rows):
                yield from rows

    def _wait(self, form: SignatureForm, rows: list[AuditRow]) -> bool:
        """True where only the arithmetic is left, which waits."""
        numbers, _, _, digests, contents, signatures = zip(*rows, strict=True)
        if not form.fits(signatures, contents, digests):
            return False
        self._waiting.setdefault(id(form), _Alike(form)).add(numbers, signatures)
        self._held += len(signatures) * len(signatures[0])
        return True

    def _check(self, row: AuditRow) -> None:
        number, _, _, _, data, signature = row
        if data is None or signature is None:
            return
        try:
            check_signature(data, signature)
        except EvidenceError as error:
            self._say(number, error)

    def _settle(self) -> None:
        for alike in self._waiting.values():
            for number in alike.wrong():
                self._say(number, wrong_signature())
        errors = [error for _, error in sorted(self._errors.values(), key=itemgetter(0))]
        self._worst = worst_error((self._worst, *errors))
        self._reset()

    def _say(self, number: int, error: EvidenceError) -> None:
        """Keep the first of each verdict: every error holds what it was found in."""
        error.where = f"entry {number}"
        before = self._errors.get(verdict_of(error))
        if before is None or number < before[0]:
            self._errors[verdict_of(error)] = number, error


class _Alike:
    """Entries with signatures of one form, of which only the arithmetic is left."""

    __slots__ = ("_form", "_messages", "_numbers", "_signatures")

    def __init__(self, form: SignatureForm) -> None:
        self._form = form
        self._numbers: list[int] = []
        self._signatures: list[bytes] = []
        self._messages: list[bytes] = []

    def add(self, numbers: Sequence[int], signatures: Sequence[bytes]) -> None:
        proper, messages = self._form.signed(signatures)
        self._numbers += numbers
        self._signatures += proper
        self._messages += messages

    def wrong(self) -> list[int]:
        are_right = self._form.are_right
        if are_right(self._signatures, self._messages):
            return []
        every = zip(self._numbers, self._signatures, self._messages, strict=True)
        return [number for number, one, message in every if not are_right([one], [message])]
