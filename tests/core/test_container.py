"""The container: what is written is read again, other tools agree, and hostile ones are refused."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zipfile
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.container import Container
from evidence_ledger.core.container_directory import LARGEST_RATIO, MOST_MEMBERS
from evidence_ledger.core.container_name import LONGEST, check_name, safe_name
from evidence_ledger.core.container_writer import MIMETYPE, ContainerWriter
from evidence_ledger.errors import EvidenceError, FormatError, Undecided, UsageError

MOMENT = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
NAMES = st.from_regex(r"[a-z]{1,8}(/[a-z0-9]{1,8}){0,2}\.x", fullmatch=True)


def written(*members: tuple[str, bytes], deflate: bool = False) -> bytes:
    out = io.BytesIO()
    writer = ContainerWriter(out, MOMENT)
    for name, data in members:
        writer.add(name, data, deflate=deflate)
    writer.close()
    return out.getvalue()


def opened(data: bytes) -> Container:
    return Container(io.BytesIO(data))


def read_all(data: bytes) -> dict[str, bytes]:
    container = opened(data)
    return {name: container.read(name, 1 << 30) for name in container.members}


def refusal(data: bytes) -> str:
    with pytest.raises(EvidenceError) as error:
        read_all(data)
    return error.value.reason


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=6), st.booleans())
def test_what_is_written_is_read(members: dict[str, bytes], deflate: bool) -> None:
    data = written(*members.items(), deflate=deflate)
    assert read_all(data) == {"mimetype": MIMETYPE, **members}
    assert opened(data).conforming
    assert data == written(*members.items(), deflate=deflate)


def test_other_programs_read_it(tmp_path: Path) -> None:
    data = written(("statement.json", b"{}"), ("files/0/合同.pdf", b"%PDF"), deflate=True)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.read("files/0/合同.pdf") == b"%PDF"
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 22, 10, 0, 0)}
    if shutil.which("unzip"):
        (tmp_path / "c.asice").write_bytes(data)
        subprocess.run(["unzip", "-tq", tmp_path / "c.asice"], check=True, capture_output=True)


def test_mimetype_lies_where_file_type_guessers_look() -> None:
    assert written()[30:69] == b"mimetype" + MIMETYPE


@pytest.mark.parametrize(
    ("flags", "expected"), [((), True), (("other",), False), (("deflated",), False)]
)
def test_a_mimetype_out_of_place_is_told_not_refused(
    flags: tuple[str, ...], expected: bool
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if "other" in flags:
            archive.writestr("statement.json", b"{}")
        method = zipfile.ZIP_DEFLATED if "deflated" in flags else zipfile.ZIP_STORED
        archive.writestr("mimetype", MIMETYPE, method)
    assert opened(out.getvalue()).conforming is expected


class Unseekable(io.BytesIO):
    """A stream that can't go back, so that ``zipfile`` writes data descriptors."""

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_foreign_writers_with_descriptors_and_folders_are_read(method: int) -> None:
    out = Unseekable()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("mimetype", MIMETYPE)
        archive.writestr("files/", b"")
        archive.writestr("files/a", b"a" * 1000)
    assert read_all(out.getvalue()) == {"mimetype": MIMETYPE, "files/a": b"a" * 1000}


