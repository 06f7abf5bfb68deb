"""Certificates: all parts survive the container, and what does not belong is told or refused."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import certificate, path_line
from evidence_ledger.core.certificate import (
    Certificate,
    DisclosedClaim,
    FileRecord,
    ObjectRecord,
    embedded_name,
)
from evidence_ledger.core.certificate_writer import EmbeddedFile, covered_object, write
from evidence_ledger.core.container import Container
from evidence_ledger.core.container_writer import MIMETYPE, ContainerWriter
from evidence_ledger.core.record_manifest import CoveredObject, RecordManifest
from evidence_ledger.errors import FileChanged, FormatError, UsageError

MOMENT = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
HASH = bytes(range(32))
PARTS = Certificate(
    statement=b'{"s":1}',
    signature=b"signature",
    entry=b'{"e":1}',
    proof=b"proof",
    checkpoint=b"checkpoint",
    vkeys=b"ledger+1234+key\n",
    claims=(DisclosedClaim(0, b'{"c":0}'), DisclosedClaim(1, b'{"c":1}')),
    records=(
        ObjectRecord(covered_object("checkpoint", b"checkpoint"), b"record 1"),
        ObjectRecord(covered_object("statement.json", b'{"s":1}'), b"record 2"),
    ),
    file_records={0: (FileRecord("digicert", b"r0"), FileRecord("freetsa", b"r1"))},
    chains=(b"leaf", b"root"),
    revocation={"a.crl": b"crl"},
    seal={"entry.json": b"seal"},
)


def packed(
    parts: Certificate, files: Sequence[EmbeddedFile] = (), page: bytes | None = None
) -> bytes:
    out = io.BytesIO()
    write(parts, out, MOMENT, readme=b"read me", page=page, files=files)
    return out.getvalue()


def parsed(data: bytes) -> Certificate:
    return certificate.parse(Container(io.BytesIO(data)))


def embedded(number: int = 0, name: bytes = b"a/lease.pdf", data: bytes = b"%PDF") -> EmbeddedFile:
    return EmbeddedFile(
        number, name, len(data), hashlib.sha256(data).digest(), [data[:2], data[2:]]
    )


def with_members(*members: tuple[str, bytes], without: str = "") -> bytes:
    """A certificate with further members, or without one."""
    out = io.BytesIO()
    writer = ContainerWriter(out, MOMENT)
    with zipfile.ZipFile(io.BytesIO(packed(PARTS))) as archive:
        for name in archive.namelist()[1:]:
            if name != without and name not in dict(members):
                writer.add(name, archive.read(name))
    for name, data in members:
        writer.add(name, data)
    writer.close()
    return out.getvalue()


def test_all_parts_survive() -> None:
    assert parsed(packed(PARTS, page=b"%PDF")) == PARTS


def test_the_same_parts_give_the_same_bytes() -> None:
    assert packed(PARTS) == packed(PARTS)


def test_the_members_are_those_of_the_format() -> None:
    with zipfile.ZipFile(io.BytesIO(packed(PARTS, page=b"%PDF"))) as archive:
        assert archive.namelist() == [
            "mimetype",
            "statement.json",
            "statement.json.p7s",
            "entry.json",
            "proof.tlog-proof",
            "checkpoint",
            "ledger.vkeys",
            "claims.jsonl",
            "META-INF/ASiCEvidenceRecordManifest-1.xml",
            "META-INF/evidencerecord-1.ers",
            "META-INF/ASiCEvidenceRecordManifest-2.xml",
            "META-INF/evidencerecord-2.ers",
            "records/file-0/digicert.ers",
            "records/file-0/freetsa.ers",
            "chains/0001.der",
            "chains/0002.der",
            "revocation/a.crl",
            "seal/entry.json",
            "certificate.pdf",
            "README.txt",
        ]
        assert archive.read("mimetype") == MIMETYPE
        assert archive.read("claims.jsonl") == b'{"c":0}\n{"c":1}\n'


PATHS = st.lists(st.binary(min_size=32, max_size=32), max_size=20).map(tuple)
LINES = st.binary(min_size=1, max_size=50).filter(lambda line: b"\n" not in line)


@given(st.dictionaries(st.integers(0, 10**6), st.tuples(LINES, PATHS), min_size=1, max_size=8))
def test_disclosed_claims_survive_with_their_paths(
    claims: dict[int, tuple[bytes, tuple[bytes, ...]]],
) -> None:
    shown = tuple(DisclosedClaim(index, *claims[index]) for index in sorted(claims))
    assert parsed(packed(replace(PARTS, claims=shown))).claims == shown


def test_many_claims_are_deflated_and_survive() -> None:
    shown = tuple(DisclosedClaim(index, b'{"c":%d}' % index) for index in range(5000))
    data = packed(replace(PARTS, claims=shown))
    assert parsed(data).claims == shown
    assert len(data) < 5000 * 10


def test_a_certificate_without_claims_is_read() -> None:
    assert parsed(packed(replace(PARTS, claims=()))).claims == ()


def test_records_of_an_embedded_file_lie_where_asic_looks() -> None:
    data = packed(PARTS, [embedded()])
    read = parsed(data)
    assert read.embedded == {0: "files/0/lease.pdf"}
    assert [one.record for one in read.file_records[0]] == [b"r0", b"r1"]
    assert read.records == PARTS.records
    assert read.unknown_members == ()
    container = Container(io.BytesIO(data))
    assert container.read("files/0/lease.pdf", 10) == b"%PDF"
    assert not [name for name in container.members if name.startswith("records/")]


def test_authorities_of_one_name_keep_all_records() -> None:
    records = tuple(FileRecord("TSA é" if place else "tsa", b"%d" % place) for place in range(3))
    read = parsed(packed(replace(PARTS, file_records={7: records})))
    assert {one.record for one in read.file_records[7]} == {b"0", b"1", b"2"}


@pytest.mark.parametrize("data", [b"%PDX", b"%PD", b"%PDF-1.7", b""])
def test_a_file_that_is_not_the_deposited_one_is_not_embedded(data: bytes) -> None:
    with pytest.raises(FileChanged):
        packed(PARTS, [replace(embedded(), chunks=[data])])


@pytest.mark.parametrize(
    "claims",
    [
        (DisclosedClaim(0, b"a"), DisclosedClaim(1, b"b", ())),
        (DisclosedClaim(1, b"a"),),
        (DisclosedClaim(0, b"a"), DisclosedClaim(2, b"b")),
    ],
)
def test_claims_that_could_not_be_read_again_are_not_written(
    claims: tuple[DisclosedClaim, ...],
) -> None:
    with pytest.raises(UsageError):
        packed(replace(PARTS, claims=claims))


def test_members_that_no_check_covers_are_named() -> None:
    strangers = ("note.txt", "files/readme", "META-INF/signature.p7s", "records/file-0/a.xml")
    read = parsed(with_members(*((name, b"x") for name in strangers)))
    assert set(read.unknown_members) == set(strangers)


def test_a_record_over_another_member_counts_for_nothing() -> None:
    name = "META-INF/evidencerecord-9.ers"
    manifest = RecordManifest(name, (covered_object("README.txt", b"read me"),)).encode()
    place = "META-INF/ASiCEvidenceRecordManifest-9.xml"
    read = parsed(with_members((place, manifest), (name, b"record")))
    assert read.records == PARTS.records
    assert set(read.unknown_members) == {place, name}


def test_a_container_that_breaks_the_mimetype_rule_is_told() -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed(PARTS))) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as other,
    ):
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
    assert parsed(out.getvalue()) == replace(PARTS, conforming=False)


@pytest.mark.parametrize(
    "name", ["statement.json", "statement.json.p7s", "entry.json", "proof.tlog-proof", "checkpoint"]
)
def test_a_missing_member_is_refused(name: str) -> None:
    with pytest.raises(FormatError) as refusal:
        parsed(with_members(without=name))
    assert refusal.value.reason == "certificate.missing"
    assert name in refusal.value.message


def manifest_over(record: str, *names: str) -> bytes:
    return RecordManifest(record, tuple(CoveredObject(name, HASH) for name in names)).encode()


NINTH = "META-INF/ASiCEvidenceRecordManifest-9.xml"
HOSTILE = {
    "certificate.record-missing": [
        with_members((NINTH, manifest_over("META-INF/evidencerecord-9.ers", "checkpoint"))),
        with_members((NINTH, manifest_over("statement.json", "checkpoint"))),
    ],
    "certificate.record-twice": [
        with_members((NINTH, manifest_over("META-INF/evidencerecord-1.ers", "checkpoint")))
    ],
    "certificate.object-missing": [
        with_members(
            (NINTH, manifest_over("META-INF/evidencerecord-9.ers", "nothing")),
            ("META-INF/evidencerecord-9.ers", b"x"),
        )
    ],
    "certificate.file-twice": [with_members(("files/0/a", b""), ("files/0/b", b""))],
    "certificate.paths": [
        with_members(("claims.paths", lines))
        for lines in (
            b"0\n",
            b"0\n0\n",
            b"1\n0\n",
            b"0\n1\n2\n",
            b"0 AAAA\n1\n",
            b"0\n\xff\n",
            b"0 \n1\n",
        )
    ],
    "decimal.malformed": [with_members(("claims.paths", b"00\n1\n"))],
    "base64.malformed": [with_members(("claims.paths", b"0 ****\n1\n"))],
    "container.line": [
        with_members(("claims.jsonl", b"a")),
        with_members(("claims.jsonl", b"\n")),
        with_members(("claims.jsonl", b"x" * 70_000 + b"\n")),
    ],
    "container.member-too-large": [
        with_members(("statement.json", bytes(300_000))),
        with_members(("entry.json", bytes(1025))),
    ],
    "manifest.malformed": [with_members((NINTH, b"<"))],
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_hostile_certificates_are_refused(reason: str) -> None:
    for data in HOSTILE[reason]:
        with pytest.raises(FormatError) as refusal:
            parsed(data)
        assert refusal.value.reason == reason


def test_a_path_that_is_too_long_is_refused() -> None:
    shown = (DisclosedClaim(0, b"a", (HASH,) * (path_line.LONGEST_PATH + 1)),)
    with pytest.raises(FormatError) as refusal:
        parsed(packed(replace(PARTS, claims=shown)))
    assert refusal.value.reason == "container.line"


def test_an_embedded_name_is_safe() -> None:
    assert embedded_name(3, "../../合同.pdf".encode()) == "files/3/合同.pdf"
    assert embedded_name(3, b"../..") == "files/3/_"
