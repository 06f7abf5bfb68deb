"""Evidence records that other producers made."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evidence_ledger.core import evidence_record as er
from evidence_ledger.core.record_coverage import RecordedObject
from evidence_ledger.core.record_verification import RecordTrust, verify_record
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import Undecided
from tests.record_factory import given, reasons, verdicts, with_chains

CORPUS_OBJECTS: dict[str, Callable[[Path], bytes]] = {
    "1_0_Initial.er": lambda _: b"123456",
    "1_1_Renew_Unsorted.er": lambda _: b"123456",
    "BIN-1_ER.ers": lambda folder: (folder / "BIN-1.bin").read_bytes(),
    "BIN-1_ER_malformed.ers": lambda folder: (folder / "BIN-1.bin").read_bytes(),
    "er-asn1-simple.ers": lambda _: b"1",
    "er-asn1-simple-invalid.ers": lambda _: b"1",
    "er-asn1-full-renewal-two-ats-chain.ers": lambda _: b"\x03",
}
TWO = [
    RecordedObject("one", {"sha256": base64.b64decode(text)})
    for text in (
        "nOLX01D5QYQHQ58MoR3MEquffNsV+ezF7Kk1SCYCuHI=",
        "7sxNM1LA6WX9iHle39GmDFrAmzwRAMBS67auC9NDKyY=",
    )
]


def embedded_roots(data: bytes) -> tuple[bytes, ...]:
    """The self-signed X.509 certificates in the tokens: what a checker would have by other ways."""
    found = set()
    for chain in er.parse(data).chains:
        for one in chain.stamps:
            try:
                certificates = read_token(one.token).signed.certificates
            except Undecided:
                continue
            parsed = map(parse_certificate, certificates)
            found |= {each.raw for each in parsed if each.subject == each.issuer}
    return tuple(found)


def judged(
    folder: Path, name: str, at: datetime, objects: list[RecordedObject] | None = None
) -> Report:
    data = (folder / "rfc4998" / name).read_bytes()
    if objects is None:
        objects = given(CORPUS_OBJECTS[name](folder / "rfc4998"))
    roots = () if "malformed" in name else embedded_roots(data)
    return verify_record(data, objects, RecordTrust(roots, at))


NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("BIN-1_ER.ers", datetime(2020, 1, 1, tzinfo=UTC)),
        ("er-asn1-simple.ers", datetime(2024, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_foreign_record_passes_while_its_authority_is_valid(
    corpus: Path, name: str, at: datetime
) -> None:
    report = judged(corpus, name, at)
    assert report.verdict is Verdict.PASSED, reasons(report)
    expired = judged(corpus, name, NOW)
    assert reasons(expired) == {"timestamp.certificate-expired"}


def test_a_foreign_renewed_record_of_two_objects_passes(corpus: Path) -> None:
    report = judged(corpus, "er-asn1-tst-renewal.ers", NOW, TWO)
    assert report.verdict is Verdict.PASSED
    assert report.facts["whole_group"] is True


@pytest.mark.parametrize(
    ("name", "objects", "reason"),
    [
        ("er-asn1-simple-invalid.ers", None, "record.object-not-covered"),
        ("BIN-1_ER_malformed.ers", None, "der.unexpected-tag"),
        ("er-asn1-tst-renewal-invalid.ers", TWO, "record.renewal-not-covered"),
    ],
)
def test_a_foreign_invalid_record_fails(
    corpus: Path, name: str, objects: list[RecordedObject] | None, reason: str
) -> None:
    report = judged(corpus, name, NOW, objects)
    assert (report.verdict, reasons(report)) == (Verdict.FAILED, {reason})


@pytest.mark.parametrize("name", ["1_0_Initial.er", "1_1_Renew_Unsorted.er"])
def test_a_foreign_record_by_sha224_is_read_but_too_weak(corpus: Path, name: str) -> None:
    report = judged(corpus, name, datetime(2024, 1, 1, tzinfo=UTC))
    hashes = [verdicts(report)[number][0] for number in "1234"]
    assert hashes == [Verdict.PASSED] * 4
    assert verdicts(report)["5.1"] == (Verdict.INDETERMINATE, "algorithm.weak-digest")
    assert report.verdict is Verdict.INDETERMINATE


def test_a_foreign_record_of_three_chains(corpus: Path) -> None:
    """The hashes are right. Its third chain came a year after the second's authority expired, and
    the root of the third's authority is not in it.
    """
    name = "er-asn1-full-renewal-two-ats-chain.ers"
    report = judged(corpus, name, NOW)
    hashes = [verdicts(report)[number][0] for number in "1234"]
    assert hashes == [Verdict.PASSED] * 4
    assert report.verdict is Verdict.INDETERMINATE
    assert reasons(report) == {"timestamp.certificate-expired", "chain.unknown-root"}


def test_the_first_two_chains_of_it_pass(corpus: Path) -> None:
    data = (corpus / "rfc4998" / "er-asn1-full-renewal-two-ats-chain.ers").read_bytes()
    two = with_chains(data, *(chain.raw for chain in er.parse(data).chains[:2]))
    then = RecordTrust(embedded_roots(data), datetime(2022, 9, 1, tzinfo=UTC))
    report = verify_record(two, given(b"\x03"), then)
    assert report.verdict is Verdict.PASSED, reasons(report)
    assert verify_record(two, given(b"\x04"), then).verdict is Verdict.FAILED