@pytest.mark.skipif(shutil.which("zip") is None, reason="zip is not installed")
def test_a_container_packed_again_by_info_zip_is_read(tmp_path: Path) -> None:
    (tmp_path / "mimetype").write_bytes(MIMETYPE)
    (tmp_path / "合同").write_bytes(b"x" * 5000)
    subprocess.run(
        ["zip", "-qr", "c.zip", "mimetype", "合同"],
        cwd=tmp_path,
        check=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    read = read_all((tmp_path / "c.zip").read_bytes())
    assert read == {"mimetype": MIMETYPE, "合同": b"x" * 5000}


class Sparse(io.RawIOBase):
    """A file of any size that keeps only what is not zero."""

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self.place = self.size = 0

    def write(self, data: bytes) -> int:  # type: ignore[override] # no buffers are passed here
        if data.count(0) != len(data):
            self.parts[self.place] = data
        self.place += len(data)
        self.size = max(self.size, self.place)
        return len(data)

    def seek(self, place: int, whence: int = 0) -> int:
        self.place = place if whence == 0 else self.size + place
        return self.place

    def tell(self) -> int:
        return self.place

    def read(self, count: int = -1) -> bytes:
        count = min(count, self.size - self.place)
        out = bytearray(count)
        for start, data in self.parts.items():
            low, high = max(start, self.place), min(start + len(data), self.place + count)
            if low < high:
                out[low - self.place : high - self.place] = data[low - start : high - start]
        self.place += count
        return bytes(out)


@pytest.mark.long
def test_members_and_containers_above_4_gib() -> None:
    file, piece, count = Sparse(), bytes(1 << 26), 65
    writer = ContainerWriter(file, MOMENT)  # type: ignore[arg-type] # enough of a BinaryIO
    writer.add_chunks("files/0/big", (piece for _ in range(count)), wide=True)
    writer.add("after", b"x")
    writer.close()
    container = Container(file)  # type: ignore[arg-type] # likewise
    assert container.members["files/0/big"].size == count << 26
    assert container.read("after", 1) == b"x"
    assert sum(map(len, container.chunks("files/0/big", 1 << 40))) == count << 26


def test_a_wide_member_that_is_small_is_read_by_all() -> None:
    out = io.BytesIO()
    writer = ContainerWriter(out, MOMENT)
    writer.add_chunks("a", [b"x", b"y"], wide=True)
    writer.close()
    assert read_all(out.getvalue())["a"] == b"xy"
    assert zipfile.ZipFile(io.BytesIO(out.getvalue())).read("a") == b"xy"


def test_time_zones_do_not_change_the_bytes() -> None:
    moved = MOMENT.astimezone(timezone(timedelta(hours=8)))
    out = io.BytesIO()
    ContainerWriter(out, moved).close()
    assert out.getvalue() == written()


def test_a_year_that_zip_cannot_hold_is_refused() -> None:
    with pytest.raises(UsageError):
        ContainerWriter(io.BytesIO(), datetime(1979, 1, 1, tzinfo=UTC))


def test_the_writer_refuses_a_name_twice_and_a_bad_one() -> None:
    writer = ContainerWriter(io.BytesIO(), MOMENT)
    with pytest.raises(UsageError):
        writer.add("MimeType", b"")
    with pytest.raises(FormatError):
        writer.add("../out", b"")


# Hostile containers, each built by hand.


@dataclass(frozen=True)
class Made:
    """A member as told twice; what is None follows from the content."""

    name: bytes = b"a"
    data: bytes = b"content"
    method: int = 0
    flags: int = 0
    local_name: bytes | None = None
    local_flags: int | None = None
    local_size: int | None = None
    size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    local_extra: bytes = b""
    attributes: int = 0o100644 << 16
    offset: int | None = None
    gap: bytes = b""

    def packed(self) -> bytes:
        if self.method != 8:
            return self.data
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.data) + packer.flush()

    def told(self, local: bool) -> tuple[int, int, int]:
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        size = len(self.data) if self.size is None else self.size
        if local and self.local_size is not None:
            size = self.local_size
        return crc, len(self.packed()), size

    def local(self) -> bytes:
        name = self.name if self.local_name is None else self.local_name
        flags = self.flags if self.local_flags is None else self.local_flags
        head = struct.pack("<4s3H4x3L", b"PK\3\4", 20, flags, self.method, *self.told(True))
        sizes = struct.pack("<2H", len(name), len(self.local_extra))
        return head + sizes + name + self.local_extra + self.packed() + self.gap

    def central(self, offset: int) -> bytes:
        head = struct.pack(
            "<4s4H4x3L", b"PK\1\2", 20, 20, self.flags, self.method, *self.told(False)
        )
        place = offset if self.offset is None else self.offset
        sizes = struct.pack(
            "<5H2L", len(self.name), len(self.extra), 0, 0, 0, self.attributes, place
        )
        return head + sizes + self.name + self.extra


