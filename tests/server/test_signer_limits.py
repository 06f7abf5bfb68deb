"""How much one signer may hand in and read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.acting import (
    CLAIMS,
    FRIEND,
    LEASE,
    STRANGER,
    author,
    code,
    get,
)
from tests.server.running import Running
from tests.x509_factory import Holder


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Running]:
    """A server that takes little of one signer."""
    limits = {"deposit_bytes_per_minute": 40_000, "reads_per_minute": 20}
    with Running(tmp_path / "served", seal_every=3600.0, **limits) as running:
        yield running


def test_the_volume_of_one_signer_is_bounded(limited: Running) -> None:
    fields = [("origin/note", "x" * 3000)]

    def handed(holder: Holder) -> httpx.Response:
        return limited.deposit(author(holder).deposit([LEASE], fields, limited.context()))

    answers = [handed(FRIEND) for _ in range(3)]
    assert answers[0].status_code == 201
    assert code(answers[-1], 429) == "http.too-many"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert handed(STRANGER).status_code == 201


def test_the_reads_of_one_signer_are_bounded(limited: Running) -> None:
    answers = [get(limited, CLAIMS, FRIEND) for _ in range(4)]
    assert answers[0].status_code == 404
    assert code(answers[-1], 429) == "http.too-many"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert get(limited, CLAIMS, STRANGER).status_code == 404
