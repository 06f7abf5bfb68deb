"""Certificates: any bytes, and any bytes as one member of a well-packed container."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from evidence_ledger.core import trust_policy
from evidence_ledger.core.certificate_writer import EmbeddedFile
from evidence_ledger.core.container import Container
from evidence_ledger.core.report import Report
from evidence_ledger.core.verification import verify_certificate
from tests.fuzz.target import Reports, Target
from tests.workbench import Workbench, fact, presented, written

INSIDE, BESIDE = b"in it", b"beside it"
FREE = ("checked_at", "not_covered")


class Subject:
    """A certificate that passes, and how it is checked."""

    def __init__(self, folder: Path) -> None:
        bench = Workbench(folder)
        bench.deposit([fact("other.txt", b"of another deposit")])
        bench.ledger.seal()
        index = bench.deposit(
            [fact("inside.txt", INSIDE), fact("beside.txt", BESIDE)], [("matter/case_number", "1")]
        )
        bench.ledger.seal()
        digest = fact("inside.txt", INSIDE).fingerprint.sha256
        inside = EmbeddedFile(0, b"inside.txt", len(INSIDE), digest, [INSIDE])
        self.whole = written(bench.issue(index), [inside])
        self.partial = written(bench.issue(index, [1]))
        self._policy = trust_policy.parse(bench.policy())
        self._files = [presented("beside.txt", BESIDE)]
        self._moment = bench.clock.now()
        bench.store.close()

    def check(self, data: bytes) -> Report:
        """The report on a container."""
        return verify_certificate(io.BytesIO(data), self._files, self._policy, self._moment)


def members(data: bytes) -> dict[str, bytes]:
    """The members of a container, in order."""
    container = Container(io.BytesIO(data))
    return {name: container.read(name, 1 << 20) for name in container.members}


def packed(contents: Mapping[str, bytes]) -> bytes:
    """A container with right checksums."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as container:
        for name, data in contents.items():
            container.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


class Members:
    """A container of which one member is replaced: ``number of the member ‖ its bytes``."""

    def __init__(self, data: bytes) -> None:
        self._members = members(data)
        self._names = list(self._members)

    def seeds(self) -> list[bytes]:
        """Every member as it is."""
        return [bytes([n]) + self._members[name] for n, name in enumerate(self._names)]

    def container(self, data: bytes) -> bytes:
        """The container; of no bytes, the first member is left out."""
        if not data:
            return packed({name: self._members[name] for name in self._names[1:]})
        name = self._names[data[0] % len(self._names)]
        return packed(self._members | {name: data[1:]})


def targets() -> tuple[Target, ...]:
    """All of this file."""
    with tempfile.TemporaryDirectory() as folder:
        subject = Subject(Path(folder))
    whole, replaced = Reports(subject.check, *FREE), Members(subject.whole)
    inner = Reports(lambda data: subject.check(replaced.container(data)), *FREE)
    outer = whole.learn((subject.whole, subject.partial, packed(members(subject.whole))))
    return (
        Target("certificate", whole.judge, outer),
        Target("member", inner.judge, inner.learn(replaced.seeds())),
    )
