"""EU DSS as an independent judge of our evidence records and certificates.

Needs Java, Maven and the DSS libraries from Maven's repository; skipped, with the reason, without.
DSS's own policy applies, but for revocation data, which the test authorities do not publish.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from evidence_ledger.core.certificate import ObjectRecord
from tests.conftest import ROOT as CHECKOUT
from tests.record_factory import (
    DATA,
    ROOT,
    SHA3,
    SHA512,
    B,
    day,
    initial,
    rebuilt,
    renewed,
    renewed_together,
)
from tests.renewed_certificate import IN_TIME, by, same, with_records
from tests.workbench import Workbench, written

pytestmark = pytest.mark.long

PROJECT = CHECKOUT / "tests" / "interop" / "dss"
AT = "2028-12-01T00:00:00Z"
"""When all renewals have been made and the first authority has not expired yet: DSS asks for
revocation data of what has."""


@dataclass(frozen=True)
class Case:
    """A file for DSS, its trusted roots and the objects beside it."""

    file: Path
    roots: Sequence[Path]
    objects: Sequence[Path] = ()
    at: str = AT

    @property
    def line(self) -> str:
        lists = (",".join(map(str, paths)) for paths in (self.roots, self.objects))
        return "\t".join((str(self.file), self.at, *lists))


class Dss:
    """The compiled program."""

    def __init__(self, folder: Path) -> None:
        for tool in ("java", "javac", "mvn"):
            if shutil.which(tool) is None:
                pytest.skip(f"{tool} is not installed")
        self._path = f"{folder}:{_libraries(folder)}"
        source = PROJECT / "src/main/java/Validate.java"
        subprocess.run(["javac", "-cp", self._path, "-d", folder, source], check=True)

    def judge(self, *cases: Case) -> list[str]:
        """DSS's word on each case."""
        done = subprocess.run(
            ["java", "-cp", self._path, "Validate"],
            input="".join(f"{case.line}\n" for case in cases),
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        return done.stdout.splitlines()


def _libraries(folder: Path) -> str:
    """The class path of DSS, resolved by Maven."""
    listed = folder / "libraries"
    command: list[str | Path] = [
        "mvn",
        "-q",
        "-B",
        "-f",
        PROJECT / "pom.xml",
        "dependency:build-classpath",
    ]
    try:
        done = subprocess.run(
            [*command, f"-Dmdep.outputFile={listed}"], capture_output=True, text=True, timeout=600
        )
    except subprocess.TimeoutExpired:
        pytest.skip("Maven did not bring EU DSS within ten minutes")
    if done.returncode != 0 or not listed.exists():
        pytest.skip(f"Maven can't bring EU DSS: {(done.stdout + done.stderr)[-200:].strip()}")
    return listed.read_text()


@pytest.fixture(scope="module")
def dss(tmp_path_factory: pytest.TempPathFactory) -> Dss:
    return Dss(tmp_path_factory.mktemp("dss"))


@pytest.fixture
def objects(tmp_path: Path) -> None:
    """Files that several cases share."""
    (tmp_path / "root.der").write_bytes(ROOT.der)
    (tmp_path / "object").write_bytes(DATA)
    (tmp_path / "other").write_bytes(b"other")


def of_record(folder: Path, name: str, record: bytes, covered: str = "object") -> Case:
    file = folder / f"{name}.ers"
    file.write_bytes(record)
    return Case(file, [folder / "root.der"], [folder / covered])


def lives() -> dict[str, bytes]:
    """Records of the same object: initial, renewed alone, together, with other digests, often."""
    first = initial()
    together = renewed_together([first, initial(b"other")], day(2028, 7))
    alone = renewed(first, day(2028, 7))
    both = [DATA, b"other"]
    return {
        "initial": first,
        "timestamp renewal": alone,
        "two timestamp renewals": renewed(alone, day(2028, 8)),
        "one token for two": together[0],
        "SHA-512": rebuilt(together, both, day(2028, 8), B, SHA512)[0],
        "SHA3-256": rebuilt(together, both, day(2028, 8), B, SHA3)[0],
        "SHA-512 at once": rebuilt([first], [DATA], day(2028, 8), B, SHA512)[0],
        "SHA-512 renewed": renewed(
            rebuilt(together, both, day(2028, 8), B, SHA512)[0], day(2028, 9)
        ),
        "SHA-512, then SHA3-256": rebuilt(
            rebuilt(together, both, day(2028, 8), B, SHA512), both, day(2028, 9), B, SHA3
        )[0],
    }


@pytest.mark.usefixtures("objects")
def test_our_records_pass(dss: Dss, tmp_path: Path) -> None:
    cases = [of_record(tmp_path, name, record) for name, record in lives().items()]
    told = dict(zip(lives(), dss.judge(*cases), strict=True))
    assert told == dict.fromkeys(told, "record intact PASSED null")


@pytest.mark.usefixtures("objects")
def test_damaged_records_are_flagged(dss: Dss, tmp_path: Path) -> None:
    cases = [
        of_record(tmp_path, f"{name}, another object", record, "other")
        for name, record in lives().items()
    ]
    for name, record in lives().items():
        signature = bytearray(record)
        signature[-1] ^= 1
        cases.append(of_record(tmp_path, f"{name}, signature", bytes(signature)))
    for one, told in zip(cases, dss.judge(*cases), strict=True):
        assert "PASSED" not in told, one.file.name
        assert "intact" not in told, one.file.name


def certificate(folder: Path) -> tuple[Workbench, list[Path]]:
    bench = Workbench(folder)
    bench.deposit()
    bench.ledger.seal()
    roots = []
    for one in bench.authorities:
        roots.append(folder / f"{one.name}.der")
        roots[-1].write_bytes(one.roots[0])
    return bench, roots


def test_our_certificates_pass_and_damaged_ones_are_flagged(dss: Dss, tmp_path: Path) -> None:
    bench, roots = certificate(tmp_path)
    parts = bench.issue(0)
    changed = replace(parts, statement=parts.statement[:-1] + b" }")
    swapped = replace(parts, records=_swapped(parts.records))
    at = f"{bench.clock.now():%Y-%m-%d}T23:59:59Z"
    cases = []
    for name, one in (("right", parts), ("changed", changed), ("swapped", swapped)):
        (tmp_path / f"{name}.asice").write_bytes(written(one))
        cases.append(Case(tmp_path / f"{name}.asice", roots, at=at))
    right, altered, exchanged = dss.judge(*cases)
    assert right == "; ".join(["record intact PASSED null"] * len(parts.records))
    assert altered.count("broken") == len(bench.authorities)
    assert exchanged.count("broken") == 2


def _swapped(records: tuple[ObjectRecord, ...]) -> tuple[ObjectRecord, ...]:
    first, second, *rest = records
    return (
        replace(first, record=second.record),
        replace(second, record=first.record),
        *rest,
    )


def test_a_renewed_certificate_passes(dss: Dss, tmp_path: Path) -> None:
    bench, roots = certificate(tmp_path)
    (tmp_path / "root.der").write_bytes(ROOT.der)
    parts = with_records(bench.issue(0), by(IN_TIME), same)
    (tmp_path / "renewed.asice").write_bytes(written(parts))
    at = f"{IN_TIME:%Y-%m}-20T00:00:00Z"
    told = dss.judge(Case(tmp_path / "renewed.asice", [*roots, tmp_path / "root.der"], at=at))
    assert told == ["; ".join(["record intact PASSED null"] * len(parts.records))]
