"""One server for the tests that only look, and the means for more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.acting import handed_in
from tests.server.running import Running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server over a fresh ledger."""
    with Running(tmp_path / "served", seal_every=3600.0) as running:
        yield running


@pytest.fixture
def deposited(server: Running) -> Running:
    """A server with one deposit of two claims."""
    assert handed_in(server, server.author).status_code == 201
    return server
