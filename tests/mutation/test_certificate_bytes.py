"""Every byte of a certificate changed in turn: refused, or provably irrelevant, never a crash.

Bytes that may change without a refusal, all in the ZIP headers, none of them looked at by any step:

- the version that is needed to unpack, and the version and system of the program that packed;
- the times of members: when something was packed proves nothing, the report never names them;
- internal and external attributes (text or binary, permissions): nothing is ever unpacked to a
  folder; a type other than a regular file is refused all the same.

Contents that may change, when their checksums are mended, are those that the report names under
``not_covered``, and the XML declaration of a manifest: what it says after that is the same.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pytest

from evidence_ledger.core import record_manifest
from evidence_ledger.core.container import Container
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.report import Report, Verdict
from tests import sealed_ledger
from tests.sealed_ledger import SealedLedger

LOCAL, LOCAL_SIZE, LOCAL_IRRELEVANT = b"PK\3\4", 30, {4: 2, 10: 4}
CENTRAL, CENTRAL_SIZE, CENTRAL_IRRELEVANT = b"PK\1\2", 46, {4: 4, 12: 4, 36: 6}
END_SIZE = 22


@dataclass(frozen=True, slots=True)
class Subject:
    """A certificate that PASSES, and what its check establishes."""

    ledger: SealedLedger
    data: bytes
    files: list[PresentedFile]
    facts: Mapping[str, object]

    def verify(self, data: bytes) -> Report:
        return self.ledger.verify(data, self.files)

    def members(self) -> dict[str, bytes]:
        container = Container(io.BytesIO(self.data))
        return {name: container.read(name, 1 << 20) for name in container.members}


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("certificate")
    ledger = sealed_ledger.make(folder)
    sealed_ledger.deposit(ledger, {"other.txt": "of another deposit"})
    index = sealed_ledger.deposit(ledger, {"1-inside.txt": "in it", "2-beside.txt": "beside it"})
    data = sealed_ledger.certificate(ledger, index, folder / "c.asice", embed=["1-inside.txt"])
    files = ledger.presented("2-beside.txt")
    report = ledger.verify(data, files)
    assert report.verdict is Verdict.PASSED
    return Subject(ledger, data, files, established(report))


def chooser(seed: int | str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same choices in every run, no secret


def established(report: Report) -> Mapping[str, object]:
    """The facts without the moment of the check, which is the checker's own."""
    return {name: fact for name, fact in report.facts.items() if name != "checked_at"}


def headers(data: bytes) -> Iterator[tuple[int, int, dict[int, int]]]:
    """Place and size of each ZIP header, and its irrelevant fields (offset and length)."""
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        start = container.start_dir
        for member in container.infolist():
            name = len(member.filename.encode())
            yield member.header_offset, LOCAL_SIZE + name, LOCAL_IRRELEVANT
            yield start, CENTRAL_SIZE + name, CENTRAL_IRRELEVANT
            start += CENTRAL_SIZE + name
    yield start, END_SIZE, {}
    assert start + END_SIZE == len(data)


def irrelevant_bytes(data: bytes) -> set[int]:
    return {
        start + field + byte
        for start, _, fields in headers(data)
        for field, length in fields.items()
        for byte in range(length)
    }


def check_flip(subject: Subject, place: int, flip: int, irrelevant: set[int]) -> None:
    changed = bytearray(subject.data)
    changed[place] ^= flip
    report = subject.verify(bytes(changed))
    if report.verdict is Verdict.PASSED:
        assert place in irrelevant, f"byte {place} ^ {flip:#x} went unnoticed"
        assert established(report) == subject.facts, f"byte {place} ^ {flip:#x} changed a fact"


def test_every_bit_of_one_header_of_each_kind_is_refused_or_irrelevant(subject: Subject) -> None:
    irrelevant = irrelevant_bytes(subject.data)
    local, central, *_, end = headers(subject.data)
    for start, size, _ in (local, central, end):
        for place in range(start, start + size):
            for bit in range(8):
                check_flip(subject, place, 1 << bit, irrelevant)


