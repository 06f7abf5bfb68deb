"""A whole ledger whose clock, randomness and authorities a test holds in its hands."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import cast

from evidence_ledger.adapters.database import Database
from evidence_ledger.adapters.keys.note_signer import SoftwareNoteSigner
from evidence_ledger.adapters.memory import FileMemory
from evidence_ledger.adapters.sql.audit import audit_chain
from evidence_ledger.adapters.sql.opening import open_store
from evidence_ledger.auditing.audit import AuditParts, audit
from evidence_ledger.author import Author, Context
from evidence_ledger.core import certificate_writer, entry, trust_policy
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.certificate_writer import EmbeddedFile
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.matter import MatterKeys, keys_of
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.report import Report, Step, Verdict
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.issuing.completing import Completer
from evidence_ledger.issuing.issuer import Issuer
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import CheckpointMemory, Store, TimestampAuthority, Witness
from evidence_ledger.renewing.renewer import Renewer
from evidence_ledger.sealing.cosigning import CosigningRules
from evidence_ledger.sealing.sealer import SealingParts
from tests.blank_ledger import blank_store
from tests.fakes import Breaking, FakeAuthority, FakeClock, Fuse, SeededEntropy, signer_of
from tests.x509_factory import Holder, issue

ORIGIN = "ledger.example/test"
CA = issue("Test CA", authority=True)
DEPOSITOR = issue("Depositor", CA)
OPERATOR = issue("Operator")


@cache
def matter_keys(secret: bytes, origin: str) -> MatterKeys:
    """The keys of a matter, derived once: their chain has 8,192 links."""
    return keys_of(secret, origin)


def note_signers(origin: str = ORIGIN) -> list[SoftwareNoteSigner]:
    """The ledger's two keys for checkpoints, the same in every run."""
    seed = hashlib.sha256(origin.encode()).digest()
    return [SoftwareNoteSigner(origin, kind, seed) for kind in (KeyType.ED25519, KeyType.ML_DSA_44)]


def author_of(holder: Holder, clock: FakeClock, *issuers: Holder) -> Author:
    """An author with a test key."""
    return Author(signer_of(holder, *issuers), clock, SeededEntropy(holder.pem.decode()))


def fact(name: str, data: bytes, *, sm3: bool = True) -> FileFact:
    """What a deposit claims of a file."""
    names = [Algorithm.SHA256, Algorithm.SM3] if sm3 else [Algorithm.SHA256]
    digests = {one: hashlib.new(one.value, data).digest() for one in names}
    return FileFact(name.encode(), Fingerprint(digests, len(data)), "text/plain")


def presented(name: str, data: bytes) -> PresentedFile:
    """A file laid beside a certificate."""
    return PresentedFile(name.encode(), fact(name, data).fingerprint)


