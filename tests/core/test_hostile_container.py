"""Hostile containers: each is refused for its own reason, and no noise breaks the reader."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.container import Container
from evidence_ledger.core.container_directory import LARGEST_RATIO, MOST_MEMBERS
from evidence_ledger.core.container_name import LONGEST
from evidence_ledger.errors import EvidenceError, FormatError, Undecided
from tests.container_bench import opened, read_all, refusal, written
from tests.handmade_container import Made, made, zip64_lie

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


def test_every_refusal_of_the_reader_is_tried_here() -> None:
    """The codes in the source are those of HOSTILE, and four with tests of their own."""
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
