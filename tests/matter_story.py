"""A matter of five entries among others in one ledger, sealed three times."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence_ledger.adapters.log_source import DirectorySource
from evidence_ledger.core import docket, trust_policy
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.completeness import verify_completeness
from evidence_ledger.core.docket import Docket
from evidence_ledger.core.examined_certificate import PresentedCertificate
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.matter import keys_of
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.tile import level_paths
from evidence_ledger.ports import Store
from evidence_ledger.published import Published
from tests.workbench import OPERATOR, ORIGIN, Workbench, found, written
from tests.workbench import kinds as kinds

MATTER = hashlib.sha256(b"matter").digest()
OTHER = hashlib.sha256(b"other").digest()
SECOND = hashlib.sha256(b"second chain").digest()
PINNED = f'\n[[signer]]\ncertificates = ["{hashlib.sha256(OPERATOR.der).hexdigest()}"]\n'
KEYS = keys_of(MATTER, ORIGIN)
PASSED, FAILED, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.INDETERMINATE


@dataclass
class Story:
    """Five entries of one matter among others, sealed three times."""

    bench: Workbench
    own: list[int]
    others: list[int]
    plain: int

    def policy(self, **changes: str) -> str:
        return self.bench.policy(**changes, algorithms=PINNED)

    def certificate(self, index: int) -> bytes:
        return written(self.bench.issue(index))

    def certificates(self, *indexes: int) -> list[PresentedCertificate]:
        return [
            PresentedCertificate(f"{one}.asice", io.BytesIO(self.certificate(one)))
            for one in indexes
        ]

    def check(
        self,
        parts: Certificate,
        indexes: Sequence[int] = (),
        *,
        policy: str | None = "",
        log: TileSource | None = None,
        more: Sequence[PresentedCertificate] = (),
    ) -> Report:
        chosen = None if policy is None else trust_policy.parse(policy or self.policy())
        certificates = [*self.certificates(*indexes), *more]
        source = io.BytesIO(written(parts))
        return verify_completeness(source, certificates, chosen, self.bench.clock.now(), log)

    def log(self, folder: Path) -> DirectorySource:
        """The public log as files."""
        publish(self.bench.store, folder)
        return DirectorySource(folder)


def publish(store: Store, folder: Path) -> None:
    """Write a ledger's checkpoint, entries and tiles as a tiled log has them."""
    published = Published(store)
    size = published.size()
    (folder / "checkpoint").write_bytes(published.checkpoint() or b"")
    for path in (one for level in (None, 0, 1) for one in level_paths(level, size)):
        place = folder / path.encode()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(published.file(path) or b"")


def told(folder: Path) -> Story:
    bench = Workbench(folder)
    own, others = [], []
    for number in range(5):
        own.append(bench.enter(MATTER, number))
        others.append(bench.enter(OTHER, number, "2026-2"))
        if number in (1, 3):
            bench.ledger.seal()
    plain = bench.deposit()
    bench.ledger.seal()
    return Story(bench, own, others, plain)


def outcome(report: Report, number: str) -> tuple[Verdict, Verdict, str | None]:
    return (report.verdict, *found(report, number))


def shown(parts: Certificate) -> Docket:
    return docket.parse(parts.docket)
