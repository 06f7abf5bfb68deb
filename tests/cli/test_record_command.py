"""``evidence record verify`` on other producers' records and on our own."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.record_factory import DATA, ROOT, SHA512, C, day, initial, rebuilt, renewed

DIGESTS = [
    "sha256:" + base64.b64decode(text).hex()
    for text in (
        "nOLX01D5QYQHQ58MoR3MEquffNsV+ezF7Kk1SCYCuHI=",
        "7sxNM1LA6WX9iHle39GmDFrAmzwRAMBS67auC9NDKyY=",
    )
]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A record renewed twice, its object, and the root."""
    (record,) = rebuilt([renewed(initial(), day(2028, 7))], [DATA], day(2033, 7), C)
    contents = {"record": record, "data": DATA, "roots": ROOT.pem}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in contents}


def test_a_renewed_record_passes_for_its_file(files: dict[str, Path], evidence: Run) -> None:
    command = ("record", "verify", files["record"], "--roots", files["roots"], "--at", "2035-01-01")
    checked = evidence(*command, "--data", files["data"], "--json")
    assert checked.code == 0, checked.out
    assert checked.document["facts"]["weakens_on"] == "2040-06-01T12:00:00Z"
    digests = f"sha256:{hashlib.sha256(DATA).hexdigest()},sha512:{SHA512.of(DATA).hex()}"
    assert evidence(*command, "--digest", digests).code == 0
    assert "weakens on 2040-06-01 unless renewed" in evidence(*command, "--digest", digests).out


def test_one_digest_of_two_does_not_decide(files: dict[str, Path], evidence: Run) -> None:
    digest = f"sha256:{hashlib.sha256(DATA).hexdigest()}"
    checked = evidence(
        "record", "verify", files["record"], "--roots", files["roots"], "--digest", digest,
        "--at", "2035-01-01",
    )  # fmt: skip
    assert checked.code == 3
    assert "record.digest-missing" in checked.out


def test_an_altered_file_fails(files: dict[str, Path], evidence: Run) -> None:
    files["data"].write_bytes(DATA + b"!")
    checked = evidence("record", "verify", files["record"], "--data", files["data"])
    assert checked.code == 1
    assert "record.object-not-covered" in checked.out


def test_without_roots_nothing_is_decided(files: dict[str, Path], evidence: Run) -> None:
    checked = evidence(
        "record", "verify", files["record"], "--data", files["data"], "--at", "2035-01-01"
    )
    assert checked.code == 3
    assert "chain.unknown-root" in checked.out


@pytest.mark.parametrize(
    ("name", "code"),
    [("er-asn1-tst-renewal.ers", 3), ("er-asn1-tst-renewal-invalid.ers", 1)],
)
def test_a_foreign_record_of_a_group(corpus: Path, evidence: Run, name: str, code: int) -> None:
    given = [part for digest in DIGESTS for part in ("--digest", digest)]
    assert evidence("record", "verify", corpus / "rfc4998" / name, *given).code == code


def test_a_malformed_record_fails(corpus: Path, evidence: Run) -> None:
    folder = corpus / "rfc4998"
    checked = evidence(
        "record", "verify", folder / "BIN-1_ER_malformed.ers", "--data", folder / "BIN-1.bin"
    )
    assert checked.code == 1


@pytest.mark.parametrize("digest", ["sha256", "sha256:00", "md5:" + "0" * 32, "sha256:zz"])
def test_what_is_no_digest_is_wrong_usage(
    files: dict[str, Path], evidence: Run, digest: str
) -> None:
    assert evidence("record", "verify", files["record"], "--digest", digest).code == 2
