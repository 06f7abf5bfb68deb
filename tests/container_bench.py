"""Containers written and read in memory."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from evidence_ledger.core.container import Container
from evidence_ledger.core.container_writer import ContainerWriter
from evidence_ledger.errors import EvidenceError

MOMENT = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


def written(*members: tuple[str, bytes], deflate: bool = False) -> bytes:
    """A container with these members after its ``mimetype``."""
    out = io.BytesIO()
    writer = ContainerWriter(out, MOMENT)
    for name, data in members:
        writer.add(name, data, deflate=deflate)
    writer.close()
    return out.getvalue()


def opened(data: bytes) -> Container:
    """The container, its directory read."""
    return Container(io.BytesIO(data))


def read_all(data: bytes) -> dict[str, bytes]:
    """Every member's content, by name."""
    container = opened(data)
    return {name: container.read(name, 1 << 30) for name in container.members}


def refusal(data: bytes) -> str:
    """The reason why a container is refused."""
    with pytest.raises(EvidenceError) as error:
        read_all(data)
    return error.value.reason
