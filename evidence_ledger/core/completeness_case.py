"""One completeness certificate under check: what the steps of ``core.completeness`` do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import BinaryIO

from evidence_ledger.core import checkpoint_trust, docket, entry, merkle, roll
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.counting import counted
from evidence_ledger.core.docket import Docket
from evidence_ledger.core.entry import ROLL, Entry, leaf_hash
from evidence_ledger.core.examined_certificate import ExaminedCertificate, PresentedCertificate
from evidence_ledger.core.held import Held
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.online_check import follow, policy_keys
from evidence_ledger.core.roll_rebuild import rebuilt
from evidence_ledger.core.served_tree import read_signed
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verification_case import Case
from evidence_ledger.errors import EvidenceError, Refused, Undecided


class CompletenessCase(Case):
    """Like Case; the entries listed, and the certificates presented.

    ``evidence`` is there where the log shows that the operator signed two histories.
    """

    reads_docket = True

    def __init__(
        self,
        source: BinaryIO,
        certificates: Sequence[PresentedCertificate],
        policy: TrustPolicy | None,
        at: datetime,
        log: TileSource | None,
    ) -> None:
        super().__init__(source, (), policy, at)
        self._at = at
        self._log = log
        self._presented_certificates = certificates
        self._entries: list[Entry] = []
        self._numbers: dict[Entry | None, int] = {}
        self._marks: list[bytes] = []
        self._matched: dict[int, str] = {}
        self._unmatched: list[str] = []
        self._case_numbers: set[str] = set()
        self._is_rebuilt = False
        self.evidence: Misbehaviour | None = None

    def listed(self) -> str:
        self._docket: Docket = docket.parse(self._parts.docket)
        point, before, found = self._checkpoint, -1, []
        for one in self._docket.entries:
            parsed = entry.parse(one.entry)
            if not before < parsed.index < self._entry.index:
                raise Refused(
                    "completeness.order",
                    f"Entry {parsed.index} does not stand behind the one listed before it, and "
                    f"before the roll, which is entry {self._entry.index}.",
                )
            before = parsed.index
            hashes = one.inclusion
            merkle.verify_inclusion(leaf_hash(one.entry), before, point.size, hashes, point.root)
            found.append(parsed)
        self._entries = found
        self._numbers = {one: number for number, one in enumerate(found)}
        names = _named([one.index for one in found])
        return f"{counted(len(found), 'entry', 'entries')} listed, under the checkpoint: {names}."

    def marks(self) -> str:
        if self._entry.kind != ROLL or self._entry.mark is None:
            raise Refused("completeness.no-roll", "The certificate is not that of a roll.")
        self._marks = self._docket.following.marks()
        for number, (one, held) in enumerate(zip(self._entries, self._docket.entries, strict=True)):
            if one.mark != self._marks[number]:
                raise Refused(
                    "completeness.mark",
                    f"Entry {one.index} does not bear the mark of number {number} of this matter.",
                )
            roll.verify_enrolled(self._marks[number], one.index, held.roll, self._entry.mark)
        return f"Each bears the matter's mark for its number, 0 to {len(self._entries) - 1}."

    def end(self) -> str:
        root = self._entry.mark or b""
        roll.verify_absent(self._marks[-1], self._docket.end, root)
        count = len(self._entries)
        return (
            f"Before entry {self._entry.index} there is no entry with the matter's mark of number "
            f"{count}: these {count:,} are all."
        )

    def roll(self) -> str:
        if self._log is None:
            return self._taken_at_its_word()
        # How much is read, the checkpoint says: that is its signer's word, and nobody else's.
        checkpoint_trust.check_log(self._note, self._checkpoint, self._policy)
        self._require_one_history(self._log)
        point, mark = self._checkpoint, self._docket.following.mark
        signed = self._newest_signed(self._log)
        found = rebuilt(self._log, point, self._entry.index, mark, signed)
        if found.roll.root() != self._entry.mark:
            raise Refused(
                "completeness.roll",
                "The roll that the ledger signed is not that of its public entries.",
            )
        self._is_rebuilt = True
        if found.later is not None:
            raise Undecided(
                "completeness.stale",
                f"The ledger has a later entry of this matter: {found.later}.",
                hint="Ask for a newer completeness certificate.",
            )
        if found.unsearched is not None:
            raise Undecided(
                "completeness.unfinished",
                "The roll is that of the ledger's public entries. Whether a later entry is of this "
                f"matter could not be found out: from entry {found.unsearched} on the log says "
                "that it has more than are searched.",
                hint="Ask for a newer completeness certificate, or name the ledger itself.",
            )
        return f"Rebuilt from the ledger's public entries: {counted(found.roll.size, 'mark')}."

    def _newest_signed(self, log: TileSource) -> int:
        """The size of the newest checkpoint there that a key of the policy signed; else 0."""
        origin = self._checkpoint.origin
        try:
            newest, doubt = read_signed(log, origin, policy_keys(self._policy, origin))
        except EvidenceError:
            return 0
        return newest.checkpoint.size if doubt is None else 0

    def _require_one_history(self, log: TileSource) -> None:
        """Raises Refused where what the log signed and serves contradicts the certificate.

        Whatever else is wrong with what is served, its server answers for, and not the ledger.
        """
        held = Held.of_certificate(self._source)
        try:
            answer = follow(held, log, policy_keys(self._policy, held.checkpoint.origin))
        except EvidenceError:
            return
        self.evidence = answer.found
        if self.evidence is not None:
            raise Refused("ledger.two-histories", answer.says)

    def _taken_at_its_word(self) -> str:
        if self._policy is not None and self._policy.rolls_rebuilt:
            raise Undecided(
                "completeness.not-rebuilt",
                "The trust policy asks that the roll be rebuilt from the ledger's public entries.",
                hint="Say where these are: --log URL or FOLDER",
            )
        return (
            "As the ledger has signed it; not rebuilt here. Whoever has the ledger's public "
            "entries can do that (--log)."
        )

    def certificate_checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """For each certificate presented, its name and the check. Needs the marks."""
        found = [
            ExaminedCertificate.of(one, self._policy, self._at)
            for one in self._presented_certificates
        ]
        listed = [one.case_number for one in found if one.entry in self._numbers]
        self._case_numbers = {one for one in listed if one is not None}
        for one in found:
            yield one.name, partial(self._check_certificate, one)

    def _check_certificate(self, one: ExaminedCertificate) -> str:
        self._unmatched.append(one.name)
        if one.entry is not None and one.entry not in self._numbers:
            raise self._stranger(one, one.entry)
        if one.entry is not None:
            self._matched[one.entry.index] = one.name
        one.require_passed()
        if one.entry is None:
            raise Undecided("completeness.no-entry", "It does not say of which entry it is.")
        self._unmatched.remove(one.name)
        number = self._numbers[one.entry]
        return f"Of entry {one.entry.index}, number {number} of the matter; right by itself."

    def _stranger(self, one: ExaminedCertificate, parsed: Entry) -> Refused | Undecided:
        """What it means that an entry is not listed."""
        place = f"Entry {parsed.index}"
        if one.ledger != self._checkpoint.origin:
            return Refused("completeness.other-ledger", f"{place} is of another ledger.")
        one.require_sealed()
        if parsed.mark in self._marks[:-1]:
            return Refused(
                "completeness.second-entry",
                f"{place} bears the same mark as an entry listed: the ledger took two.",
            )
        if parsed.index >= self._entry.index:
            more = " It is the matter's next one." if parsed.mark == self._marks[-1] else ""
            return Undecided(
                "completeness.later",
                f"{place} came after the roll, which is entry {self._entry.index}.{more}",
                hint="Ask for a newer completeness certificate.",
            )
        if one.case_number in self._case_numbers:
            return Refused(
                "completeness.second-matter",
                f"{place} has the same case number, but is not among the entries of this matter.",
            )
        return Refused("completeness.foreign", f"{place} is not an entry of this matter.")

    def certificates(self) -> str:
        count = len(self._entries)
        if not self._presented_certificates:
            return (
                f"No certificate of an entry was presented: whether you have those of "
                f"{_all_listed(count)} was not checked."
            )
        missing = [one.index for one in self._entries if one.index not in self._matched]
        if missing:
            raise Refused(
                "completeness.left-out",
                f"The matter has {counted(count, 'entry', 'entries')}; no certificate was "
                f"presented of entry {_named(missing)}.",
                hint="Ask for it, and present the certificates of all entries listed. Of an entry "
                "that was erased, whoever got its certificate before has it.",
            )
        if self._unmatched:
            raise Undecided(
                "completeness.not-all",
                "Not all certificates presented are right, and of entries listed: "
                f"{self._unmatched[0]}.",
            )
        return f"Of all {counted(count, 'entry', 'entries')} of the matter, and of no others."

    def facts(self) -> dict[str, object]:
        """What the steps have established, as JSON values; the matter's key is not among it."""
        return super().facts() | {
            "matter": {
                "entries": [self._listed_fact(*one) for one in enumerate(self._entries)],
                "before": self._entry.index if self._entries else None,
                "rebuilt": self._is_rebuilt,
                "case_numbers": sorted(self._case_numbers),
            }
        }

    def _listed_fact(self, number: int, one: Entry) -> dict[str, object]:
        return {
            "number": number,
            "index": one.index,
            "received": time_text(one.received, microseconds=True),
            "entry_hash": leaf_hash(one.encode()).hex(),
            "presented": self._matched.get(one.index),
        }


def _named(indexes: Sequence[int]) -> str:
    """The first few of some indexes."""
    return ", ".join(map(str, indexes[:10])) + (", …" if indexes[10:] else "")


def _all_listed(count: int) -> str:
    return "the one entry listed" if count == 1 else f"all {count:,} entries listed"
