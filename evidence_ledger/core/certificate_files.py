"""The files of a certificate under check: those inside it, those presented, and what is over them.

inside the certificate     a claim with the same fingerprint is shown
an evidence record over one    leads from the claimed digests to a token of the deposit
a timestamp over one           is over a claimed digest (RFC 3161, 2.4.2)
presented beside it        a claim with the same fingerprint is shown
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from evidence_ledger.core import direct_time, presented_file, time_proof
from evidence_ledger.core.certificate import Certificate, FileRecord, FileToken
from evidence_ledger.core.digest import Fingerprint
from evidence_ledger.core.findings import Findings
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.presented_text import none_presented, presented
from evidence_ledger.core.record_coverage import RecordedObject
from evidence_ledger.core.supplement import Supplement
from evidence_ledger.core.time_proof import StampedObjects
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import Refused


class CertificateFiles:
    """Held against the claims that ``found`` has; what was matched and timed is put there.

    ``embedded`` are the files inside, hashed, by the number N of their claim ``file/N``. Methods
    raise Refused for a defect, FormatError, Undecided for what can't be decided.
    """

    def __init__(
        self,
        parts: Certificate,
        embedded: Mapping[int, PresentedFile],
        found: Findings,
        policy: TrustPolicy | None,
        supplement: Supplement,
    ) -> None:
        self._parts = parts
        self._embedded = embedded
        self._found = found
        self._policy = policy
        self._supplement = supplement

    def check_held(self, tokens: Sequence[StampedObjects]) -> None:
        """Each file inside is as claimed; each record over a file leads to one of ``tokens``."""
        for number, file in self._embedded.items():
            self._check_embedded(number, file)
        for number, records in self._parts.file_records.items():
            self._check_records(number, records, tokens)

    def compare(self, kind: str, beside: Sequence[PresentedFile], *, hidden: bool) -> str:
        """What is said of the files beside the certificate of a statement of that kind.

        ``hidden``: there are claims that are not shown.
        """
        files = self._found.files
        self._found.matches = presented_file.match(files, beside, hidden=hidden)
        if not beside:
            return none_presented(kind, len(self._embedded), len(files))
        covered = {at for one in self._found.matches for at in one.positions}
        return f"{presented(beside)}; {len(covered):,} of {len(files):,} covered."

    def direct_checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """For each timestamp over a file itself, of what and whose it is, and the check."""
        for number, held in self._parts.file_tokens.items():
            for one in held:
                name = f"file/{number} by {time_proof.whose(one.token)}"
                yield name, partial(self._direct, number, one)

    def _direct(self, number: int, one: FileToken) -> str:
        fact = self._found.files.get(number)
        if fact is None:
            raise Refused("direct.no-claim", f"A timestamp is over file/{number}, not shown here.")
        proved = direct_time.prove_direct(
            one, fact.fingerprint, self._policy, self._found.at, self._supplement
        )
        self._found.direct.append((number, proved))
        return f"{proved.authority} vouches for the file itself, {proved.told}."

    def _check_embedded(self, number: int, file: PresentedFile) -> None:
        fact = self._found.files.get(number)
        if fact is None:
            raise Refused("file.no-claim", f"The file {number} inside has no claim that is shown.")
        presented_file.match({number: fact}, [file])

    def _check_records(
        self, number: int, records: Sequence[FileRecord], tokens: Sequence[StampedObjects]
    ) -> None:
        fact = self._found.files.get(number)
        if fact is None:
            raise Refused("record.no-claim", f"A record is over file/{number}, which is not shown.")
        file = _recorded(number, fact.fingerprint)
        for one in records:
            if one.covered is not None:
                time_proof.check_listed(one.covered, fact.fingerprint.sha256)
            time_proof.check_file_record(
                one.record, file, tokens, self._policy, self._found.at, self._supplement
            )


def _recorded(number: int, fingerprint: Fingerprint) -> RecordedObject:
    digests = {name.value: digest for name, digest in fingerprint.digests.items()}
    return RecordedObject(f"file/{number}", digests)
