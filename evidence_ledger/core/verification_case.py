"""One certificate under check: what each step of the recipe in ``verification`` does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import BinaryIO

from evidence_ledger.core import (
    cades,
    certificate,
    checkpoint,
    checkpoint_trust,
    disclosure,
    entry,
    merkle,
    note,
    presented_file,
    signer_trust,
    statement,
    time_bracket,
    time_proof,
)
from evidence_ledger.core.algorithm_term import check_term
from evidence_ledger.core.attestation import check_attested
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.certificate_files import CertificateFiles
from evidence_ledger.core.container import Container
from evidence_ledger.core.counting import counted
from evidence_ledger.core.digest import Algorithm, Fingerprint, Hasher
from evidence_ledger.core.findings import Findings
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.presented_text import a_kind
from evidence_ledger.core.reference_text import about_text
from evidence_ledger.core.statement import Statement
from evidence_ledger.core.statement_signature import check_signer
from evidence_ledger.core.supplement import Supplement
from evidence_ledger.core.time_bracket import Judgement
from evidence_ledger.core.time_proof import StampedObjects
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import EvidenceError, Refused, Undecided

COVERED = (certificate.CHECKPOINT, certificate.STATEMENT, certificate.SIGNATURE)


class Case:
    """The certificate, what the steps have proved of it so far, and who is trusted.

    Each step returns what it proved in one sentence, or raises EvidenceError. A step may use what
    another one has left here only where the recipe says that it needs that one.
    """

    reads_docket = False

    def __init__(
        self,
        source: BinaryIO,
        presented: tuple[PresentedFile, ...],
        policy: TrustPolicy | None,
        at: datetime,
    ) -> None:
        self._source = source
        self._presented = presented
        self._policy = policy
        self._parts: Certificate
        self._time_error: EvidenceError | None = None
        self._tokens: list[StampedObjects] = []
        self.found = Findings(at, policy.name if policy else None)

    def container(self) -> str:
        self._container = Container(self._source)
        self._parts = certificate.parse(self._container)
        self._supplement = Supplement.of(self._parts.chains, self._parts.revocation.values())
        embedded = self._hash_embedded()
        self.found.embedded = frozenset(embedded)
        self._files = CertificateFiles(
            self._parts, embedded, self.found, self._policy, self._supplement
        )
        self.found.not_covered = (
            *self._for_people(),
            *self._not_asked(),
            *self._parts.unknown_members,
        )
        unknown = len(self._parts.unknown_members)
        more = f" Covered by no check: {counted(unknown, 'member')}." if unknown else ""
        return f"{counted(len(self._container.members), 'member')}, all readable.{more}"

    def _for_people(self) -> list[str]:
        """The members that prove nothing, read whole so that damage is seen."""
        names = [one for one in certificate.FOR_PEOPLE if one in self._container.members]
        for name in names:
            self._hashed(name)
        return names

    def _not_asked(self) -> Iterator[str]:
        """The members that no step judges: what the ledger says of its keys, once a policy does."""
        for name in self._container.members:
            unjudged = name.startswith(certificate.SUPPLEMENTS) and not _is_bracket(name)
            unjudged |= name == certificate.VKEYS and self._policy is not None
            if unjudged or (name == certificate.DOCKET and not self.reads_docket):
                yield name

    def _hash_embedded(self) -> dict[int, PresentedFile]:
        return {
            number: PresentedFile(name.encode(), self._hashed(name))
            for number, name in self._parts.embedded.items()
        }

    def _hashed(self, name: str) -> Fingerprint:
        hasher = Hasher()
        for piece in self._container.chunks(name, certificate.LARGEST_FILE):
            hasher.update(piece)
        return hasher.finish()

    def statement(self) -> str:
        self._statement = statement.parse(self._parts.statement)
        self.found.statement = self._statement
        claims = self._statement.claims.size
        many = counted(claims, "claim") if claims else "no claims"
        return (
            f"{a_kind(self._statement.kind)} of {many} for the ledger "
            f"{self._statement.ledger}{about_text(self._statement.refs)}."
        )

    def signature(self) -> str:
        signed = cades.verify(self._parts.signature, self._parts.statement)
        check_signer(self._statement.signer, signed.certificate)
        self.found.signature = self._signed = signed
        return f"Signed with {signed.scheme}; the statement names the X.509 certificate used."

    def claims(self) -> str:
        self.found.claims = disclosure.proved(self._parts.claims, self._statement.claims)
        self.found.files = presented_file.file_facts(self.found.claims)
        if not self._statement.claims.size:
            return "The statement makes no claims."
        return (
            f"{len(self.found.claims):,} of {counted(self._statement.claims.size, 'claim')} shown; "
            f"fingerprints of files among them: {len(self.found.files):,}."
        )

    def entry(self) -> str:
        parsed = entry.parse(self._parts.entry)
        _equal(parsed.statement, self._parts.statement, "entry.statement", "statement")
        _equal(parsed.signature, self._parts.signature, "entry.signature", "signature")
        if parsed.kind != self._statement.kind:
            raise Refused("entry.kind", "The entry is of another kind than the statement.")
        if parsed.mark != self._statement.mark:
            raise Refused(
                "entry.other-mark", "The entry's mark does not follow from the statement."
            )
        _check_links(self._statement, parsed.index)
        self.found.entry = self._entry = parsed
        return (
            f"Entry {parsed.index}, received {parsed.received:%Y-%m-%d %H:%M:%S} UTC "
            "by the ledger's clock."
        )

    def inclusion(self) -> str:
        proof = TlogProof.parse(self._parts.proof)
        if not proof.checkpoint_note.startswith(self._parts.checkpoint):
            raise Refused(
                "proof.other-checkpoint", "The proof is for another checkpoint than the one shown."
            )
        self._note = note.Note.parse(proof.checkpoint_note)
        if note.Note.parse(self._parts.checkpoint).text != self._note.text:
            raise Refused(
                "checkpoint.incomplete", "The checkpoint shown is only the beginning of one."
            )
        self._checkpoint = checkpoint.Checkpoint.parse(self._note.text, extensions_allowed=False)
        point = self._checkpoint
        if proof.index != self._entry.index:
            raise Refused("proof.index", "The proof is for another entry.")
        leaf = entry.leaf_hash(self._parts.entry)
        merkle.verify_inclusion(leaf, proof.index, point.size, proof.hashes, point.root)
        if point.size == 1:
            return f"Entry {proof.index} is the one entry under the checkpoint."
        return f"Entry {proof.index} is one of the {point.size:,} entries under the checkpoint."

    def checkpoint(self) -> str:
        if self._checkpoint.origin != self._statement.ledger:
            raise Refused(
                "checkpoint.other-ledger",
                f"The statement is for {self._statement.ledger}, the checkpoint of "
                f"{self._checkpoint.origin}.",
            )
        if self._policy is None:
            checkpoint_trust.check_own(self._note, self._own_keys())
        return checkpoint_trust.check_log(self._note, self._checkpoint, self._policy)

    def _own_keys(self) -> tuple[VerifierKey, ...]:
        lines = self._parts.vkeys.decode("ascii", "replace").splitlines()
        return tuple(VerifierKey.parse(line) for line in lines)

    def witnesses(self) -> str:
        if self._policy is None:
            raise Undecided(
                "checkpoint.no-policy",
                "No witness counts, because no trust policy was given.",
                hint="Name the witnesses that you trust in a trust policy.",
            )
        found = checkpoint_trust.cosigners(self._note, self._policy, self.found.at)
        self.found.witnesses = found
        return checkpoint_trust.check_quorum(found, self._policy)

    def time_checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """For each token whose it says it is, and the check. Needs the container."""
        try:
            self._tokens = self._stamped()
        except EvidenceError as error:
            self._time_error = error
            return
        for one in self._tokens:
            yield time_proof.whose(one.token), partial(self._time, one)

    def has_bracket(self) -> bool:
        """Whether anything says how early the statement can have been made."""
        return any(map(time_bracket.is_member, self._parts.seal))

    def bracket(self) -> str:
        """Needs the statement; comes when the tokens over the deposit have been checked."""
        found = time_bracket.of(self._parts.seal)
        if found is None:
            raise Undecided("bracket.none", "The certificate holds no earlier seal.")
        time_bracket.check_named(found, self._statement)
        times, policy = self.found.times, self._policy
        by = time_proof.existed_by(times, policy) if policy else None
        judgement = Judgement(policy, self.found.at, by, times, self._supplement)
        moment, independent = time_bracket.not_earlier_than(found, judgement)
        self.found.not_earlier_than = moment
        return f"Signed not earlier than {time_proof.told(moment, independent=independent)}."

    def _stamped(self) -> list[StampedObjects]:
        records = [(one.covered.name, one.record) for one in self._parts.records]
        objects = {
            certificate.CHECKPOINT: self._parts.checkpoint,
            certificate.STATEMENT: self._parts.statement,
            certificate.SIGNATURE: self._parts.signature,
        }
        for one in self._parts.records:
            digest = hashlib.sha256(objects[one.covered.name]).digest()
            time_proof.check_listed(one.covered, digest)
        return time_proof.stamped(records, objects)

    def _time(self, one: StampedObjects) -> str:
        time_proof.check_coverage(one, COVERED)
        proved = time_proof.prove(one, self._policy, self.found.at, self._supplement)
        self.found.times.append(proved)
        return f"{proved.authority} vouches for {proved.told}."

    def time(self) -> str:
        if self._time_error is not None:
            raise self._time_error
        if self._policy is None:
            raise Undecided(
                "time.no-policy",
                "Nobody vouches for the time, because no trust policy was given.",
                hint="Name the timestamp authorities that you trust in a trust policy.",
            )
        says = time_proof.check_enough(self.found.times, self._policy, self._statement.kind)
        time_proof.check_received(self.found.times, self._entry.received)
        self.found.existed_by = time_proof.existed_by(self.found.times, self._policy)
        self.found.weakens_on = time_proof.weakens_on(self.found.times, self._policy)
        return says

    def existed_by(self) -> datetime:
        """The moment by which the signature is proved to have existed, else the check's own."""
        return self.found.existed_by or self.found.at

    def signer(self) -> str:
        supplement = Supplement(
            (*self._signed.certificates, *self._supplement.certificates),
            self._supplement.revocation + self._signed.revocation,
        )
        return signer_trust.check_signer_trust(
            self._signed.certificate, supplement, self._policy, self.existed_by()
        )

    def files(self) -> str:
        self._files.check_held(self._tokens)
        if self._statement.kind == "attestation":
            return self._attested()
        hidden = len(self.found.claims) < self._statement.claims.size
        return self._files.compare(self._statement.kind, self._presented, hidden=hidden)

    def _attested(self) -> str:
        """What lies beside an attestation is the certificate that was attested."""
        if not self._presented:
            return "No certificate was presented to be compared with the one that was attested."
        check_attested(self.found.claims, self._statement.refs, self._presented)
        about = ", ".join(str(ref.index) for ref in self._statement.refs)
        return f"The certificate presented is the one that was attested: of entry {about}."

    def direct_checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """For each timestamp over a file itself, of what and whose it is, and the check.

        Needs the container and the claims.
        """
        return self._files.direct_checks()

    def policy_rules(self) -> str:
        if self._policy is None:
            raise Undecided(
                "policy.none",
                "No trust policy was given that says which methods are accepted.",
                hint="Give one with --policy.",
            )
        moment = self.existed_by()
        check_term(self._signed.scheme, self._policy, moment)
        check_term(Algorithm.SHA256.value, self._policy, moment)
        for position, fact in self.found.files.items():
            missing = self._policy.required_digests - set(fact.fingerprint.digests)
            if missing:
                raise Undecided(
                    "policy.digest-missing",
                    f"The trust policy asks for {min(missing).value}; file/{position} has none.",
                )
        return f"The digests and algorithms are those that {self._policy.name!r} accepts."

    def facts(self) -> dict[str, object]:
        """What the steps have established, as JSON values."""
        return self.found.to_json()


def _is_bracket(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return folder == "seal" and time_bracket.is_member(rest)


def _check_links(signed: Statement, index: int) -> None:
    """A statement knows nothing later than itself. Raises Refused."""
    later = [ref for ref in signed.refs if ref.index >= index]
    if later or signed.after.size > index:
        raise Refused(
            "entry.later", "The statement names entries that came later than its own entry."
        )


def _equal(expected: bytes, data: bytes, reason: str, name: str) -> None:
    if hashlib.sha256(data).digest() != expected:
        raise Refused(reason, f"The {name} was altered: it is not the one that the entry names.")