@dataclass
class Workbench:
    """One ledger in a folder, or with its rows ``where`` an empty ledger is; ``fuse`` breaks its
    ports."""

    folder: Path
    origin: str = ORIGIN
    clock: FakeClock = field(default_factory=FakeClock)
    depositor: Holder = DEPOSITOR
    where: Database | None = None
    several_hosts: bool = False

    def __post_init__(self) -> None:
        self.authorities: list[FakeAuthority] = [
            FakeAuthority("Alpha", self.clock),
            FakeAuthority("Beta", self.clock),
        ]
        self.witnesses: list[Witness] = []
        self.cosigning = CosigningRules()
        self.database = self.folder / "ledger.sqlite"
        self.store = open_store(self.where) if self.where else blank_store(self.database)
        self.author = author_of(self.depositor, self.clock, CA)
        self.ledger = self.reopened()

    @property
    def memory(self) -> FileMemory:
        return FileMemory(self.folder / "last-checkpoint")

    def parts(self, fuse: Fuse | None = None) -> SealingParts:
        parts = SealingParts(
            origin=self.origin,
            store=self.store,
            clock=self.clock,
            entropy=SeededEntropy("seal"),
            memory=self.memory,
            note_signers=note_signers(self.origin),
            operator=author_of(OPERATOR, self.clock),
            authorities=self.authorities,
            witnesses=self.witnesses,
            cosigning=self.cosigning,
            several_hosts=self.several_hosts,
        )
        if fuse is None:
            return parts
        return replace(
            parts,
            store=cast(Store, Breaking(self.store, fuse)),
            memory=cast(CheckpointMemory, Breaking(self.memory, fuse)),
            authorities=[cast(TimestampAuthority, Breaking(one, fuse)) for one in self.authorities],
            witnesses=[cast(Witness, Breaking(one, fuse)) for one in self.witnesses],
        )

    def reopened(self, fuse: Fuse | None = None) -> Ledger:
        """The ledger as another process sees it."""
        return Ledger(self.parts(fuse))

    def renewer(self, fuse: Fuse | None = None) -> Renewer:
        """What renews this ledger's timestamps."""
        roots = {one.name: one.roots for one in self.authorities}
        return Renewer(self.parts(fuse), self.reopened(fuse), roots)

    def restored(self, database: bytes) -> None:
        """Put another state of the database in place of the present one."""
        self.store.close()
        for path in self.folder.glob("ledger.sqlite*"):
            path.unlink()
        self.database.write_bytes(database)
        self.store = open_store(self.database)
        self.ledger = self.reopened()

    def snapshot(self) -> bytes:
        """The database as a backup has it."""
        self.store.close()
        data = self.database.read_bytes()
        self.store = open_store(self.database)
        self.ledger = self.reopened()
        return data

    def signed(
        self,
        files: Sequence[FileFact] = (),
        fields: Sequence[tuple[str, Json]] = (),
        opening: bytes | None = None,
    ) -> SignedStatement:
        """A deposit that is signed and not handed in."""
        context = Context(self.origin, self.ledger.point(), opening=opening)
        return self.author.deposit(files or [fact("a.txt", b"alpha")], fields, context)

    def deposit(
        self, files: Sequence[FileFact] = (), fields: Sequence[tuple[str, Json]] = ()
    ) -> int:
        """Deposit; the index of the entry."""
        return self.ledger.deposit([self.signed(files, fields)])[0].index

    def enter(self, secret: bytes, number: int, case: str = "2026-1") -> int:
        """Deposit as the matter's entry of that number; the index of the entry."""
        opening = matter_keys(secret, self.origin).openings[number]
        fields: list[tuple[str, Json]] = [("matter/case_number", case)]
        return self.ledger.deposit([self.signed(fields=fields, opening=opening)])[0].index

    def complete(self, secret: bytes) -> Certificate:
        """The parts of the matter's completeness certificate."""
        issuer = Issuer(self.store, [one.vkey for one in note_signers(self.origin)])
        return Completer(self.store, issuer).complete(matter_keys(secret, self.origin)).parts

    def issue(self, index: int, positions: Sequence[int] | None = None) -> Certificate:
        """The parts of a certificate."""
        vkeys = [one.vkey for one in note_signers(self.origin)]
        return Issuer(self.store, vkeys).issue(index, positions).parts

    def audit(self, *, signatures: bool = True) -> Report:
        """The audit of all that is stored."""
        keys = [VerifierKey.parse(one.vkey) for one in note_signers(self.origin)]
        return audit(
            AuditParts(
                origin=self.origin,
                store=self.store,
                memory=self.memory,
                keys=keys,
                roots={one.name: one.roots for one in self.authorities},
                chain=lambda check: audit_chain(
                    self.where or self.database,
                    origin=self.origin,
                    check=check,
                    signatures=check is not None,
                    claims=True,
                ),
                at=self.clock.now(),
                operator=self.parts().first_operator,
                witnesses={one.name: one.vkeys for one in self.witnesses},
                several_hosts=self.several_hosts,
            ),
            signatures=signatures,
        )

    def policy(self, **changes: str) -> str:
        """A trust policy in TOML; each part can be another text."""
        keys = ", ".join(f'"{one.vkey}"' for one in note_signers(self.origin))
        parts = {
            "head": 'v = 1\nname = "test"\n',
            "log": f"[[log]]\nvkeys = [{keys}]\n",
            "witnesses": "",
            "authorities": "".join(authority_table(one) for one in self.authorities),
            "time": "[time]\nauthorities = 2\nindependent = 2\n",
            "signer": f"[[signer]]\nroots = '''\n{CA.pem.decode()}'''\n",
            "digests": '[digests]\nrequired = ["sha256", "sm3"]\n',
            "algorithms": "",
        }
        assert parts.keys() >= changes.keys()
        return "\n".join((parts | changes).values())

    def check(
        self,
        data: bytes,
        files: Sequence[PresentedFile] = (),
        policy: str | None = "",
        at: datetime | None = None,
    ) -> Report:
        """The check of a certificate; the usual trust policy unless there is another or None."""
        chosen = None if policy is None else trust_policy.parse(policy or self.policy())
        return verify_certificate(io.BytesIO(data), files, chosen, at or self.clock.now())


def kinds(bench: Workbench) -> list[str]:
    """The kinds of all entries, in their order."""
    return [entry.parse(one.entry).kind for one in bench.ledger.entries()]


def authority_table(one: FakeAuthority) -> str:
    """A trust policy's table for one authority."""
    independent = "true" if one.independent else "false"
    return (
        f'[[timestamp_authority]]\nname = "{one.name}"\nindependent = {independent}\n'
        f"roots = '''\n{one.pem}'''\n"
    )


def written(parts: Certificate, files: Sequence[EmbeddedFile] = ()) -> bytes:
    """The container."""
    out = io.BytesIO()
    moment = FakeClock().now()
    certificate_writer.write(parts, out, moment, readme=b"Read me.", files=files)
    return out.getvalue()


def step(report: Report, number: str) -> Step:
    """One step of a report."""
    return next(one for one in report.steps if one.number == number)


def found(report: Report, number: str) -> tuple[Verdict, str | None]:
    """The verdict and reason of one step."""
    one = step(report, number)
    return one.verdict, one.reason


Change = Callable[[Certificate], Certificate]