def test_a_sample_of_all_bytes_is_refused_or_irrelevant(subject: Subject) -> None:
    irrelevant, chance = irrelevant_bytes(subject.data), chooser(4711)
    for place in range(chance.randrange(13), len(subject.data), 13):
        check_flip(subject, place, chance.randrange(1, 256), irrelevant)


@pytest.mark.long
def test_every_byte_is_refused_or_irrelevant(subject: Subject) -> None:
    irrelevant = irrelevant_bytes(subject.data)
    for place in range(len(subject.data)):
        for flip in (0x01, 0x20, 0x80, 0xFF):
            check_flip(subject, place, flip, irrelevant)


def test_every_truncation_in_a_sample_is_refused(subject: Subject) -> None:
    chance = chooser(1)
    lengths = {chance.randrange(len(subject.data)) for _ in range(300)} | {0, len(subject.data) - 1}
    for length in lengths:
        assert subject.verify(subject.data[:length]).verdict is Verdict.FAILED, length


def packed(members: Mapping[str, bytes]) -> bytes:
    """A container with right checksums, as any ZIP program would write it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as container:
        for name, data in members.items():
            container.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def test_the_members_packed_anew_by_another_program_still_pass(subject: Subject) -> None:
    report = subject.verify(packed(subject.members()))
    assert report.verdict is Verdict.PASSED
    assert established(report) == subject.facts


def test_what_no_step_covers_is_named(subject: Subject) -> None:
    """The whole list: whatever joins it must be argued for."""
    supplements = {name for name in not_covered(subject.facts) if name.startswith(SUPPLEMENTS)}
    assert set(not_covered(subject.facts)) - supplements == {
        "mimetype",
        "certificate.pdf",
        "README.txt",
        "ledger.vkeys",
    }


def not_covered(facts: Mapping[str, object]) -> list[str]:
    names = facts["not_covered"]
    assert isinstance(names, list)
    return names


def check_contents(subject: Subject, name: str, step: int) -> None:
    """Change bytes of one member's content, ``step`` apart, with all checksums right."""
    members, chance = subject.members(), chooser(name)
    for place in range(chance.randrange(step), len(members[name]), step):
        changed = bytearray(members[name])
        changed[place] ^= chance.randrange(1, 256)
        report = subject.verify(packed(members | {name: bytes(changed)}))
        if report.verdict is Verdict.PASSED:
            is_named = name in not_covered(subject.facts)
            is_same = reads_the_same(name, members[name], bytes(changed))
            assert is_named or is_same, f"byte {place} of {name} went unnoticed"
            assert established(report) == subject.facts, f"byte {place} of {name} changed a fact"


def reads_the_same(name: str, before: bytes, after: bytes) -> bool:
    """True for a manifest with another XML declaration or other space between its elements."""
    if not name.startswith("META-INF/ASiCEvidenceRecordManifest"):
        return False
    parse = partial(record_manifest.parse, where=name)
    return parse(before) == parse(after)


SUPPLEMENTS = ("chains/", "revocation/")
"""X.509 certificates and revocation data: each proves itself to whoever uses it, or nothing."""

DISPENSABLE = {
    "mimetype",
    "certificate.pdf",
    "README.txt",
    "ledger.vkeys",
    "records/file-1/local.ers",
    "META-INF/ASiCEvidenceRecordManifest-4.xml",  # over the file inside; its record is then named
}


def test_the_members_that_are_changed_are_those_of_the_format(subject: Subject) -> None:
    assert {
        *("statement.json", "statement.json.p7s", "entry.json", "claims.jsonl", "checkpoint"),
        *("proof.tlog-proof", "ledger.vkeys", "META-INF/ASiCEvidenceRecordManifest-4.xml"),
        *("META-INF/evidencerecord-4.ers", "records/file-1/local.ers", "files/0/1-inside.txt"),
    } <= set(subject.members())


