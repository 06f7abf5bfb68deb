"""The golden vectors are what the code writes, and what it wrote when they were made."""

from __future__ import annotations

import hashlib

import pytest

from evidence_ledger.core import entry
from tests.golden import vectors


@pytest.mark.parametrize("name", sorted(vectors.built()))
def test_the_code_writes_the_vectors_of_the_repository(name: str) -> None:
    assert vectors.built()[name] == vectors.read(name)


def test_the_golden_entry() -> None:
    assert entry.parse(vectors.read("entry.json")) == vectors.ENTRY


def test_leaf_hashes_are_those_of_plain_sha256() -> None:
    for line in vectors.read("leaf-hashes.txt").decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(b"\x00" + vectors.read(name)).hexdigest() == digest