def made(
    *members: Made,
    before: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    between: bytes = b"",
    count: int | None = None,
    shift: int = 0,
) -> bytes:
    body, directory = before, b""
    for member in members:
        directory += member.central(len(body) - len(before) + shift)
        body += member.local()
    number = len(members) if count is None else count
    end = struct.pack(
        "<4s4H2LH",
        *(b"PK\5\6", 0, 0, number, number, len(directory), len(body) - len(before) + shift),
        len(comment),
    )
    return body + directory + between + end + comment + after


def zip64_end(start: int, size: int, count: int = 1, place: int | None = None) -> bytes:
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, place or start + size, 1)


def zip64_lie(**lies: int) -> bytes:
    one = Made()
    start, size = len(one.local()), len(one.central(0))
    told = {"start": start, "size": size, "place": start + size, **lies}
    return made(one, between=zip64_end(**told))


BOMB = Made(data=bytes(4 << 20), method=8)
HOSTILE: dict[str, list[bytes]] = {
    "container.not-zip": [b"", b"PK", b"%PDF-1.7", made(Made())[:-1]],
    "container.trailing-data": [made(Made(), after=b"x"), made(Made(), after=b"x" * 5000)],
    "container.comment": [made(Made(), comment=b"mimetype=x")],
    "container.prepended-data": [
        made(Made(), before=b"#!/bin/sh\n"),
        made(Made(), before=b"#!/bin/sh\n", shift=10),
        made(Made(), before=b"x", count=0),
        made(),
    ],
    "container.split": [made(Made())[:-16] + b"\1\0" + made(Made())[-14:]],
    "container.too-many-members": [made(Made(), count=MOST_MEMBERS + 1)],
    "container.directory-place": [made(Made(), shift=5)],
    "container.directory-size": [made(Made(), Made(name=b"b"), count=1)],
    "container.directory-entry": [made(Made(), count=2)],
    "container.zip64-end": [zip64_lie(place=7)],
    "container.zip64-disagrees": [zip64_lie(count=2), zip64_lie(start=1)],
    "container.zip64-field": [
        made(Made(extra=struct.pack("<2HQ", 1, 8, 7))),
        made(Made(size=0xFFFFFFFF)),
        made(Made(local_extra=struct.pack("<2HQ", 1, 8, 7))),
    ],
    "container.extra-field": [
        made(Made(extra=b"\1\0\xff\0")),
        made(Made(extra=b"x")),
        made(Made(extra=b"\7\0\0\0" * 2)),
    ],
    "container.second-name": [
        made(Made(extra=struct.pack("<2HBL", 0x7075, 6, 1, 0) + b"b")),
        made(Made(local_extra=struct.pack("<2HBL", 0x7075, 6, 1, 0) + b"b")),
    ],
    "container.name-encoding": [made(Made(name=b"\xff", flags=flags)) for flags in (0, 0x800)],
    "container.name-length": [made(Made(name=b"")), made(Made(name=b"a" * (LONGEST + 1)))],
    "container.backslash": [made(Made(name=b"..\\a"))],
    "container.absolute-name": [made(Made(name=b"/etc/passwd")), made(Made(name=b"C:a"))],
    "container.dots": [
        made(Made(name=name)) for name in (b"../a", b"a/../../b", b"./a", b"a//b", b"..", b"a/..")
    ],
    "container.hidden-characters": [
        made(Made(name=b"a\nb")),
        made(Made(name=b"a\0.pdf")),
        made(Made(name="a\u202efdp.exe".encode(), flags=0x800)),
    ],
    "container.duplicate-name": [
        made(Made(), Made()),
        made(Made(name=b"a/x"), Made(name=b"A/X")),
        made(Made(name="é".encode(), flags=0x800), Made(name="e\u0301".encode(), flags=0x800)),
    ],
    "container.name-conflict": [made(Made(), Made(name=b"a/b")), made(Made(), Made(b"a/", b""))],
    "container.encrypted": [made(Made(flags=1)), made(Made(flags=0x2000)), made(Made(flags=0x41))],
    "container.flags": [made(Made(flags=0x20)), made(Made(flags=0x8000))],
    "container.compression": [made(Made(method=12)), made(Made(method=99))],
    "container.special-file": [made(Made(attributes=0o120777 << 16))],
    "container.stored-size": [made(Made(size=3))],
    "container.folder-content": [made(Made(name=b"a/"))],
    "container.bomb": [made(BOMB), made(replace(BOMB, size=0xFFFFFFF0))],
    "container.overlap": [
        made(Made(), Made(name=b"b", offset=0)),
        made(Made(), Made(name=b"b", offset=10)),
        made(Made(), Made(name=b"b", offset=10_000)),
    ],
    "container.local-header": [made(Made()).replace(b"PK\3\4", b"PK\3\5")],
    "container.header-disagrees": [
        made(Made(local_name=b"b")),
        made(Made(local_flags=0x800)),
        made(Made(local_size=3)),
        made(replace(Made(), flags=8, local_size=0)),
    ],
    "container.hidden-data": [
        made(Made(gap=b"hidden")),
        made(Made(gap=b"x" * 1000)),
        made(Made(flags=8, gap=b"x" * 12)),
        made(Made(flags=8)),
        made(Made(gap=struct.pack("<3L", zlib.crc32(b"content"), 7, 7))),
    ],
    "container.checksum": [made(Made(crc=1)), made(Made(crc=1, method=8))],
    "container.size-mismatch": [made(Made(method=8, size=3)), made(Made(method=8, size=9))],
    "container.compressed-data": [
        made(replace(Made(data=b"\xff" * 9), method=8)).replace(
            Made(data=b"\xff" * 9, method=8).packed(), b"\xff" * 5
        ),
    ],
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_hostile_containers_are_refused(reason: str) -> None:
    assert HOSTILE[reason]
    for data in HOSTILE[reason]:
        assert refusal(data) == reason


def test_the_builder_itself_makes_good_containers() -> None:
    assert read_all(made(Made(), Made(name=b"b", method=8))) == {"a": b"content", "b": b"content"}
    assert read_all(zip64_lie()) == {"a": b"content"}


def test_an_unknown_compression_is_no_proof_of_a_defect() -> None:
    with pytest.raises(Undecided):
        opened(made(Made(method=93)))


def test_data_after_the_deflated_end_is_refused() -> None:
    packed = Made(method=8).packed() + b"tail"
    stored = Made(data=packed, crc=zlib.crc32(b"content"))
    data = bytearray(made(stored))
    for place, kind in ((0, 8), (len(stored.local()), 10)):
        struct.pack_into("<H", data, place + kind, 8)
        struct.pack_into("<L", data, place + kind + 14, 7)
    assert refusal(bytes(data)) == "container.compressed-data"


def test_a_bomb_below_the_limit_unpacks_in_small_pieces() -> None:
    data = bytes(1 << 20)
    assert len(Made(data=data, method=8).packed()) * LARGEST_RATIO < len(data)
    pieces = list(opened(made(Made(data=data, method=8))).chunks("a", 1 << 20))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 256 * 1024


@pytest.mark.parametrize("limit", [0, 6])
def test_a_member_above_the_callers_limit_is_not_read(limit: int) -> None:
    with pytest.raises(FormatError) as error:
        opened(made(Made())).read("a", limit)
    assert error.value.reason == "container.member-too-large"


def test_a_member_that_is_not_there() -> None:
    with pytest.raises(FormatError) as error:
        opened(made(Made())).read("b", 10)
    assert error.value.reason == "container.missing"


def test_two_members_can_be_read_at_once() -> None:
    one, other = bytes(range(256)) * 4096, bytes(reversed(range(256))) * 4096
    container = opened(written(("one", one), ("other", other)))
    pairs = list(
        zip(container.chunks("one", 1 << 30), container.chunks("other", 1 << 30), strict=True)
    )
    assert b"".join(pair[0] for pair in pairs) == one
    assert b"".join(pair[1] for pair in pairs) == other


@given(st.lists(st.binary(min_size=1, max_size=30).filter(lambda line: b"\n" not in line)))
def test_lines_are_those_that_were_written(lines: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    assert list(opened(written(("l", data))).lines("l", 1 << 20, 30)) == lines


def test_lines_across_pieces() -> None:
    lines = [b"%d" % number * 7 for number in range(100_000)]
    data = b"".join(line + b"\n" for line in lines)
    assert list(opened(written(("l", data), deflate=True)).lines("l", 1 << 30, 100)) == lines


@pytest.mark.parametrize(
    "data", [b"\n", b"a", b"a\n\n", b"a\nb", b"x" * 31 + b"\n", b"x" * 300_000]
)
def test_lines_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError) as error:
        list(opened(written(("l", data))).lines("l", 1 << 20, 30))
    assert error.value.reason == "container.line"


BASE = written(("statement.json", b"{}" * 40), ("claims.jsonl", b"ab\n" * 60), deflate=True)


@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_one_changed_byte_never_changes_what_is_read(change: int) -> None:
    """Times, versions and attributes mean nothing and may change; what is read may not."""
    expected = read_all(BASE)
    for place in range(len(BASE)):
        data = bytearray(BASE)
        data[place] ^= change
        try:
            read = read_all(bytes(data))
        except EvidenceError:
            continue
        assert read == expected, place


@given(st.binary(max_size=200), st.integers(0, len(BASE)))
def test_any_bytes_are_refused_calmly(noise: bytes, place: int) -> None:
    for data in (noise, BASE[:place] + noise, BASE[:place] + noise + BASE[place:]):
        try:
            read_all(data)
        except EvidenceError:
            continue


@given(st.binary(max_size=300))
def test_safe_names_are_allowed_and_short(name: bytes) -> None:
    safe = safe_name(name)
    check_name(f"files/0/{safe}")
    assert len(safe.encode()) <= 130
    assert "/" not in safe


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"lease.pdf", "lease.pdf"),
        ("contracts/合同.pdf".encode(), "合同.pdf"),
        (b"..", "_"),
        (b"a/../..", "_"),
        (b"\xff\n.pdf", "__.pdf"),
        ("a\u202efdp.exe".encode(), "a_fdp.exe"),
        (b"a\\b:c?.txt", "a_b_c_.txt"),
        (b"x" * 300 + b".pdf", "x" * 116 + ".pdf"),
        (b".bashrc", "_.bashrc"),
        (b"", "_"),
    ],
)
def test_safe_names(name: bytes, expected: str) -> None:
    assert safe_name(name) == expected


def test_every_refusal_of_the_reader_is_tried_here() -> None:
    """The codes in the source are those of HOSTILE and of the tests above."""
    folder = Path(__file__).parents[2] / "evidence_ledger" / "core"
    names = ("container.py", "container_directory.py", "container_name.py")
    source = "".join((folder / name).read_text() for name in names)
    codes = {part.partition('"')[0] for part in source.split('"container.')[1:]}
    tried = {reason.removeprefix("container.") for reason in HOSTILE}
    assert codes - tried == {"missing", "member-too-large", "line", "truncated"}


def test_a_file_that_shrinks_while_it_is_read() -> None:
    file = io.BytesIO(written(("a", b"x" * 100)))
    container = Container(file)
    file.truncate(90)
    with pytest.raises(FormatError) as error:
        container.read("a", 100)
    assert error.value.reason == "container.truncated"