def test_a_sample_of_changed_contents_with_mended_checksums(subject: Subject) -> None:
    for name, data in subject.members().items():
        check_contents(subject, name, max(1, len(data) // 40))


@pytest.mark.long
def test_every_changed_content_with_mended_checksums(subject: Subject) -> None:
    for name in subject.members():
        check_contents(subject, name, 1)


def test_a_certificate_without_one_of_its_members(subject: Subject) -> None:
    """Only what proves nothing, or more than was asked for, may be left out."""
    for name in subject.members():
        rest = {other: data for other, data in subject.members().items() if other != name}
        if subject.verify(packed(rest)).verdict is Verdict.PASSED:
            assert name in DISPENSABLE or name.startswith((*SUPPLEMENTS, "seal/")), name


def test_a_record_without_its_manifest_is_named(subject: Subject) -> None:
    members = subject.members()
    del members["META-INF/ASiCEvidenceRecordManifest-4.xml"]
    facts = subject.verify(packed(members)).facts
    assert "META-INF/evidencerecord-4.ers" in not_covered(facts)


@pytest.mark.parametrize(
    "name", ["seal/x", "chains/x.der", "revocation/x", "claims.paths2", "records/file-0/x.ers2"]
)
def test_a_member_that_no_step_reads_is_named(subject: Subject, name: str) -> None:
    report = subject.verify(packed(subject.members() | {name: b"anything at all"}))
    assert name in not_covered(report.facts)


def test_paths_without_claims_are_refused(subject: Subject) -> None:
    members = subject.members()
    del members["claims.jsonl"]
    report = subject.verify(packed(members | {"claims.paths": b"nothing that anyone read\n"}))
    assert (report.steps[0].verdict, report.steps[0].reason) == (
        Verdict.FAILED,
        "certificate.paths",
    )


def test_a_record_of_another_file_is_refused(subject: Subject) -> None:
    members = subject.members()
    record = members.pop("records/file-1/local.ers")
    report = subject.verify(packed(members | {"records/file-0/local.ers": record}))
    files = next(step for step in report.steps if step.number == "11")
    assert (files.verdict, files.reason) == (Verdict.FAILED, "record.object-not-covered")


def test_a_record_of_a_file_that_is_not_shown_is_refused(subject: Subject) -> None:
    members = subject.members()
    members["records/file-7/local.ers"] = members["records/file-1/local.ers"]
    files = next(step for step in subject.verify(packed(members)).steps if step.number == "11")
    assert (files.verdict, files.reason) == (Verdict.FAILED, "record.no-claim")


def test_a_manifest_that_names_another_digest_is_refused(subject: Subject) -> None:
    """Whoever reads the manifest alone must not be told another digest than the true one."""
    members, name = subject.members(), "META-INF/ASiCEvidenceRecordManifest-1.xml"
    manifest = record_manifest.parse(members[name], name)
    other = record_manifest.CoveredObject(manifest.objects[0].name, bytes(32))
    members[name] = record_manifest.RecordManifest(manifest.record, (other,)).encode()
    time = next(step for step in subject.verify(packed(members)).steps if step.number == "9")
    assert (time.verdict, time.reason) == (Verdict.FAILED, "manifest.other-digest")


def test_a_record_that_does_not_list_its_digest_is_refused(subject: Subject) -> None:
    members, name = subject.members(), "META-INF/evidencerecord-1.ers"
    sha256, sha512 = (
        bytes.fromhex("0609608648016503040201"),
        bytes.fromhex("0609608648016503040203"),
    )
    assert sha256 in members[name]
    members[name] = members[name].replace(sha256, sha512, 1)
    time = next(step for step in subject.verify(packed(members)).steps if step.number == "9")
    assert (time.verdict, time.reason) == (Verdict.FAILED, "record.digest-unlisted")


def test_headers_are_found_where_zip_has_them(subject: Subject) -> None:
    for start, size, fields in headers(subject.data):
        signature = subject.data[start : start + 4]
        expected = {LOCAL_SIZE: LOCAL, CENTRAL_SIZE: CENTRAL}
        fixed = LOCAL_SIZE if fields is LOCAL_IRRELEVANT else CENTRAL_SIZE
        if size != END_SIZE:
            assert signature == expected[fixed]
    assert struct.unpack_from("<4s", subject.data, len(subject.data) - END_SIZE)[0] == b"PK\5\6"
