"""A log that a command was given: the address of a server, or a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_ledger.adapters.log_source import DirectorySource, HttpSource

if TYPE_CHECKING:
    from evidence_ledger.core.log_audit import TileSource


@contextmanager
def log_source(log: str) -> Iterator[TileSource]:
    """The log at an http or https address, or in a folder. Raises LogUnreachable."""
    if not log.lower().startswith(("http://", "https://")):
        yield DirectorySource(Path(log))
        return
    with HttpSource(log) as source:
        yield source
