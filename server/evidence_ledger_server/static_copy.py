"""A copy of the log's own files (C2SP tlog-tiles), for object storage or a CDN."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.durable_file import sync_folder
from evidence_ledger.adapters.file_errors import output_errors
from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import open_ledger
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.tile import (
    HIGHEST_LEVEL,
    TilePath,
    full_tiles,
    level_paths,
    partial_width,
)
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.published import Published


def write_copy(
    home: Path, folder: Path, database: PostgresqlDatabase | None = None
) -> tuple[int, int]:
    """Write what is not there yet; how many files that were, and the size of the log.

    Raises what opening the ledger raises, OutputUnwritable, LedgerCorrupt.
    """
    place = open_ledger(Home(home), database=database, read_only=True)
    try:
        published = Published(place.ledger.store)
        checkpoint = published.checkpoint()
        if checkpoint is None:
            return 0, 0
        size = Checkpoint.parse(Note.parse(checkpoint).text).size
        written = sum(_add(published, folder, path) for path in _paths(size))
        _replace(folder / "checkpoint", checkpoint)
        return written, size
    finally:
        place.close()


def _paths(size: int) -> Iterator[TilePath]:
    yield from level_paths(None, size)
    for level in range(HIGHEST_LEVEL + 1):
        if not full_tiles(level, size) and not partial_width(level, size):
            return
        yield from level_paths(level, size)


def _add(published: Published, folder: Path, path: TilePath) -> bool:
    target = folder / path.encode()
    if target.exists():
        return False
    data = published.file(path)
    if data is None:
        raise LedgerCorrupt(f"{path.encode()} can't be read from the ledger.")
    _replace(target, data)
    return True


def _replace(target: Path, data: bytes) -> None:
    """Whole and durable, or not at all."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    with output_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
            sync_folder(target.parent)
        finally:
            draft.unlink(missing_ok=True)
