"""The container: what is written is read again, and other tools agree."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.container import Container
from evidence_ledger.core.container_writer import MIMETYPE, ContainerWriter
from evidence_ledger.errors import FormatError, UsageError
from tests.container_bench import MOMENT, opened, read_all, written
from tests.handmade_container import Made, made

NAMES = st.from_regex(r"[a-z]{1,8}(/[a-z0-9]{1,8}){0,2}\.x", fullmatch=True)


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
