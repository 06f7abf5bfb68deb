"""Simple containers: one file, one proof, nothing else."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest

from evidence_ledger.core.certificate_writer import EmbeddedFile
from evidence_ledger.core.simple_container import (
    TIMESTAMP,
    SimpleProof,
    data_name,
    write_simple,
)
from evidence_ledger.errors import FileChanged
from tests.x509_factory import NOW


def embedded(name: bytes, data: bytes, *chunks: bytes) -> EmbeddedFile:
    """A file as its claim has it, with the bytes that are really there."""
    digest = hashlib.sha256(data).digest()
    return EmbeddedFile(0, name, len(data), digest, chunks or (data,))


def test_three_members_and_the_same_bytes_each_time() -> None:
    outs = [io.BytesIO(), io.BytesIO()]
    for out in outs:
        write_simple(out, NOW, embedded(b"a/b.txt", b"beta"), SimpleProof(TIMESTAMP, b"token"))
    assert outs[0].getvalue() == outs[1].getvalue()
    with zipfile.ZipFile(outs[0]) as container:
        held = {name: container.read(name) for name in container.namelist()}
    assert list(held.items()) == [
        ("mimetype", b"application/vnd.etsi.asic-s+zip"),
        ("b.txt", b"beta"),
        ("META-INF/timestamp.tst", b"token"),
    ]


@pytest.mark.parametrize(
    ("name", "member"),
    [
        (b"mimetype", "_mimetype"),
        (b"MimeType", "_MimeType"),
        (b"META-INF", "_META-INF"),
        (b"x/meta-inf", "_meta-inf"),
        (b"", "_"),
        ("合同.pdf".encode(), "合同.pdf"),
    ],
)
def test_no_file_takes_the_place_of_what_the_standard_names(name: bytes, member: str) -> None:
    assert data_name(name) == member


@pytest.mark.parametrize("data", [b"bet", b"beta2", b"bets"])
def test_a_file_that_is_not_the_deposited_one(data: bytes) -> None:
    with pytest.raises(FileChanged):
        write_simple(
            io.BytesIO(), NOW, embedded(b"b", b"beta", data), SimpleProof(TIMESTAMP, b"token")
        )
